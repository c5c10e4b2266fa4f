"""Items without a label that are worth labelling next, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.errors import InconclusiveError
from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.exchange.review_item import items_by_id
from dsaudit.relabel.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from dsaudit.relabel.exchange.review_item import ReviewItem
    from dsaudit.store.run import Run
    from dsaudit.types import Decision

_COPIES = ("exact-duplicate", "near-duplicate", "leaked-duplicate", "conflicting-duplicate")
_TORN = 0.5
"""Doubt from which an item is said to lie between two classes."""


@dataclass(frozen=True, slots=True)
class NextItems:
    """Items to label next.

    Attributes
    ----------
    table : DataFrame by ``item_id``, the one that tells most first
        ``rank`` (from 1), ``stands_for`` (items without a label that are more like it than like anything that is
        labelled or in the table, itself counted), ``doubt`` (of the model, 0 to 1; NaN where it was not predicted),
        ``predicted``, ``instead`` (the two likeliest classes, or None) and ``why``.
    n_pool : int
        Items that could be chosen.
    left_out : mapping of str to int
        By reason, items without a label that could not.
    n_labelled : int
        Labelled items that a model may learn from.
    n_classes : int
        Classes of theirs.
    say : float
        How much a model's doubt decides beside what is typical of what has no label yet, 0 to 1.
    """

    table: pd.DataFrame
    n_pool: int
    left_out: Mapping[str, int]
    n_labelled: int
    n_classes: int
    say: float


def next_items(run: Run, decisions: Iterable[Decision] = (), *, budget: int = 100) -> NextItems:
    """Which items without a label to label next, by what they stand for and how little a model knows of it.

    Parameters
    ----------
    run : Run
    decisions : iterable of Decision
        The ledger so far: what was decided counts as labelled.
    budget : int
        Items wanted, 1 or more; fewer where there are fewer.

    Raises
    ------
    InconclusiveError
        The run has no item without a label, none that can be chosen, or no embeddings.
    """
    from dsaudit.analysis.label.labelling_order import doubts, labelling_order, says, worth
    from dsaudit.analysis.space.embedding_space import embedding_space

    items, vectors = run.items, run.embeddings
    if not items["label"].isna().any():
        hint = "add a pool with: dsaudit audit DATASET --unlabelled DIR"
        raise InconclusiveError("every item has a label", hint=hint)
    if not len(vectors):
        reason = next((s.reason for s in run.meta.skipped if s.what == "embedding"), "no check asked for them")
        raise InconclusiveError(f"the run has no embeddings: {reason}", hint="see: dsaudit doctor")
    learned, free, left_out, unit = _parts(run, decisions)
    here = items.index.isin(vectors.index)
    at = np.flatnonzero(here & (learned | free))
    if not free[at].any():
        told = ", ".join(f"{n:,} {name}" for name, n in left_out.items())
        raise InconclusiveError("no item without a label is left to choose", hint=f"of those there are: {told}")
    ids = items.index[at]
    n_learned, n_classes = int(learned.sum()), int(items["label"][learned].nunique())
    say = says(n_learned, n_classes)
    probs = run.unlabelled.filter(regex="^p:").reindex(ids).astype(float)
    doubt = np.where(run.unlabelled["new_group"].reindex(ids) >= 0, 1.0, doubts(probs.to_numpy()))
    found = labelling_order(
        embedding_space(vectors.loc[ids].to_numpy()),
        learned[at],
        n=budget,
        weight=worth(doubt, say),
        units=unit[at],
        groups=pd.factorize(items["group"].to_numpy()[at])[0],
        seed=run.meta.seed,
    )
    known = probs.notna().any(axis=1).to_numpy()
    table = pd.DataFrame(
        {
            "rank": np.arange(1, len(found.rows) + 1),
            "stands_for": found.stands_for,
            "doubt": np.where(known, doubt, np.nan)[found.rows],
            **_two_best(probs.iloc[found.rows]),
        },
        index=ids[found.rows].rename("item_id"),
    )
    table["why"] = [_why(row) for row in table.to_dict("records")]
    return NextItems(table, int(free[at].sum()), left_out, n_learned, n_classes, say)


def _parts(
    run: Run, decisions: Iterable[Decision]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, int], npt.NDArray[np.int64]]:
    """Items that a model may learn from, those that can be chosen, why others cannot, and numbers that copies share."""
    items, unit = run.items, units_of_run(run)
    hashes = {str(i): h if isinstance(h, str) else None for i, h in known_hashes(items).items()}
    decided = items.index.isin(list(Memory(decisions).resolve(hashes)))
    test, bare = items["split"].eq("test").to_numpy(dtype=bool), items["label"].isna().to_numpy()
    learned = ~test & (~bare | decided)
    of_test = items["group"].isin(set(items["group"][test].dropna())).to_numpy()
    reason = np.full(len(items), "", dtype=object)
    for name, where in (
        ("without an embedding", ~items.index.isin(run.embeddings.index)),
        ("copies of labelled ones", np.isin(unit, unit[learned])),
        ("of a group of the test set", of_test),
        ("copies of the test set", np.isin(unit, unit[test])),
        ("in the test set", test),
        ("decided since the audit", decided),
    ):
        reason[where & bare] = name
    counts = pd.Series(reason[reason != ""]).value_counts().sort_index()
    return learned, bare & (reason == ""), {str(name): int(n) for name, n in counts.items()}, unit


def units_of_run(run: Run) -> npt.NDArray[np.int64]:
    """Numbers that items with the same bytes, and those of one set of copies, share."""
    from dsaudit.analysis.space.duplicates import connected_sets

    items = run.items
    unit = np.arange(len(items))
    sets = [ids for ids, name in zip(run.findings["item_ids"], run.findings["name"], strict=True) if name in _COPIES]
    same = items.groupby("content_hash", sort=False).indices.values()
    beside = run.unlabelled["copy_of"].dropna()
    rows = [items.index.get_indexer(pd.Index(ids, dtype=object)) for ids in (*sets, *beside.items())]
    links = [(own[0], other) for own in (*(r[r >= 0] for r in rows), *same) for other in own[1:]]
    for own in connected_sets(len(items), np.array(links, dtype=np.int64).reshape(-1, 2)):
        unit[own] = own[0]
    return unit


def _two_best(probs: pd.DataFrame) -> dict[str, list[str | None]]:
    names = [str(c).removeprefix("p:") for c in probs.columns]
    out: dict[str, list[str | None]] = {"predicted": [], "instead": []}
    for row in probs.to_numpy():
        best = [names[k] for k in np.argsort(-row, kind="stable")[:2]] if len(row) and np.isfinite(row).all() else []
        for place, name in enumerate(out):
            out[name].append(best[place] if place < len(best) else None)
    return out


def _why(row: Mapping[Any, Any]) -> str:
    others = row["stands_for"] - 1
    typical = "what is like it has a label"
    if others:
        typical = f"stands for {others:,} other{'' if others == 1 else 's'} without a label"
    if row["instead"] is None or row["doubt"] < _TORN:
        return typical
    return f"{typical}; the model is torn between {row['predicted']!r} and {row['instead']!r}"


def to_label(run: Run, found: NextItems) -> list[ReviewItem]:
    """They as items for another tool, in order, each with why it was chosen."""
    items = items_by_id(run, [str(i) for i in found.table.index])
    return [replace(item, why=why) for item, why in zip(items, found.table["why"], strict=True)]
