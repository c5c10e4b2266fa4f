"""How right a linear head is with a part of the labels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.model.learning_curve import FRACTIONS, subset_key
from dsaudit.errors import InconclusiveError
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.folds import units_of
from dsaudit.model.head import next_fold, rows_of
from dsaudit.model.probe import fit_probe, select_strength

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.model.folds import Folds

TOLERANCE = 1e-3
"""At which the search for weights stops, as where strengths are compared."""
_REPEATS = (3, 2, 2, 1)


@dataclass(frozen=True, slots=True)
class RightBySize:
    """Whether held-out items are predicted right by heads that learned from a part of the others.

    Attributes
    ----------
    ids : Index, length n
        Items of the learned classes.
    given : int64 array (n,)
        Columns of their classes.
    units : int64 array (n,)
        Items of one group share a number.
    fold : int16 array (n,)
    right : float64 array (n, m)
        By size how often each was predicted right, 0 to 1.
    sizes : float64 array (m,)
        Mean number of labels learned from.
    strength : float
        Of all heads.
    """

    ids: pd.Index[str]
    given: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int16]
    right: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.float64]
    strength: float


def right_by_size(
    embeddings: pd.DataFrame,
    labels: pd.Series,
    folds: Folds,
    *,
    groups: pd.Series,
    device: str = "auto",
    seed: int = 0,
    on_fold: Callable[[int], None] = lambda n: None,
) -> RightBySize:
    """Learn from a part of the labels, whole groups of them, and predict what is held out.

    The strength is chosen once, with the labels of all folds but two, and is that of all sizes.

    Parameters
    ----------
    embeddings : DataFrame float32 (n, d), index ``item_id``
    labels, groups : Series of str, index ``item_id``
    folds : Folds

    Raises
    ------
    InconclusiveError
        Fewer than two folds hold an item.
    """
    ids, X, given, fold = rows_of(embeddings, labels, folds)
    learned = given >= 0
    ids, X, given, fold = ids[learned], X[learned], given[learned], fold[learned]
    present = np.unique(fold)
    if len(present) < 2:
        raise InconclusiveError("labels are too few to hold any out")
    units = units_of(ids, groups)
    first = int(present[0])
    judge = fold[fold != first] == (next_fold(first, present) if len(present) > 2 else -1)
    strength = select_strength(
        X[fold != first], given[fold != first], judge, classes=folds.classes, device=device, seed=seed
    )

    learn = partial(fit_probe, classes=folds.classes, strength=strength, device=device, tolerance=TOLERANCE)

    def run(held: int) -> tuple[npt.NDArray[np.float64], list[float]]:
        train, test = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        right, sizes, probe = np.zeros((len(test), len(FRACTIONS))), [], None
        for column, (share, repeats) in enumerate(zip(FRACTIONS, _REPEATS, strict=True)):
            sizes.append(0.0)
            for repeat in range(repeats):
                key = subset_key(units[train], given[train], seed=[seed, held, repeat])
                part = train[key < share] if share < 1.0 else train
                probe = learn(X[part], given[part], start=probe)
                right[:, column] += (probe.predict(X[test]).argmax(axis=1) == given[test]) / repeats
                sizes[-1] += len(part) / repeats
        return right, sizes

    right, sizes = np.zeros((len(ids), len(FRACTIONS))), []
    where = pick_device(device)
    with one_thread_each(), ThreadPoolExecutor(min(n_workers(where), len(present))) as pool:
        for held, (found, counts) in zip(present.tolist(), pool.map(run, present.tolist()), strict=True):
            right[fold == held] = found
            sizes.append(counts)
            on_fold(1)
    return RightBySize(ids, given, units, fold, right, np.mean(sizes, axis=0), strength)
