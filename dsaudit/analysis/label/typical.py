"""Items that stand for their class: what a doubtful one is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_SUREST = 0.25
"""Share of a class that counts as typical: the very surest are often one and the same thing over and over."""


def typical_items(
    pred_probs: npt.ArrayLike, given: npt.ArrayLike, *, doubted: npt.ArrayLike | None = None, n: int = 6
) -> list[list[int]]:
    """Rows that stand for each class, spread evenly over the surest quarter of those that are predicted as given.

    Parameters
    ----------
    pred_probs : float array (n_items, k)
        Out-of-sample predicted probabilities.
    given : int array (n_items,)
        Columns; below 0 where the given label has none.
    doubted : bool array (n_items,), optional
        Items whose label is doubted: none of them is typical.
    n : int
        Rows of a class.

    Returns
    -------
    list of list of int
        Up to ``n`` rows for each of the ``k`` classes, the surest first; empty for a class that is never predicted
        as given.

    Examples
    --------
    >>> typical_items([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.7, 0.3]], [0, 0, 1, 1], n=1)
    [[0], [2]]
    """
    probs, own = np.asarray(pred_probs, dtype=np.float64), np.asarray(given, dtype=np.int64)
    if not probs.size:
        return [[] for _ in range(probs.shape[1] if probs.ndim == 2 else 0)]
    right = predicted_as_given(probs, own)
    if doubted is not None:
        right &= ~np.asarray(doubted, dtype=bool)
    rows = np.flatnonzero(right)
    chosen = typical_of(probs[rows, own[rows]], own[rows], n_classes=probs.shape[1], n=n)
    return [[int(r) for r in rows[own_rows]] for own_rows in chosen]


def predicted_as_given(pred_probs: npt.NDArray[np.floating], given: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Which items are predicted to be what they are given as; arguments as of ``typical_items``.

    Examples
    --------
    >>> predicted_as_given(np.array([[0.9, 0.1], [0.6, 0.4], [np.nan, 1.0]]), np.array([0, 1, 1])).tolist()
    [True, False, False]
    """
    sound = np.isfinite(pred_probs)
    return np.asarray(sound.all(axis=1) & (np.where(sound, pred_probs, -1.0).argmax(axis=1) == given))


def typical_of(
    p_given: npt.NDArray[np.floating], given: npt.NDArray[np.integer], *, n_classes: int, n: int = 6
) -> list[npt.NDArray[np.int64]]:
    """Of items that are predicted as given, and not doubted, the rows that stand for each class.

    Parameters
    ----------
    p_given : float array (n_items,)
        Probability of the given label.
    given : int array (n_items,)
        Columns, 0 and up.
    n_classes, n : int
        How many classes there are; rows of each.

    Examples
    --------
    >>> [rows.tolist() for rows in typical_of(np.array([0.6, 0.9, 0.8]), np.array([0, 0, 1]), n_classes=2, n=1)]
    [[1], [2]]
    """
    found = []
    for column in range(n_classes):
        rows = np.flatnonzero(given == column)
        rows = rows[np.argsort(-p_given[rows], kind="stable")]
        surest = rows[: max(n, int(np.ceil(_SUREST * len(rows))))]
        at = np.linspace(0, len(surest) - 1, min(n, len(surest))).round().astype(int)
        found.append(surest[at])
    return found
