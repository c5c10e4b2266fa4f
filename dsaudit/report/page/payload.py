"""The data of the page: columns for the items it knows, the findings, and what the scripts draw."""

from __future__ import annotations

import os
import random
import shlex
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from dsaudit.analysis.label.shares import label_shares
from dsaudit.analysis.label.terms import weighed
from dsaudit.analysis.label.typical import typical_items
from dsaudit.dataset.inline import addresses, inline_text
from dsaudit.dataset.remote import is_away
from dsaudit.dataset.segment import file_and_segment
from dsaudit.media.personal import redacted
from dsaudit.report.page.lists import lists_of
from dsaudit.report.page.training_data import training_data
from dsaudit.report.say.place import named_run
from dsaudit.report.view import RunView, by_id, doubtful

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from dsaudit.types import Finding

MAX_PER_RULE = 500
_MAX_IDS_PER_FINDING = 24
_TOP = 3
_VOTED = 500
"""Doubtful labels whose neighbours the page knows for certain."""
_RICH = 12_000
"""Items that carry probabilities, neighbours and marks; the rest carry their point on the map."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What the page is given.

    Attributes
    ----------
    data : dict
        JSON-ready; see ``build`` for its keys.
    order : list of str
        The known items, the most important first.
    paths : dict of item id to Path
        Where the known items' files are.
    listed : dict of code to int
        Findings listed per rule, where that is fewer than there are.
    """

    data: dict[str, Any]
    order: list[str]
    paths: dict[str, Path]
    listed: dict[str, int]


def build(
    run: RunView,
    rows: list[Finding],
    *,
    page_dir: Path,
    first: Sequence[str] = (),
    max_known: int = 50_000,
    per_rule: int = MAX_PER_RULE,
) -> Payload:
    """Collect what the page shows.

    Parameters
    ----------
    run : RunView
    rows : list of Finding
        In the order of the headlines.
    page_dir : Path
        Folder the page will lie in; links to the originals are relative to it.
    first : sequence of str
        Items that the page shows before anything is chosen.
    max_known : int
        Items the page may know; beyond, a seeded random sample fills the map.
    per_rule : int
        Findings listed per rule, the worst first.

    Returns
    -------
    Payload
        ``data`` has ``run`` (its name on a command line), ``labels``, ``splits`` (text tables), ``items`` (columns),
        ``top`` (probabilities), ``near`` (neighbours), ``typical`` (items by class), ``marks``, ``argued`` (what argues
        for which label), ``terms`` (by class), ``rules``, ``findings``, ``places``, ``said``, ``confusion``, ``pairs``,
        ``clusters``, ``lists`` (see ``lists_of``), ``epochs``, ``regions`` and ``doubt`` (see ``training_data``),
        ``overview`` (see ``dsaudit.media.base.Overviewing``), ``base`` (relative address of the root) and ``elsewhere``
        (addresses of items outside it). Of items that are words personal data are covered.
    """
    kept, listed = _worst_per_rule(rows, per_rule)
    typical = typical_of(run)
    order = _order(run, kept, first, max_known, typical)
    position = {item: k for k, item in enumerate(order)}
    labels: dict[str, int] = {}
    splits: dict[str, int] = {}
    items = by_id(run.items)
    known = items.reindex(order) if items is not None else None
    root = Path(run.meta.root)
    uris = addresses(known).tolist() if known is not None and "uri" in known.columns else [None] * len(order)
    paths = {i: item_path(root, i, uri) for i, uri in zip(order, uris, strict=True)}
    columns = _columns(run, order, known, labels, splits)
    told = redacted if items is not None and "text" in items else str
    data = {
        "run": shlex.quote(str(named_run(run))),
        "items": columns,
        "labels": [],
        "splits": [],
        "base": relative_address(root, page_dir),
        "elsewhere": {k: relative_address(p, page_dir) for k, (i, p) in enumerate(paths.items()) if p != root / i},
        "top": _top(run, order, labels),
        "near": _near(run, order, position),
        "typical": {
            _code(name, labels): [position[i] for i in ids if i in position] for name, ids in typical.items() if ids
        },
        "marks": _marks(run, order),
        "argued": _argued(run.arguments, position, labels),
        "terms": {_code(c.label, labels): [t.term for t in c.terms] for c in run.metrics.classes if c.terms},
        "rules": [
            {
                "code": r.code,
                "name": r.name,
                "severity": r.severity,
                "n": r.n_flagged,
                "summary": r.summary,
                "todo": " ".join(r.doc.get("What to do", "").split()),
            }
            for r in run.rules
        ],
        "findings": _findings(run, kept, position, labels, told),
        "places": _places(run, kept),
        "said": {k: told(said) for k, said in _said(run, kept).items()},
        **_figures(run, position, labels),
        **training_data(run, position, labels),
        "lists": lists_of(run, position),
        "overview": run.overview and {k: v for k, v in run.overview.items() if k != "items"},
    }
    data["labels"], data["splits"] = list(labels), list(splits)
    return Payload(data, order, paths, listed)


