"""Which classes are taken for which. Rows are given labels, columns predicted labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


def confusion_counts(given: npt.ArrayLike, predicted: npt.ArrayLike, *, n_classes: int) -> npt.NDArray[np.int64]:
    """Counts, int64 (k, k), of column numbers (n,). Items whose given label is -1 are left out.

    Examples
    --------
    >>> confusion_counts([0, 0, 1, -1], [0, 1, 1, 1], n_classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    g, p = np.asarray(given, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    known = g >= 0
    flat = np.bincount(g[known] * n_classes + p[known], minlength=n_classes * n_classes)
    return flat.reshape(n_classes, n_classes).astype(np.int64)


def row_normalised(counts: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Share of each given class predicted as each class: rows sum to 1, or to 0 where a class has no items.

    Examples
    --------
    >>> row_normalised([[3, 1], [0, 0]]).tolist()
    [[0.75, 0.25], [0.0, 0.0]]
    """
    table = np.asarray(counts, dtype=np.float64)
    total = table.sum(1, keepdims=True)
    return np.asarray(np.divide(table, total, out=np.zeros_like(table), where=total > 0))


def seriation_order(counts: npt.ArrayLike) -> list[int]:
    """Order of the classes that puts those confused with each other side by side.

    Average linkage on the symmetrised confusion shares, leaves ordered optimally (Bar-Joseph et al.,
    Bioinformatics 2001); of the two directions, the one that starts with the lower class number.

    Parameters
    ----------
    counts : int array (k, k)

    Returns
    -------
    list of int, length k: a permutation of the class numbers.

    Examples
    --------
    >>> seriation_order([[9, 0, 6], [0, 9, 1], [6, 1, 9]])  # 0 and 2 are taken for each other
    [0, 2, 1]
    """
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    share = row_normalised(counts)
    k = len(share)
    closeness = (share + share.T) / 2.0
    np.fill_diagonal(closeness, 0.0)
    highest = closeness.max(initial=0.0)
    if k < 3 or highest == 0:
        return list(range(k))
    # A little distance by class number decides between classes that are never confused.
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / k
    distance = 1.0 - closeness / highest + 1e-6 * apart
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(distance, checks=False)
    order = [int(i) for i in leaves_list(optimal_leaf_ordering(linkage(condensed, method="average"), condensed))]
    return order if order[0] < order[-1] else order[::-1]


def confused_pairs(
    given: npt.ArrayLike,
    pred_probs: npt.ArrayLike,
    *,
    classes: Sequence[str],
    item_ids: Sequence[str],
) -> pd.DataFrame:
    """Off-diagonal cells with their items, the largest first.

    Parameters
    ----------
    given : int array (n,)
        Column of the given label, -1 where it has none.
    pred_probs : float array (n, k)

    Returns
    -------
    DataFrame
        ``given``, ``predicted`` (str), ``count`` (int), ``share_of_given`` (0..1), ``item_ids`` (list of
        str, the most confidently wrong first).

    Examples
    --------
    >>> probs = [[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9]]
    >>> pairs = confused_pairs([0, 0, 0, 1], probs, classes=["no", "yes"], item_ids=["w", "x", "y", "z"])
    >>> pairs[["given", "predicted", "count", "item_ids"]].to_dict("records")
    [{'given': 'no', 'predicted': 'yes', 'count': 2, 'item_ids': ['y', 'x']}]
    """
    g, probs = np.asarray(given, dtype=np.int64), np.asarray(pred_probs)
    columns = ["given", "predicted", "count", "share_of_given", "item_ids"]
    if not len(g):
        return pd.DataFrame(columns=columns)
    p = probs.argmax(1)
    n_given = np.bincount(g[g >= 0], minlength=len(classes))
    wrong = np.flatnonzero((g >= 0) & (p != g))
    ids = np.asarray(item_ids, dtype=object)
    wrong = wrong[np.lexsort((ids[wrong].astype(str), -probs[wrong, p[wrong]]))]
    cells: dict[tuple[int, int], list[str]] = {}
    for i in wrong.tolist():
        cells.setdefault((int(g[i]), int(p[i])), []).append(str(ids[i]))
    rows = [
        (classes[a], classes[b], len(members), len(members) / int(n_given[a]), members)
        for (a, b), members in sorted(cells.items(), key=lambda cell: (-len(cell[1]), cell[0]))
    ]
    return pd.DataFrame(rows, columns=columns)


BY_CHANCE = 2.5
"""Standard errors up to which two shares are alike."""


def by_chance(counts: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Cells in which nothing is told: their row has them no oftener than other classes, their column no less.

    Parameters
    ----------
    counts : int array (k, k)
        As from ``confusion_counts``.

    Returns
    -------
    bool array (k, k)

    Examples
    --------
    >>> by_chance([[80, 0, 0], [10, 0, 0], [10, 0, 0]])[:, 0].tolist()  # only how common classes are is known
    [False, True, True]
    >>> by_chance([[70, 5, 5], [10, 0, 0], [1, 0, 9]])[:, 0].tolist()  # the second is taken for the first
    [False, False, False]
    """
    table = np.asarray(counts, dtype=np.float64)
    of_row, of_column, hit = table.sum(1)[:, None], table.sum(0), np.diag(table)
    others = table.sum() - of_row - table.sum(1)
    more = _apart(table, of_row, of_column - table - hit, others)
    less = _apart(np.broadcast_to(hit, table.shape), table.sum(1), table, of_row)
    return np.asarray(((others <= 0) | (more <= BY_CHANCE)) & (less <= BY_CHANCE) & ~np.eye(len(table), dtype=bool))


def _apart(
    hits: npt.NDArray[np.float64],
    n: npt.NDArray[np.float64],
    hits2: npt.NDArray[np.float64],
    n2: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """By how many standard errors the first share is the larger one; half an item more on each side."""
    hits2, n2 = np.maximum(hits2, 0.0), np.maximum(n2, 0.0)
    p, q, both = (hits + 0.5) / (n + 1.0), (hits2 + 0.5) / (n2 + 1.0), (hits + hits2 + 1.0) / (n + n2 + 2.0)
    return np.asarray((p - q) / np.sqrt(both * (1.0 - both) * (1.0 / (n + 1.0) + 1.0 / (n2 + 1.0))))
