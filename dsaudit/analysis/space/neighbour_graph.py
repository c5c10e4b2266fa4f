"""The graph of who is whose neighbour, and how firmly: what the map and the clusters are made from.

The same numbers as umap-learn's ``fuzzy_simplicial_set``, which compiles for half a minute when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.neighbours import nearest_neighbours

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_array

_STEPS, _CLOSE_ENOUGH = 64, 1e-5
_NARROWEST = 1e-3
"""Smallest width of a row's membership, in its mean distances: copies would leave no room for anything else."""


def neighbour_graph(rows: npt.ArrayLike, *, n_neighbours: int = 14) -> csr_array:
    """Symmetric graph of membership strengths (McInnes et al., arXiv:1802.03426, section 3.1).

    Parameters
    ----------
    rows : float array (n, c)
        Compared by cosine.

    Returns
    -------
    sparse float64 array (n, n), strengths above 0 up to 1, nothing on the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> graph = neighbour_graph(np.random.default_rng(0).normal(0, 1, (30, 4)), n_neighbours=5)
    >>> graph.shape, bool(0 < graph.max() <= 1), bool(abs(graph - graph.T).max() == 0)
    ((30, 30), True, True)
    """
    from scipy.sparse import coo_array

    points = np.asarray(rows, dtype=np.float32)
    ids, distances = neighbours_and_self(points, n_neighbours)
    n, k = ids.shape
    heads, tails = np.repeat(np.arange(n), k), ids.ravel()
    strengths = _memberships(distances).ravel()
    # where copies abound, a row may be found among its own neighbours
    kept = (heads != tails) & (strengths > 0)
    one_way = coo_array((strengths[kept], (heads[kept], tails[kept])), shape=(n, n)).tocsr()
    other_way = one_way.T.tocsr()
    graph: csr_array = (one_way + other_way - one_way.multiply(other_way)).tocsr()
    return graph


def neighbours_and_self(
    points: npt.NDArray[np.float32], n_neighbours: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Neighbours as UMAP counts them: each row first among its own; ids and cosine distances, (n, k + 1).

    Examples
    --------
    >>> import numpy as np
    >>> ids, distances = neighbours_and_self(np.array([[1, 0], [2, 0], [0, 1]], dtype=np.float32), 1)
    >>> ids.tolist(), distances.tolist()
    ([[0, 1], [1, 0], [2, 0]], [[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    """
    ids, similarity = nearest_neighbours(points, k=n_neighbours)
    own = np.arange(len(points))[:, None]
    distances = np.maximum(1.0 - similarity, 0.0)
    return np.hstack([own, ids]), np.hstack([np.zeros_like(own, dtype=np.float32), distances])


def _memberships(distances: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Strength of each row's neighbours: 1 for the nearest, falling so that they add up to log2(k).

    The width of the fall is bisected for all rows at once.
    """
    d = distances.astype(np.float64)
    nearest = np.where(d > 0, d, np.inf).min(axis=1)
    beyond = np.maximum(d - np.where(np.isfinite(nearest), nearest, 0.0)[:, None], 0.0)
    low, high, width = np.zeros(len(d)), np.full(len(d), np.inf), np.ones(len(d))
    for _ in range(_STEPS):
        missed = np.exp(-beyond[:, 1:] / width[:, None]).sum(axis=1) - np.log2(d.shape[1])
        open_ = np.abs(missed) >= _CLOSE_ENOUGH
        if not open_.any():
            break
        high, low = np.where(open_ & (missed > 0), width, high), np.where(open_ & (missed <= 0), width, low)
        halved = np.where(np.isinf(high), 2.0 * width, 0.5 * (low + high))
        width = np.where(open_, halved, width)
    narrowest = _NARROWEST * np.where(np.isfinite(nearest), d.mean(axis=1), d.mean())
    width = np.maximum(width, np.maximum(narrowest, np.finfo(np.float64).tiny))
    return np.asarray(np.exp(-beyond / width[:, None]))