def _worst_per_rule(rows: list[Finding], per_rule: int) -> tuple[list[Finding], dict[str, int]]:
    seen: dict[str, int] = defaultdict(int)
    kept = []
    for row in rows:
        seen[row.code] += 1
        if seen[row.code] <= per_rule:
            kept.append(row)
    return kept, {code: per_rule for code, n in seen.items() if n > per_rule}


def typical_of(run: RunView) -> dict[str, list[str]]:
    """Items that stand for each class, by its name; nothing without predictions."""
    predictions = by_id(run.predictions)
    names = [] if predictions is None else [str(c) for c in predictions.columns if str(c).startswith("p:")]
    if predictions is None or not names:
        return {}
    doubted = doubtful(run)
    classes = [name[2:] for name in names]
    column = {name: k for k, name in enumerate(classes)}
    found = typical_items(
        predictions[names].to_numpy(dtype=np.float64),
        [column.get(g, -1) for g in predictions["given"]],
        doubted=None if doubted is None else predictions.index.isin(doubted.index),
    )
    ids = [str(i) for i in predictions.index]
    return {name: [ids[k] for k in rows] for name, rows in zip(classes, found, strict=True)}


def _order(
    run: RunView, rows: list[Finding], first: Sequence[str], limit: int, typical: Mapping[str, Sequence[str]]
) -> list[str]:
    """Worst findings of every rule first, rules in turn, then confusion cells, typical, hardest, then at random."""
    rank: dict[str, int] = defaultdict(int)
    ranked = []
    for row in rows:
        ranked.append((rank[row.code] // 20, row))
        rank[row.code] += 1
    ranked.sort(key=lambda r: r[0])
    found: dict[str, None] = {}

    def add(ids: Iterable[Any]) -> None:
        found.update(dict.fromkeys(str(i) for i in ids))

    add(first)
    for *_, row in ranked:
        add(row.item_ids[:4])
    metrics = run.metrics
    baseline = metrics.baseline
    pairs = baseline.confused_pairs if baseline else ()
    for depth in range(12):
        add(p.item_ids[depth] for p in pairs if depth < len(p.item_ids))
    for axis in metrics.axes.axes if metrics.axes else ():
        add((*axis.low, *axis.high))
    for ids in typical.values():
        add(ids)
    doubted = doubtful(run)
    add(doubted.index[:2_000] if doubted is not None else ())
    items = by_id(run.items)
    if items is not None:
        for culprit in metrics.culprits:
            add(items.index[items["group"] == culprit.group][:24])
    for cause in metrics.causes:
        add(cause.item_ids[:24])
    if doubted is not None and "voters" in doubted:
        for votes in doubted["voters"][:_VOTED]:
            add(votes)
    for mislabelled in metrics.label_errors.pairs if metrics.label_errors else ():
        add(mislabelled.item_ids[:24])
    if baseline:
        add(baseline.hardest)
        add(baseline.overconfident)
    for cluster in metrics.clusters:
        add(cluster.typical[:6])
    for *_, row in ranked:
        add(row.item_ids[4:_MAX_IDS_PER_FINDING])
    for pair in pairs:
        add(pair.item_ids)
    everything = [str(i) for i in items.index] if items is not None else []
    rest = [i for i in everything if i not in found]
    random.Random(run.meta.seed).shuffle(rest)
    present = set(everything) if everything else set(found)
    return ([i for i in found if i in present] + rest)[:limit]


def item_path(root: Path, item: str, uri: Any) -> Path:
    """Where an item of a run is, from its address or else its id below the root."""
    if not isinstance(uri, str) or not uri:
        return root / item
    path = Path(uri)
    if inline_text(uri) is not None:
        return path
    return path if path.is_absolute() else root / path


def relative_address(target: Path, page_dir: Path) -> str:
    """Percent-encoded address of a file as seen from the page's folder; empty for an item without a file."""
    if inline_text(target) is not None:
        return ""  # the item is in the page itself
    path, segment = file_and_segment(target)
    if is_away(path):
        return ""  # no browser opens what is inside a file
    # browsers play the stretch that such a fragment names
    part = segment.fragment if segment is not None and segment.unit == "s" else ""
    try:
        relative = os.path.relpath(path, page_dir).replace(os.sep, "/")
    except ValueError:  # another drive
        return Path(path).as_uri() + part
    return quote(relative, safe="/", errors="surrogateescape") + part


def _code(value: Any, table: dict[str, int]) -> int:
    return table.setdefault(value, len(table)) if isinstance(value, str) else -1


def _columns(
    run: RunView, order: list[str], known: pd.DataFrame | None, labels: dict[str, int], splits: dict[str, int]
) -> dict[str, Any]:
    n = len(order)
    for name in run.meta.classes:
        labels.setdefault(name, len(labels))
    columns: dict[str, Any] = {"id": order}
    blank: list[Any] = [None] * n
    columns["given"] = [_code(v, labels) for v in (known["label"] if known is not None else blank)]
    columns["split"] = [_code(v, splits) for v in (known["split"] if known is not None and "split" in known else blank)]
    predictions = by_id(run.predictions)
    if predictions is not None:
        predicted = predictions["predicted"].reindex(order)
        columns["predicted"] = [_code(v, labels) for v in predicted]
    projection = by_id(run.projection)
    if projection is not None:
        table = projection.reindex(order)
        xy = table[["x", "y"]].to_numpy(dtype=np.float64)
        columns["x"] = _rounded(xy[:, 0], 3)
        columns["y"] = _rounded(xy[:, 1], 3)
        columns["cluster"] = table["cluster"].fillna(-1).astype(int).tolist()
    dynamics = by_id(run.dynamics)
    if dynamics is not None:
        table = dynamics.reindex(order)
        columns |= {name: _rounded(table[name], 3) for name in ("confidence", "variability")}
    return columns


def _rounded(values: Any, digits: int) -> list[float | None]:
    return [round(float(v), digits) if v is not None and np.isfinite(v) else None for v in values]


def _top(run: RunView, order: list[str], labels: dict[str, int]) -> list[list[int]]:
    """Per item: class, per mille, class, per mille …, the likeliest first and the given label always."""
    predictions, found = by_id(run.predictions), run.metrics.label_errors
    if predictions is None or (found is not None and found.guess):  # where no figure is told, bars tell none
        return []
    names = [c for c in predictions.columns if str(c).startswith("p:")]
    if not names:
        return []
    codes = [_code(str(c)[2:], labels) for c in names]
    table = predictions.reindex(order[:_RICH])
    probs = table[names].to_numpy(dtype=np.float64, copy=True)
    given = [codes.index(labels[g]) if isinstance(g, str) and labels.get(g) in codes else -1 for g in table["given"]]
    probs = _as_stated(run, order, probs, codes, labels)
    top: list[list[int]] = []
    for row, own in zip(probs, given, strict=True):
        if not np.isfinite(row).all():
            top.append([])
            continue
        best = [int(k) for k in np.argsort(-row, kind="stable")[:_TOP]]
        if own >= 0 and own not in best:
            best.append(own)
        top.append([v for k in best for v in (codes[k], round(1000 * float(row[k])))])
    return top


def _as_stated(
    run: RunView, order: list[str], probs: np.ndarray[Any, Any], codes: list[int], labels: dict[str, int]
) -> np.ndarray[Any, Any]:
    """The probabilities, those of doubtful labels by what is stated of them: sentence and bars are one number."""
    doubted = doubtful(run)
    if doubted is None:
        return probs
    stated = doubted[doubted["p_wrong"].notna()]
    row = {item: k for k, item in enumerate(order[:_RICH])}
    column = {code: j for j, code in enumerate(codes)}
    known = run.predictions
    given = by_id(known)["given"].reindex(stated.index)  # type: ignore[index]
    at = [
        (row[str(i)], column[labels[g]], column[labels[s]], p, q)
        for i, g, s, p, q in zip(
            stated.index, given, stated["suggestion"], stated["p_wrong"], stated["p_suggested"], strict=True
        )
        if str(i) in row and column.keys() >= {labels.get(g), labels.get(s)} and g != s
    ]
    if not at:
        return probs
    rows, own, other, wrong, right = (np.array(v) for v in zip(*at, strict=True))
    probs[rows] = label_shares(probs[rows], own, other, wrong, right)
    return probs


def _near(run: RunView, order: list[str], position: Mapping[str, int]) -> dict[int, list[int]]:
    """Per item: neighbour, similarity in per cent, …, as far as the page knows them."""
    table = run.rows_of("neighbours", order[:_RICH], columns=("ids", "similarity")).reindex(order[:_RICH])
    near: dict[int, list[int]] = {}
    if table.shape[1] < 2:
        return near
    doubted = doubtful(run)
    voters: Mapping[Any, Any] = dict(doubted["voters"]) if doubted is not None and "voters" in doubted else {}
    for k, (ids, similarity) in enumerate(zip(table["ids"], table["similarity"], strict=True)):
        if not hasattr(ids, "__len__"):
            continue
        votes = voters.get(order[k])  # where neighbours are counted, those that are counted are shown
        chosen = set(votes) if votes is not None and len(votes) else set(ids[:5])
        pairs = [
            (position[str(i)], s) for i, s in zip(ids, similarity, strict=True) if i in chosen and str(i) in position
        ]
        near[k] = [v for j, s in pairs for v in (j, round(100 * float(s)))]
    return near


def _marks(run: RunView, order: list[str]) -> dict[str, list[float | None]]:
    if not run.kind.marks:
        return {}
    rows = run.rows_of("measurements", order[:_RICH], columns=run.kind.marks).reindex(order[:_RICH])
    return {str(c): _rounded(rows[c], 3) for c in rows}


def _argued(table: pd.DataFrame | None, position: Mapping[str, int], labels: dict[str, int]) -> dict[int, list[Any]]:
    """By number of the item: codes of the given and the suggested label, and start, end and weight (from -3, for the
    given one, to 3) of each part that argues for one of them."""
    known = by_id(table)
    if known is None:
        return {}
    return {
        position[str(item)]: [_code(given, labels), _code(other, labels), weighed(*parts)]
        for item, given, other, *parts in known.itertuples()
        if str(item) in position
    }


def _findings(
    run: RunView,
    rows: list[Finding],
    position: Mapping[str, int],
    labels: dict[str, int],
    told: Callable[[str], str],
) -> list[list[Any]]:
    """Per finding: rule, items, number of items, score, message, suggested label, state, subject, severity."""
    rule = {r.code: k for k, r in enumerate(run.rules)}
    return [
        [
            rule.get(r.code, -1),
            [position[i] for i in r.item_ids[:_MAX_IDS_PER_FINDING] if i in position],
            len(r.item_ids),
            round(r.score, 3),
            told(r.message),
            _code(r.suggestion or None, labels),
            r.state,
            "" if r.scope == "item" else r.subject,
        ]
        for r in rows
        if r.code in rule
    ]


_SIDES = ("left", "top", "right", "bottom")


def _places(run: RunView, rows: list[Finding]) -> dict[int, list[float]]:
    """Where in its items a listed finding is, by its number: left, top, right, bottom in shares of their sides."""
    known = {r.code for r in run.rules}
    boxes = ([r.evidence.get(side) for side in _SIDES] for r in rows if r.code in known)
    shares = {k: [round(float(v), 4) for v in box if isinstance(v, int | float)] for k, box in enumerate(boxes)}
    return {k: box for k, box in shares.items() if len(box) == len(_SIDES) and all(0.0 <= v <= 1.0 for v in box)}


def _said(run: RunView, rows: list[Finding]) -> dict[int, str]:
    """Words in its items that a listed finding is about, by its number."""
    known = {r.code for r in run.rules}
    words = (r.evidence.get("words") for r in rows if r.code in known)
    return {k: said for k, said in enumerate(words) if isinstance(said, str)}


def _figures(run: RunView, position: Mapping[str, int], labels: dict[str, int]) -> dict[str, Any]:
    baseline = run.metrics.baseline
    return {
        "confusion": {
            "classes": [_code(c, labels) for c in baseline.confusion.classes],
            "counts": baseline.confusion.counts,
            "order": baseline.confusion.order,
        }
        if baseline
        else None,
        "pairs": [
            [_code(p.given, labels), _code(p.predicted, labels), p.count, p.share_of_given]
            for p in (baseline.confused_pairs if baseline else ())
        ],
        "clusters": [[c.cluster, c.n, c.labels[:3], [t.term for t in c.terms[:3]]] for c in run.metrics.clusters],
    }
