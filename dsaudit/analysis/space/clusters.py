"""Groups of alike items, found in embedding space and not on the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.row_batches import batches
from dsaudit.analysis.space.neighbour_graph import neighbour_graph
from dsaudit.analysis.space.neighbours import roughly_nearest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

MAX_FIT = 10_000
"""Items that clusters are looked for among."""
_ALONE = -1
_COLUMNS_AT_ONCE, _CELLS_AT_ONCE = 8, 2**20
_N_NEIGHBOURS = 14
_MAX_DENSE = 500
_DIFFUSION = 4
"""Steps of a walk on the graph, which fade the eigenvectors that tell no clusters apart."""


def find_clusters(
    space: npt.ArrayLike, *, min_items: int | None = None, n_components: int = 16, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Clusters of items that are each other's neighbours, deterministic.

    Distances in sixty dimensions are all alike, and density says little there. So the neighbour graph is
    spread out first by its leading eigenvectors (diffusion maps: R. Coifman & S. Lafon, Applied and
    Computational Harmonic Analysis 2006), and dense regions are found among those (HDBSCAN: R. Campello
    et al., ACM TKDD 2015). Above 10,000 rows this is done with a seeded sample; each other row joins its
    nearest sampled row.

    Parameters
    ----------
    space : float array (n, c)
        As from ``embedding_space``; compared by cosine.
    min_items : int, optional
        Smallest cluster; by default one in a hundred, at least 5.
    n_components : int
        Eigenvectors used: about the number of clusters to be told apart.

    Returns
    -------
    int64 array (n,): cluster number by falling size from 0, or -1 for an item in no cluster.

    Examples
    --------
    >>> import numpy as np
    >>> two = np.repeat(np.eye(8)[:2], [60, 40], axis=0) + np.random.default_rng(0).normal(0, 0.1, (100, 8))
    >>> np.unique(find_clusters(two, min_items=20), return_counts=True)
    (array([0, 1]), array([60, 40]))
    """
    rows = np.asarray(space, dtype=np.float32)
    n = len(rows)
    n_fit = min(n, MAX_FIT)
    smallest = max(2, min_items if min_items is not None else max(5, n_fit // 100))
    found = np.full(n, _ALONE, dtype=np.int64)
    if n < 3 * smallest or not np.ptp(rows) > 0:
        return found
    fitted = np.arange(n)
    if n_fit < n:
        fitted = np.sort(np.random.default_rng(seed).choice(n, n_fit, replace=False))
    spread = _spectral(rows[fitted], min(n_components, n_fit - 1), seed)
    found[fitted] = _hdbscan(spread, smallest)
    if n_fit < n:
        drawn = found[fitted]
        found = drawn[roughly_nearest_of(rows, rows[fitted])[:, 0]]
        found[fitted] = drawn
    return _by_size(found)


def _spectral(rows: npt.NDArray[np.float32], n_components: int, seed: int) -> npt.NDArray[np.float64]:
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh

    graph = neighbour_graph(rows, n_neighbours=min(_N_NEIGHBOURS, len(rows) - 1))
    inverse = 1.0 / np.sqrt(np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-12))
    scaled = diags_array(inverse) @ graph @ diags_array(inverse)
    if len(rows) <= _MAX_DENSE:
        values, vectors = np.linalg.eigh(scaled.toarray())
        values, vectors = values[-n_components:], vectors[:, -n_components:]
    else:
        start = np.random.default_rng(seed).standard_normal(len(rows))
        values, vectors = eigsh(scaled, k=n_components, which="LA", v0=start)
    spread = vectors * np.maximum(values, 0.0) ** _DIFFUSION * inverse[:, None]
    return np.asarray(spread / np.maximum(np.linalg.norm(spread, axis=1, keepdims=True), 1e-12))


def _hdbscan(points: npt.NDArray[np.float64], smallest: int) -> npt.NDArray[np.int64]:
    from sklearn.cluster import HDBSCAN

    model = HDBSCAN(min_cluster_size=smallest, min_samples=5, cluster_selection_method="eom", copy=True)
    return np.asarray(model.fit_predict(points), dtype=np.int64)


def _by_size(found: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    numbers, first, counts = np.unique(found[found >= 0], return_index=True, return_counts=True)
    rank = np.full(int(found.max(initial=-1)) + 2, _ALONE, dtype=np.int64)
    rank[numbers[np.lexsort((first, -counts))]] = np.arange(len(numbers))
    return np.where(found >= 0, rank[found], _ALONE)


def typical_rows(space: npt.ArrayLike, rows: npt.ArrayLike, *, n_typical: int = 6) -> list[int]:
    """The rows nearest to the middle of the given rows, nearest first: the first is about the medoid.

    The middle is the coordinate-wise median, which a few strays do not move.

    Examples
    --------
    >>> typical_rows([[0.0], [1.0], [9.0], [50.0]], [0, 1, 2], n_typical=2)
    [1, 0]
    """
    members, points = np.asarray(rows, dtype=np.int64), np.asarray(space)
    if not len(members):
        return []
    n, d = len(members), points.shape[1]
    columns = (points[members, k : k + _COLUMNS_AT_ONCE].astype(np.float64) for k in range(0, d, _COLUMNS_AT_ONCE))
    middle = np.concatenate([np.median(some, axis=0) for some in columns])
    parts = batches(n, d, cells=_CELLS_AT_ONCE, of=points)
    distance = np.concatenate(
        [np.linalg.norm(points[members[part]].astype(np.float64) - middle, axis=1) for part in parts]
    )
    return [int(i) for i in members[np.lexsort((members, distance))[:n_typical]]]


def cluster_summary(
    clusters: pd.Series, space: npt.ArrayLike, *, labels: pd.Series | None = None, n_typical: int = 6
) -> list[dict[str, Any]]:
    """Each cluster with its labels and typical items, as the run's ``metrics.json`` keeps it.

    Parameters
    ----------
    clusters : Series of int, index ``item_id``
        Row for row the items of ``space``; -1 is left out.
    labels : Series of str, index ``item_id``, optional

    Returns
    -------
    list of dicts ``cluster``, ``n``, ``labels`` (label and count, the most frequent first), ``typical``
    (item ids).

    Examples
    --------
    >>> import pandas as pd
    >>> clusters = pd.Series([0, 0, 0, -1], index=list("wxyz"))
    >>> cluster_summary(clusters, [[0.0], [1.0], [9.0], [50]], labels=pd.Series(list("aab"), list("wxy")), n_typical=1)
    [{'cluster': 0, 'n': 3, 'labels': [['a', 2], ['b', 1]], 'typical': ['x']}]
    """
    ids = [str(i) for i in clusters.index]
    number = clusters.to_numpy(dtype=np.int64)
    names: Sequence[Any] = labels.reindex(clusters.index).tolist() if labels is not None else [None] * len(ids)
    summary = []
    for cluster in sorted(set(number[number >= 0].tolist())):
        rows = np.flatnonzero(number == cluster)
        counts = pd.Series([str(names[i]) for i in rows.tolist() if not pd.isna(names[i])], dtype=object).value_counts()
        ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
        summary.append(
            {
                "cluster": int(cluster),
                "n": len(rows),
                "labels": [[str(label), int(count)] for label, count in ordered],
                "typical": [ids[i] for i in typical_rows(space, rows, n_typical=n_typical)],
            }
        )
    return summary
