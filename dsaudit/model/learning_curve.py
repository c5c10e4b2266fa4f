"""How right a linear head is with a part of the labels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from dsaudit.analysis.model.learning_curve import FRACTIONS, subset_key
from dsaudit.errors import InconclusiveError
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.folds import units_of
from dsaudit.model.head import next_fold, rows_of
from dsaudit.model.probe import fit_probe, select_strength

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from dsaudit.model.folds import Folds
    from dsaudit.model.probe import Probe

_Found = TypeVar("_Found")

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
    held_out = _HeldOut.of(embeddings, labels, folds, device=device, seed=seed)
    X, given, fold = held_out.X, held_out.given, held_out.fold
    units = units_of(held_out.ids, groups)

    def run(held: int) -> tuple[npt.NDArray[np.float64], list[float]]:
        train, test = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        right, sizes, probe = np.zeros((len(test), len(FRACTIONS))), [], None
        for column, (share, repeats) in enumerate(zip(FRACTIONS, _REPEATS, strict=True)):
            sizes.append(0.0)
            for repeat in range(repeats):
                key = subset_key(units[train], given[train], seed=[seed, held, repeat])
                part = train[key < share] if share < 1.0 else train
                probe = held_out.learn(X[part], given[part], start=probe)
                right[:, column] += (probe.predict(X[test]).argmax(axis=1) == given[test]) / repeats
                sizes[-1] += len(part) / repeats
        return right, sizes

    right, sizes = np.zeros((len(given), len(FRACTIONS))), []
    for held, (found, counts) in held_out.each(run, device):
        right[fold == held] = found
        sizes.append(counts)
        on_fold(1)
    return RightBySize(held_out.ids, given, units, fold, right, np.mean(sizes, axis=0), held_out.strength)


def right_by_labels(
    embeddings: pd.DataFrame,
    labels: pd.Series,
    folds: Folds,
    changed: Sequence[pd.Series],
    *,
    device: str = "auto",
    seed: int = 0,
    on_fold: Callable[[int], None] = lambda n: None,
) -> pd.DataFrame:
    """Whether held-out items are predicted as given by heads that learned from other labels.

    Parameters
    ----------
    embeddings, labels, folds
        As of ``right_by_size``.
    changed : sequence of Series of str, index ``item_id``
        What is learned from in place of ``labels``; missing: the item is not learned from.

    Returns
    -------
    DataFrame bool (n, 1 + c), index ``item_id``
        Column 0 where ``labels`` themselves are learned from, then one for each of ``changed``.

    Raises
    ------
    InconclusiveError
        Fewer than two folds hold an item.
    """
    held_out = _HeldOut.of(embeddings, labels, folds, device=device, seed=seed)
    X, given, fold, column = held_out.X, held_out.given, held_out.fold, {c: k for k, c in enumerate(folds.classes)}
    others = [
        np.array([column.get(str(label), -1) for label in own.reindex(held_out.ids)], dtype=np.int64) for own in changed
    ]

    def run(held: int) -> npt.NDArray[np.bool_]:
        train, test = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        right, probe = np.zeros((len(test), 1 + len(others)), dtype=bool), None
        for k, own in enumerate([given, *others]):
            part = train[own[train] >= 0]
            learned = held_out.learn(X[part], own[part], start=probe)
            probe = probe or learned
            right[:, k] = learned.predict(X[test]).argmax(axis=1) == given[test]
        return right

    right = np.zeros((len(given), 1 + len(others)), dtype=bool)
    for held, found in held_out.each(run, device):
        right[fold == held] = found
        on_fold(1)
    return pd.DataFrame(right, index=held_out.ids)


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """Items of the learned classes, ready to be held out fold by fold, and the strength of all heads."""

    ids: pd.Index[str]
    X: npt.NDArray[np.float32]
    given: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int16]
    strength: float
    learn: Callable[..., Probe]

    @classmethod
    def of(cls, embeddings: pd.DataFrame, labels: pd.Series, folds: Folds, *, device: str, seed: int) -> _HeldOut:
        ids, X, given, fold = rows_of(embeddings, labels, folds)
        learned = given >= 0
        ids, X, given, fold = ids[learned], X[learned], given[learned], fold[learned]
        present = np.unique(fold)
        if len(present) < 2:
            raise InconclusiveError("labels are too few to hold any out")
        first = int(present[0])
        judge = fold[fold != first] == (next_fold(first, present) if len(present) > 2 else -1)
        strength = select_strength(
            X[fold != first], given[fold != first], judge, classes=folds.classes, device=device, seed=seed
        )
        learn = partial(fit_probe, classes=folds.classes, strength=strength, device=device, tolerance=TOLERANCE)
        return cls(ids, X, given, fold, strength, learn)

    def each(self, run: Callable[[int], _Found], device: str) -> Iterator[tuple[int, _Found]]:
        """What ``run`` finds with each fold held out."""
        present = np.unique(self.fold).tolist()
        with one_thread_each(), ThreadPoolExecutor(min(n_workers(pick_device(device)), len(present))) as pool:
            yield from zip(present, pool.map(run, present), strict=True)
