"""Lists of items that a button of the page opens: the cut, pairs, bands, groups, causes, the hardest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.report.say.band import band_words
from dsaudit.report.say.causes import causes_of
from dsaudit.report.say.words import shown
from dsaudit.report.view import RunView, by_id, doubtful, mistaken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from dsaudit.store.schema.metrics import BandErrors

MOST = 5_000
"""Items of one list on the page."""

Lists = dict[str, list[Any]]


def lists_of(run: RunView, position: Mapping[str, int]) -> Lists:
    """What a button with ``data-list`` opens.

    Parameters
    ----------
    run : RunView
    position : mapping of item id to int
        The items that the page knows.

    Returns
    -------
    dict of key to [what is said above it, number of items, positions of those known to the page]
        Keys: ``hardest``, ``overconfident``, ``cut``, ``cut:<kind>``, ``pair:<k>``, ``band:<k>``,
        ``group:<k>``, ``cause:<k>``, ``culprit:<k>``, ``new:<k>``,
        ``axis:<k>``, ``overview:<key>``; ``k`` counts from 0 in the order of the metrics.
    """
    metrics = run.metrics
    baseline = metrics.baseline
    nouns = run.kind.nouns
    found: Lists = {}

    def add(key: str, said: str, ids: Iterable[Any], total: int | None = None) -> None:
        listed = [str(i) for i in ids]
        known = [position[i] for i in listed if i in position][:MOST]
        found[key] = [said, len(listed) if total is None else total, known]

    for number, group in enumerate(run.metrics.unlabelled.groups if run.metrics.unlabelled else ()):
        add(f"new:{number}", f"{nouns.some(group.n)} like no class, the farthest first", group.item_ids)
    for k, axis in enumerate(metrics.axes.axes if metrics.axes else ()):
        add(f"axis:{k}", f"The two ends of axis {axis.number}: first the low one", (*axis.low, *axis.high))
    add("hardest", f"The hardest {nouns.many}", baseline.hardest if baseline else ())
    add("overconfident", "The surest mistakes", baseline.overconfident if baseline else ())
    order = doubtful(run)
    if order is not None:
        add("cut", "Doubtful labels, the likeliest errors first", order.index)
        for kind in ("wrong", "ambiguous", "off-topic"):
            own = order.index[(order["kind"] == kind).to_numpy()]
            add(f"cut:{kind}", f"Doubtful labels, {kind}, the likeliest errors first", own)
    for k, pair in enumerate(metrics.label_errors.pairs if metrics.label_errors else ()):
        said = f"Given `{shown(pair.given)}`, probably `{shown(pair.right)}`"
        add(f"pair:{k}", said, pair.item_ids)
    wrong = _wrong(run)
    for k, band in enumerate(baseline.bands if baseline else ()):
        ids = _within(run.measurements, band, wrong)
        words = band_words(band.measurement, band.low, band.high, run.kind, metrics.measurements.get(band.measurement))
        add(f"band:{k}", f"{nouns.many.capitalize()} with {words}, the wrong first", ids)
    groups = _groups(run, wrong, [g.group for g in (baseline.groups if baseline else ())])
    for k, (name, ids) in enumerate(groups):
        add(f"group:{k}", f"{nouns.many.capitalize()} of {shown(name)}, the wrong first", ids)
    for k, (name, ids) in enumerate(_groups(run, _flagged_first(run), [c.group for c in metrics.culprits])):
        add(f"culprit:{k}", f"{nouns.many.capitalize()} of {shown(name)}, those with a fault first", ids)
    for key, (said, ids) in ((run.overview or {}).get("items") or {}).items():
        add(f"overview:{key}", said, ids)
    for cause, stored in zip(causes_of(run), metrics.causes, strict=True):
        add(cause.key, cause.text, stored.item_ids, cause.n)
    return found


def _wrong(run: RunView) -> pd.Series | None:
    """Item id to whether the prediction differs from the given label, the wrong first."""
    wrong, _ = mistaken(run)
    return None if wrong is None else wrong.sort_values(ascending=False, kind="stable")


def _flagged_first(run: RunView) -> pd.Series:
    """Item id to whether a finding is about it, those first."""
    import pandas as pd

    items = by_id(run.items)
    names = pd.Index([], dtype=object) if items is None else items.index
    hit = () if run.findings is None else {i for ids in run.findings["item_ids"] for i in ids}
    return pd.Series(names.isin(hit), index=names, dtype=bool).sort_values(ascending=False, kind="stable")


def _within(table: pd.DataFrame | None, band: BandErrors, wrong: pd.Series | None) -> list[str]:
    measured = by_id(table)
    if measured is None or wrong is None or band.measurement not in measured.columns:
        return []
    values = measured[band.measurement].reindex(wrong.index).to_numpy(dtype=np.float64, na_value=np.nan)
    inside = (values >= band.low) & (values <= band.high)
    return [str(i) for i in wrong.index[inside]]


def _groups(run: RunView, wrong: pd.Series | None, names: list[str]) -> list[tuple[str, list[str]]]:
    items = by_id(run.items)
    if items is None or wrong is None or "group" not in items.columns:
        return [(name, []) for name in names]
    own = items["group"].reindex(wrong.index)
    members = own[own.isin(names)]
    return [(name, [str(i) for i in members.index[members == name]]) for name in names]
