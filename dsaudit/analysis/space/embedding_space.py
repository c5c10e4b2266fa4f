"""The space in which items are compared: standardised embeddings, reduced by principal components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

_MAX_FIT = 20_000


@dataclass(frozen=True, slots=True)
class Axes:
    """Principal axes of standardised embeddings, fitted on some rows and good for others.

    Attributes
    ----------
    varies : bool array (d,)
        Columns in use; those that do not vary are dropped, m remain.
    mean, scale : float32 array (m,)
        Standardisation of those columns.
    axes : float32 array (m, c)
        By falling variance, signs fixed.
    spread : float32 array (c,)
        Standard deviation of the fitted rows along each axis.
    """

    varies: npt.NDArray[np.bool_]
    mean: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    spread: npt.NDArray[np.float32]

    def apply(self, X: npt.ArrayLike, *, whiten: bool = False) -> npt.NDArray[np.float32]:
        """Coordinates, float32 (n, c), c ≥ 1, of embeddings (n, d); ``whiten`` gives each axis the same spread."""
        rows = np.asarray(X, dtype=np.float32)
        axes = self.axes / np.maximum(self.spread, 1e-6) if whiten else self.axes
        space = np.zeros((len(rows), max(1, axes.shape[1])), dtype=np.float32)
        if not axes.shape[1]:
            return space
        for part in batches(len(rows), 1, cells=_MAX_FIT, of=rows):
            space[part] = ((rows[part][:, self.varies] - self.mean) / self.scale) @ axes
        return space


def principal_axes(X: npt.ArrayLike, *, n_components: int = 64, seed: int = 0) -> Axes:
    """Axes of largest variance of standardised embeddings (n, d), from at most 20,000 rows drawn by ``seed``.

    At most ``n_components`` of them; fewer where n or d is smaller, none where nothing varies.

    Examples
    --------
    >>> axes = principal_axes([[0.0, 0.0, 5.0], [1.0, 2.0, 5.0], [2.0, 4.0, 5.0]])  # the last is constant
    >>> axes.varies.tolist(), axes.axes.shape, axes.apply([[1.0, 2.0, 5.0]]).round(3).tolist()
    ([True, True, False], (2, 2), [[0.0, 0.0]])
    """
    rows = np.asarray(X, dtype=np.float32)
    n, d = rows.shape
    nothing = np.empty(0, dtype=np.float32)
    none = Axes(np.zeros(d, dtype=np.bool_), nothing, nothing, np.empty((0, 0), dtype=np.float32), nothing)
    if n == 0:
        return none
    fitted = rows
    if n > _MAX_FIT:
        fitted = rows[np.sort(np.random.default_rng(seed).choice(n, _MAX_FIT, replace=False))]
    means, scales, varies = _moments(fitted)
    if not varies.any():
        return none
    mean, scale = means[varies].astype(np.float32), scales[varies].astype(np.float32)
    standard = (fitted[:, varies] - mean) / scale
    c = max(1, min(n_components, standard.shape[1], n - 1))
    if standard.shape[1] <= len(standard):
        values, axes = np.linalg.eigh(standard.T.astype(np.float64) @ standard)
        values, axes = values[::-1][:c], axes[:, ::-1][:, :c]
    else:
        values, left = np.linalg.eigh(standard.astype(np.float64) @ standard.T)
        values = values[::-1][:c]
        axes = standard.T @ (left[:, ::-1][:, :c] / np.sqrt(np.maximum(values, 1e-12)))
    largest = np.abs(axes).argmax(0)
    axes = axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    spread = np.sqrt(np.maximum(values, 0.0) / len(standard))
    return Axes(varies, mean, scale, axes.astype(np.float32), spread.astype(np.float32))


def n_varying(X: npt.ArrayLike) -> int:
    """Columns of embeddings (n, d) that vary: the variance of all of them together once they are standardised.

    Examples
    --------
    >>> n_varying([[0.0, 0.0, 5.0], [1.0, 2.0, 5.0]])
    2
    """
    rows = np.asarray(X, dtype=np.float32)
    return int(_moments(rows)[2].sum()) if len(rows) else 0


def _moments(
    rows: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    def parts() -> Iterator[slice]:
        return batches(len(rows), 1, cells=_MAX_FIT, of=rows)

    mean = np.sum([rows[part].sum(0, dtype=np.float64) for part in parts()], axis=0) / len(rows)
    scale = np.sqrt(np.sum([((rows[part] - mean) ** 2).sum(0) for part in parts()], axis=0) / len(rows))
    return mean, scale, scale > 1e-6 * (1.0 + np.abs(mean))


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

    Examples
    --------
    >>> space = embedding_space([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0]])
    >>> abs(space[:, 0].astype(float)).round(2).tolist()  # in the middle, and as far on either side: sqrt(2 * 1.5)
    [1.73, 0.0, 1.73]
    """
    rows = np.asarray(X, dtype=np.float32)
    return principal_axes(rows, n_components=n_components, seed=seed).apply(rows)
