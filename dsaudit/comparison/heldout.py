"""Which items must never be on both sides of a comparison of two runs, and the fold each goes with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.space.duplicates import connected_sets, duplicate_table

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.comparison.matching import Match
    from dsaudit.store.run import Run

ALL_PAIRS = 20_000
"""Above, near-duplicates are looked for among neighbours in embedding space only: all pairs take minutes."""
N_FOLDS = 5
ANY, TORN = -1, -2
"""Folds of items that only AFTER holds: like nothing that is tested, or like items of several folds."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Rows of both runs that have an embedding, with what keeps them apart.

    Attributes
    ----------
    ids : list of str
        Items of BEFORE that were predicted there.
    ids_now : list of str
        Items of AFTER that have an embedding.
    fold, fold_now : int64 arrays
        BEFORE's folds, or those dealt anew; an item that AFTER alone holds has the fold of its group or copies,
        ``ANY`` or ``TORN``.
    unit, unit_now : int64 arrays
        Equal numbers mean the same item, the same group or copies of each other, directly or by a chain.
    notes : tuple of str
    """

    ids: list[str]
    ids_now: list[str]
    fold: npt.NDArray[np.int64]
    fold_now: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    unit_now: npt.NDArray[np.int64]
    notes: tuple[str, ...]


def has_folds(run: Run) -> bool:
    """Whether models of the run held items out by turns; probabilities that were brought along are all in fold 0."""
    return bool(run.predictions["fold"].nunique() > 1)


def partition(before: Run, after: Run, match: Match, *, seed: int = 0, deal: bool = False) -> Partition:
    """Units over both runs, and folds by item id.

    Parameters
    ----------
    seed : int
        Of folds that are dealt here.
    deal : bool
        Deal new folds instead of taking the ones stored in BEFORE; always done where it holds none.
    """
    predictions, items = before.predictions, before.items
    ids = [str(i) for i in predictions.index.intersection(before.embeddings.index)]
    row = {i: k for k, i in enumerate(ids)}
    back = {j: row[i] for i, j in match.partner.items() if i in row}
    ids_now = [str(j) for j in after.items.index.intersection(after.embeddings.index)]
    new = [j for j in ids_now if j not in back]
    unit, notes = _units(before, after, ids, new)
    fold = predictions["fold"].reindex(ids).to_numpy(dtype=np.int64)
    if not has_folds(before):
        notes.append("BEFORE has no folds, because its probabilities were brought along: they are dealt here")
        fold = _dealt(items["label"].reindex(ids), unit[: len(ids)], N_FOLDS, seed)
    elif deal:
        fold = _dealt(items["label"].reindex(ids), unit[: len(ids)], int(fold.max()) + 1, seed)

    folds_of: dict[int, set[int]] = {}
    for u, f in zip(unit[: len(ids)].tolist(), fold.tolist(), strict=True):
        folds_of.setdefault(u, set()).add(f)
    place = {j: len(ids) + k for k, j in enumerate(new)}
    # an item that both hold stays where it was, whatever was done to its bytes
    unit_now = unit[[back[j] if j in back else place[j] for j in ids_now]]
    fold_now = np.array(
        [
            fold[back[j]] if j in back else _fold_of_unit(folds_of.get(u, set()))
            for j, u in zip(ids_now, unit_now.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
    if n_torn := int((fold_now == TORN).sum()):
        notes.append(f"left out of training, because they are like items of several folds: {n_torn} new items")
    return Partition(ids, ids_now, fold, fold_now, unit[: len(ids)], unit_now, tuple(notes))


def _fold_of_unit(folds: set[int]) -> int:
    return ANY if not folds else TORN if len(folds) > 1 else next(iter(folds))


def _units(before: Run, after: Run, ids: list[str], new: list[str]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Unit of each of BEFORE's ``ids`` and of AFTER's ``new`` items, int64 (n,), and what to say of them."""
    sides = ((before, ids), (after, new))
    n = len(ids) + len(new)
    links: list[tuple[int, int]] = []

    def link(values: list[object]) -> None:
        first: dict[str, int] = {}
        links.extend((first.setdefault(v, k), k) for k, v in enumerate(values) if isinstance(v, str) and v)

    link([g for run, own in sides for g in run.items["group"].reindex(own)])
    notes: list[str] = []
    measured = [run.measurements.reindex(own) for run, own in sides if len(run.measurements)]
    wanted = ["sample_hash", "perceptual_hash"]
    if len(measured) == len(sides) and all(set(wanted) <= set(table) for table in measured):
        hashes = pd.concat([table[wanted] for table in measured])
        hashes.index = pd.Index([str(k) for k in range(n)], dtype=object)  # both runs may hold an id
        near = _neighbours(sides) if n > ALL_PAIRS else None
        copies = duplicate_table(hashes["sample_hash"], hashes["perceptual_hash"].fillna(""), neighbours=near)
        link(list(copies["near_set"]))
    else:
        notes.append("copies were not looked for, because a run has no hashes of its items")
    unit = np.arange(n, dtype=np.int64)
    for members in connected_sets(n, links):
        unit[members] = members[0]
    return unit, notes


def _neighbours(sides: tuple[tuple[Run, list[str]], ...]) -> pd.DataFrame:
    from dsaudit.analysis.space.neighbours import nearest_neighbours

    tables = [run.embeddings.reindex(own) for run, own in sides if len(run.embeddings)]
    rows = np.concatenate([table.to_numpy(dtype=np.float32) for table in tables])
    found, _ = nearest_neighbours(rows, k=10)
    names = np.array([str(k) for k in range(len(rows))], dtype=object)
    return pd.DataFrame({"ids": [list(names[row]) for row in found]}, index=pd.Index(names))


def _dealt(labels: pd.Series, unit: npt.NDArray[np.int64], n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Folds of items, int64 (n,); ``ANY`` for an unlabelled one whose unit holds no labelled item."""
    from dsaudit.model.folds import stratified_group_folds

    groups = pd.Series(unit, index=labels.index)
    fold = stratified_group_folds(labels, groups=groups, n_folds=n_folds, seed=seed).fold
    of_unit = dict(zip(groups[fold.index], fold, strict=True))
    return np.array([of_unit.get(u, ANY) for u in unit.tolist()], dtype=np.int64)
