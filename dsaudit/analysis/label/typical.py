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
    best = np.where(np.isfinite(probs), probs, -1.0)
    right: npt.NDArray[np.bool_] = np.isfinite(probs).all(axis=1) & (best.argmax(axis=1) == own)
    if doubted is not None:
        right = right & ~np.asarray(doubted, dtype=bool)
    found = []
    for column in range(probs.shape[1]):
        rows = np.flatnonzero(right & (own == column))
        rows = rows[np.argsort(-probs[rows, column], kind="stable")]
        surest = rows[: max(n, int(np.ceil(_SUREST * len(rows))))]
        at = np.linspace(0, len(surest) - 1, min(n, len(surest))).round().astype(int)
        found.append([int(r) for r in surest[at]])
    return found
