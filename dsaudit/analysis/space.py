"""The space in which items are compared: standardised embeddings, reduced by principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_MAX_FIT = 20_000


def embedding_space(X: npt.ArrayLike, *, n_components: int = 64, seed: int = 0) -> npt.NDArray[np.float32]:
    """Principal components of standardised embeddings.

    Blocks of an embedding come on different scales; standardising gives each column the same say, and
    the components keep what varies together. Columns that do not vary are dropped. Axes are fitted on
    at most 20,000 rows drawn by ``seed``; their signs are fixed, so the result is reproducible.

    Parameters
    ----------
    X : array (n, d)
    n_components : int
        At most this many; fewer where n or d is smaller.

    Returns
    -------
    float32 array (n, c), centred, components by falling variance; c ≥ 1.
    """
    rows = np.asarray(X, dtype=np.float32)
    n, _ = rows.shape
    if n == 0:
        return np.zeros((0, 1), dtype=np.float32)
    fitted = rows
    if n > _MAX_FIT:
        fitted = rows[np.sort(np.random.default_rng(seed).choice(n, _MAX_FIT, replace=False))]
    mean = fitted.mean(0, dtype=np.float64)
    scale = fitted.std(0, dtype=np.float64)
    varies = scale > 1e-6 * (1.0 + np.abs(mean))
    if not varies.any():
        return np.zeros((n, 1), dtype=np.float32)
    mean, scale = mean[varies].astype(np.float32), scale[varies].astype(np.float32)
    standard = (fitted[:, varies] - mean) / scale
    c = max(1, min(n_components, standard.shape[1], n - 1))
    if standard.shape[1] <= len(standard):
        _, axes = np.linalg.eigh(standard.T.astype(np.float64) @ standard)
        axes = axes[:, ::-1][:, :c]
    else:
        values, left = np.linalg.eigh(standard.astype(np.float64) @ standard.T)
        axes = standard.T @ (left[:, ::-1][:, :c] / np.sqrt(np.maximum(values[::-1][:c], 1e-12)))
    largest = np.abs(axes).argmax(0)
    axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    space = np.empty((n, axes.shape[1]), dtype=np.float32)
    for start in range(0, n, _MAX_FIT):
        part = slice(start, start + _MAX_FIT)
        space[part] = ((rows[part][:, varies] - mean) / scale) @ axes.astype(np.float32)
    return space
