"""Sets of items that are copies of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


def duplicate_sets(keys: pd.Series) -> list[list[str]]:
    """Items with equal keys.

    Parameters
    ----------
    keys : Series of str, index ``item_id``
        Such as a hash of the samples; missing means no copy of anything.

    Returns
    -------
    list of lists of item ids: only sets of two and more, ids sorted, sets by their first id.
    """
    known = keys.dropna()
    shared = known[known.duplicated(keep=False)]
    sets = [sorted(str(i) for i in members) for members in shared.groupby(shared.to_numpy()).groups.values()]
    return sorted(sets)


def connected_sets(n: int, pairs: npt.ArrayLike) -> list[list[int]]:
    """Connected components of a graph over 0 … n - 1.

    Parameters
    ----------
    n : int
    pairs : int array (m, 2)
        Linked numbers, in any order; a number may be linked to itself.

    Returns
    -------
    list of sorted lists of int: only components of two and more, by their smallest number.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if not len(edges):
        return []
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    return sorted(part.tolist() for part in parts if len(part) > 1)


def near_duplicate_pairs(
    ids: npt.ArrayLike, similarity: npt.ArrayLike, *, min_similarity: float
) -> npt.NDArray[np.int64]:
    """Pairs (i, j), i < j, int64 (m, 2), of a neighbour table whose cosine is at least ``min_similarity``."""
    neighbours, cosine = np.asarray(ids, dtype=np.int64), np.asarray(similarity)
    row, place = np.nonzero(cosine >= min_similarity)
    pairs = np.sort(np.stack([row, neighbours[row, place]], axis=1), axis=1)
    return np.unique(pairs, axis=0).reshape(-1, 2).astype(np.int64)
