"""The experiment behind a comparison: a model for each state of the data, judged on the very same items."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.comparison.heldout import ANY, TORN, partition
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.probe import fit_probe, select_strength

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.comparison.heldout import Partition
    from dsaudit.comparison.matching import Match
    from dsaudit.store.run import Run

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

MIN_TEST_ITEMS = 60
"""With fewer, even a change of ten points rests on less than the six items that McNemar's test asks for."""
_LEAK_SHARE = 0.3
"""A test split that shares groups or copies with more of the training part is judged fold by fold instead."""


@dataclass(frozen=True, slots=True)
class PairedPredictions:
    """What both models say of the same items.

    Attributes
    ----------
    ids : tuple of str
        Test items, sorted: recordings as they are in BEFORE.
    classes : tuple of str
        What the models can say, sorted.
    before, after : int64 array (n,)
        Class that the model trained on BEFORE's, and on AFTER's labels, predicts.
    unit : int64 array (n,)
        Items of one group, and copies, share a number.
    how : str
        How items were held out, in words.
    n_train : (int, int)
        Items the models were trained on, the mean over the folds.
    notes : tuple of str
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    before: Ints
    after: Ints
    unit: Ints
    how: str
    n_train: tuple[int, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one model may learn from, row by row."""

    X: npt.NDArray[np.float32]
    y: Ints
    fold: Ints
    unit: Ints
    trains: Bools


def run_trial(
    before: Run, after: Run, match: Match, *, seed: int = 0, deal: bool = False, tick: Callable[[int], None]
) -> PairedPredictions:
    """Train on BEFORE's and on AFTER's labels and have both models judge BEFORE's recordings.

    Folds are BEFORE's own, where it has any. An item that only AFTER holds is never tested; it goes with the fold of
    its group or of its copies, trains nobody where these lie in several folds, and everybody where there are
    none. Where BEFORE has a test split of at least 60 labelled items, models train on the rest and are
    tested there; fold by fold, should much of the rest share groups or copies with it. Penalties are chosen
    as the audit chooses them: on one of the training folds, by log loss.

    Parameters
    ----------
    before, after : Run
        With items and embeddings of one encoder; BEFORE with predictions.
    seed : int
        Of the draw that chooses the penalty, and of the folds where ``deal``.
    deal : bool
        Deal new folds by ``seed`` instead of taking those of BEFORE.
    tick : callable
        Told of each model trained.
    """
    laid: Partition = partition(before, after, match, seed=seed, deal=deal)
    classes = tuple(sorted(_learned(before) | _learned(after)))
    was, now = before.items.reindex(laid.ids), after.items.reindex(laid.ids_now)
    own, own_now = (_codes(table["label"], classes) for table in (was, now))
    test, kept_out, notes = _test_items(before, laid, own, match)
    by_split = kept_out is not None
    new_test = np.zeros(len(now), dtype=bool) if kept_out is None else kept_out | (now["split"] == "test").to_numpy()
    sides = (
        _Side(_rows(before.embeddings, laid.ids), own, laid.fold, laid.unit, ~test if by_split else own >= 0),
        _Side(_rows(after.embeddings, laid.ids_now), own_now, laid.fold_now, laid.unit_now, ~new_test),
    )
    n_folds = len(np.unique(laid.fold[test]))
    rounds: list[int | None] = [int(f) for f in np.unique(laid.fold[test])]
    how = f"every item by models that saw neither it nor its group or copies, in {n_folds} folds"
    if by_split:
        leaks = [side.trains & np.isin(side.unit, laid.unit[test]) for side in sides]
        n_leaks, n_all = int(leaks[0].sum()), int(sides[0].trains.sum())
        if n_leaks <= _LEAK_SHARE * n_all:
            rounds, how = [None], "on the test split, by models trained on the rest"
            sides = (
                replace(sides[0], trains=sides[0].trains & ~leaks[0]),
                replace(sides[1], trains=sides[1].trains & ~leaks[1]),
            )
            if n_leaks:
                notes.append(f"left out of training, because of a group or copy in the test split: {n_leaks} items")
        else:
            how = f"on the test split, by models that saw no group and no copy of an item, in {n_folds} folds"
            notes.append(f"{n_leaks} of {n_all} training items share a group or a copy with the test split")
    predicted, n_train = _predictions(sides, test, rounds, classes, seed, tick)
    return PairedPredictions(
        ids=tuple(np.array(laid.ids, dtype=object)[test].tolist()),
        classes=classes,
        before=predicted[0],
        after=predicted[1],
        unit=laid.unit[test],
        how=how,
        n_train=n_train,
        notes=(*laid.notes, *notes),
    )


