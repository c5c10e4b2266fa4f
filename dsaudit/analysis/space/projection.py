"""Two coordinates for looking at the dataset. Distances on the map are a hint, no measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import roughly_nearest_of
from dsaudit.analysis.space.umap import embed_in_plane

if TYPE_CHECKING:
    import numpy.typing as npt

_MIN_UMAP = 15
MAX_FIT = 20_000
"""Items that the map is made from; more would take minutes and show no more."""
_N_ANCHORS = 3


def project(
    space: npt.ArrayLike, *, n_neighbours: int = 14, seed: int = 0, max_fit: int = MAX_FIT
) -> tuple[npt.NDArray[np.float32], str]:
    """Two-dimensional view of a space: UMAP (McInnes et al., arXiv:1802.03426), or its principal components.

    Starts from the principal components, so that the whole keeps its shape. The same input and seed
    give the same coordinates on the same machine. Above 20,000 rows the map is made from a seeded
    sample; each other row is put between the three sampled rows most similar to it.

    Parameters
    ----------
    space : float array (n, c)
        As from ``embedding_space``; compared by cosine.
    n_neighbours : int
        More shows the whole, fewer the details.

    Returns
    -------
    xy : float32 array (n, 2)
    method : str
        ``"umap"``, or ``"pca"`` below 15 rows and where rows are all alike.

    Examples
    --------
    >>> xy, method = project([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])  # too few for a neighbour graph
    >>> xy.shape, method
    ((3, 2), 'pca')
    """
    rows = np.asarray(space, dtype=np.float32)
    n = len(rows)
    start = _principal(rows)
    if n < _MIN_UMAP or not np.ptp(start[:, 0]) > 0:
        return start, "pca"
    if n > max_fit:
        fitted = np.sort(np.random.default_rng(seed).choice(n, max_fit, replace=False))
        drawn, method = project(rows[fitted], n_neighbours=n_neighbours, seed=seed, max_fit=max_fit)
        xy = drawn[roughly_nearest_of(rows, rows[fitted], k=_N_ANCHORS)].mean(1)
        xy[fitted] = drawn
        return xy, method
    xy = embed_in_plane(rows, _spread_out(start, seed), n_neighbours=min(n_neighbours, n - 1), seed=seed)
    lost = ~np.isfinite(xy).all(axis=1)
    xy[lost] = np.nanmedian(xy, axis=0) if not lost.all() else 0.0
    return xy, "umap"


def _principal(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    centred = embedding_space(rows, n_components=2) if rows.shape[1] > 2 else rows
    xy = np.zeros((len(rows), 2), dtype=np.float32)
    xy[:, : centred.shape[1]] = centred[:, :2]
    return xy


def _spread_out(start: npt.NDArray[np.float32], seed: int) -> npt.NDArray[np.float32]:
    """Start of the search: ten units wide, with a little noise so that copies do not sit on each other."""
    wide = start / max(float(np.abs(start).max()), 1e-9) * 10.0
    noise = np.random.default_rng(seed).normal(0.0, 1e-4, start.shape)
    return np.asarray(wide + noise, dtype=np.float32)
