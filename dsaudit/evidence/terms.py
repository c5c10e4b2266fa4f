"""What items are about, where they are made of parts that have names, as texts are of words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from dsaudit.dataset.inline import is_inline
from dsaudit.engine.mapping import map_items
from dsaudit.errors import ItemError
from dsaudit.evidence.occlusion import occluded
from dsaudit.evidence.replacement import replaced
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Describing, Fielded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.analysis.label.label_errors import LabelErrors
    from dsaudit.analysis.label.terms import TermCounts
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence

N_READ = 20_000
"""Items that are read for the terms of classes and clusters, as many of each class as there are, or an equal share."""
N_ARGUED = 4_000
"""Doubtful labels for which it is said what argues for them and against."""
N_MARKED = 12
"""Parts of one item that are marked, at most."""
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of some items.

    Attributes
    ----------
    documents : dict of item id to set of str
    counts : TermCounts
        Of the labelled ones, by class.
    """

    documents: dict[str, set[str]]
    counts: TermCounts


def terms(context: Context) -> Terms:
    """Terms of a sample of the items, an equal share of each class, drawn by the seed."""
    from dsaudit.analysis.label.terms import TermCounts

    if not isinstance(context.media, Describing):
        raise MissingEvidenceError(f"{context.kind.nouns.many} are not made of parts that have names")
    read = context.items[context.measurements["status"].eq("ok").to_numpy()].sort_index()
    labels = read["label"].fillna("")
    order = np.random.default_rng(context.settings.seed).permutation(len(read))
    dealt = labels.iloc[order]
    share = max(N_READ // max(dealt.nunique(), 1), 1)
    some = dealt[dealt.groupby(dealt).cumcount() < share].index.sort_values()
    with context.stage("terms", 0):
        found = _read(context, [str(i) for i in some])
    documents = {item: {name for name, _, _ in places} for item, places in found.items()}
    own = [labels[item] or None for item in documents]
    return Terms(documents, TermCounts(list(documents.values()), own))


def topics(named: Terms, clusters: pd.Series) -> dict[int, list[dict[str, Any]]]:
    """Terms that set each cluster apart from all others."""
    from dsaudit.analysis.label.terms import TermCounts

    own = clusters.reindex(list(named.documents)).fillna(-1).astype(int)
    names = [str(c) if c >= 0 else None for c in own]
    found = TermCounts(list(named.documents.values()), names).typical(n=4)
    return {int(c): terms for c, terms in found.items()}


def arguments(
    context: Context, label_errors: LabelErrors, pred_probs: pd.DataFrame, evidence: Evidence
) -> pd.DataFrame:
    """Which parts of a doubtful item argue for its label, and which for the suggested one.

    Terms as often as they stand in items of either; of the most doubtful items as the encoder takes them, where it does
    more than count, see ``dsaudit.evidence.occlusion``. Fields as heads of the kind take the most doubtful items, see
    ``dsaudit.evidence.replacement``.

    Returns
    -------
    DataFrame by ``item_id``, the likeliest errors first
        ``given`` and ``suggestion``; ``starts``, ``ends`` (places in the item as it is shown) and ``weights`` (above 0
        for the suggestion, below for the given label, in nats), lists in the order of the places.
    """
    fielded = isinstance(context.media, Fielded) and bool(context.kind.heads)
    counts: TermCounts | None = None if fielded else evidence.get("terms").counts
    given = context.items["label"]
    quality = label_errors.table
    predicted = pd.Series(pred_probs.columns.to_numpy()[pred_probs.to_numpy().argmax(axis=1)], index=pred_probs.index)
    order = quality.sort_values(["candidate", "quality"], ascending=[False, True], kind="stable").index
    other = quality["suggestion"].where(quality["candidate"].astype(bool)).fillna(predicted).reindex(order)
    own = given.reindex(order)
    asked = pd.DataFrame({"given": own, "suggestion": other}).dropna()
    asked = asked[asked["given"] != asked["suggestion"]].head(N_ARGUED)
    by_model: Mapping[str, Mapping[str, float]] = {}
    if fielded:
        by_model = replaced(context, evidence.get("baseline"), evidence.get("held_out"), asked)
        asked = asked[asked.index.isin(list(by_model))]
    with context.stage("arguments", 0):
        found = _read(context, [str(i) for i in asked.index])
    if not fielded and (embedded := evidence.find("embedded")) is not None:
        by_model = occluded(context, embedded, asked, found)
    rows: dict[str, dict[str, Any]] = {}
    for item, one, two in zip(asked.index, asked["given"], asked["suggestion"], strict=True):
        places = found.get(str(item), [])
        weights = by_model.get(str(item), {})
        if not weights and counts is not None:
            weights = counts.arguments({name for name, _, _ in places}, str(one), str(two))
        if marked := _marked(places, weights):
            starts, ends, strength = (list(values) for values in zip(*marked, strict=True))
            rows[str(item)] = {"given": one, "suggestion": two, "starts": starts, "ends": ends, "weights": strength}
    columns = ["given", "suggestion", "starts", "ends", "weights"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("item_id")


def _marked(places: Sequence[Place], weights: Mapping[str, float]) -> list[tuple[int, int, float]]:
    """Places of the terms that argue most, none over another, in their order."""
    taken: list[tuple[int, int, float]] = []
    for name, start, end in sorted(places, key=lambda p: (-abs(weights.get(p[0], 0.0)), p[1], p[2])):
        if name not in weights or len(taken) == N_MARKED:
            break
        if all(end <= a or start >= b for a, b, _ in taken):
            taken.append((start, end, round(weights[name], 2)))
    return sorted(taken)


def _read(context: Context, ids: Sequence[str]) -> dict[str, list[Place]]:
    """Terms of items with their places; without those that cannot be read any more."""
    uris = [str(uri) for uri in context.items.loc[list(ids), "uri"]]
    texts = all(map(is_inline, uris))
    made = map_items(
        partial(_parts, cast("Describing | Fielded", context.media)),
        uris,
        jobs=context.settings.jobs,
        batch_size=2_000,
        trusted=texts,
    )
    return {item: places for item, places in zip(ids, made, strict=True) if isinstance(places, list)}


def _parts(media: Describing | Fielded, uri: str) -> list[Place] | None:
    try:
        return list(media.terms(Path(uri)) if isinstance(media, Describing) else media.fields(Path(uri)))
    except (ItemError, OSError):  # gone since it was measured
        return None
