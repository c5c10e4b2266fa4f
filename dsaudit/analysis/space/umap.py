"""The two places where umap-learn is used: the neighbour graph and the map.

umap-learn warns of its own single thread, of missing TensorFlow and of numba's deprecations; none of it is
news to the reader of an audit.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.neighbours import nearest_neighbours

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_array


def neighbour_graph(rows: npt.ArrayLike, *, n_neighbours: int = 14, seed: int = 0) -> csr_array:
    """Symmetric graph of membership strengths (McInnes et al., arXiv:1802.03426, section 3.1).

    Parameters
    ----------
    rows : float array (n, c)
        Compared by cosine.

    Returns
    -------
    sparse float array (n, n), strengths 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> graph = neighbour_graph(np.random.default_rng(0).normal(0, 1, (30, 4)), n_neighbours=5)
    >>> graph.shape, bool(0 < graph.max() <= 1), bool(abs(graph - graph.T).max() == 0)
    ((30, 30), True, True)
    """
    points = np.asarray(rows, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap.umap_ import fuzzy_simplicial_set

        ids, distances = _neighbours_and_self(points, n_neighbours)
        graph: csr_array = fuzzy_simplicial_set(
            points, ids.shape[1], np.random.RandomState(seed), "cosine", knn_indices=ids, knn_dists=distances
        )[0]
    return graph.tocsr()


def embed_in_plane(
    rows: npt.ArrayLike, start: npt.ArrayLike, *, n_neighbours: int = 14, min_distance: float = 0.1, seed: int = 0
) -> npt.NDArray[np.float32]:
    """UMAP in two dimensions, float32 (n, 2), on one thread: the same seed gives the same coordinates.

    Parameters
    ----------
    rows : float array (n, c), n ≥ 3
        Compared by cosine.
    start : float array (n, 2)
        Where the search begins.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(0, 1, (30, 4))
    >>> a, b = (embed_in_plane(rows, rows[:, :2], n_neighbours=5, seed=1) for _ in range(2))
    >>> a.shape, bool((a == b).all())
    ((30, 2), True)
    """
    points = np.asarray(rows, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        ids, distances = _neighbours_and_self(points, n_neighbours)
        reducer = UMAP(
            n_neighbors=ids.shape[1],
            min_dist=min_distance,
            metric="cosine",
            precomputed_knn=(ids, distances, None),
            init=np.asarray(start, dtype=np.float32),
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(reducer.fit_transform(points), dtype=np.float32)


def _neighbours_and_self(
    points: npt.NDArray[np.float32], n_neighbours: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Neighbours as umap-learn wants them: each row first among its own."""
    ids, similarity = nearest_neighbours(points, k=n_neighbours)
    own = np.arange(len(points))[:, None]
    distances = np.maximum(1.0 - similarity, 0.0)
    return np.hstack([own, ids]), np.hstack([np.zeros_like(own, dtype=np.float32), distances])