def _test_items(before: Run, laid: Partition, own: Ints, match: Match) -> tuple[Bools, Bools | None, list[str]]:
    """Which of BEFORE's rows are tested, and which of AFTER's are BEFORE's test items (None: no test split)."""
    items = before.items
    labelled = own >= 0
    split = items["split"].reindex(laid.ids).to_numpy(dtype=object) == "test"
    n_test = int((split & labelled).sum())
    if not n_test or n_test == int(labelled.sum()):
        return labelled, None, []
    if n_test < MIN_TEST_ITEMS:
        return labelled, None, [f"the test split holds {n_test} labelled items, too few: all items are tested instead"]
    tests = set(items.index[items["split"] == "test"])
    test_now = {j for i, j in match.partner.items() if i in tests}
    return split & labelled, np.array([j in test_now for j in laid.ids_now], dtype=bool), []


def _predictions(
    sides: tuple[_Side, _Side],
    test: Bools,
    rounds: list[int | None],
    classes: tuple[str, ...],
    seed: int,
    tick: Callable[[int], None],
) -> tuple[tuple[Ints, Ints], tuple[int, int]]:
    """Classes that both models predict for the tested rows, and how many items they were trained on."""
    jobs = [(held, which) for held in rounds for which in (0, 1)]
    tested = {held: np.flatnonzero(test if held is None else test & (sides[0].fold == held)) for held in rounds}

    def run(job: tuple[int | None, int]) -> tuple[Ints, int]:
        held, which = job
        return _fit_predict(sides[which], held, sides[0].X[tested[held]], classes, seed)

    found = np.full((2, len(test)), -1, dtype=np.int64)
    sizes: tuple[list[int], list[int]] = ([], [])
    with one_thread_each(), ThreadPoolExecutor(n_workers(pick_device("auto"))) as pool:
        for (held, which), (predicted, n) in zip(jobs, pool.map(run, jobs), strict=True):
            found[which, tested[held]] = predicted
            sizes[which].append(n)
            tick(1)
    return (found[0, test], found[1, test]), (round(float(np.mean(sizes[0]))), round(float(np.mean(sizes[1]))))


def _fit_predict(
    side: _Side, held: int | None, X: npt.NDArray[np.float32], classes: tuple[str, ...], seed: int
) -> tuple[Ints, int]:
    usable = side.trains & (side.y >= 0) & (side.fold != TORN)
    train = np.flatnonzero(usable if held is None else usable & (side.fold != held))
    if not len(train):
        return np.full(len(X), -1, dtype=np.int64), 0
    rows, y, fold = side.X[train], side.y[train], side.fold[train]
    present = sorted({int(f) for f in fold} - {ANY})
    inner = next((f for f in present if held is not None and f > held), present[0] if present else ANY)
    strength = select_strength(rows, y, fold == inner, classes=classes, seed=seed) if len(present) > 1 else 0.01
    probe = fit_probe(rows, y, classes=classes, strength=strength)
    return probe.predict(X).argmax(1).astype(np.int64), len(train)


def _learned(run: Run) -> set[str]:
    table = run.predictions
    return {str(c)[2:] for c in table.columns if str(c).startswith("p:")}


def _codes(labels: pd.Series, classes: tuple[str, ...]) -> Ints:
    column = {name: k for k, name in enumerate(classes)}
    return np.array([column.get(name, -1) if isinstance(name, str) else -1 for name in labels], dtype=np.int64)


def _rows(table: pd.DataFrame, ids: list[str]) -> npt.NDArray[np.float32]:
    return table.reindex(ids).to_numpy(dtype=np.float32)
