"""Noise: how much neighbouring pixels differ where a picture is calmest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_TILE_PX = (16, 8)
_FEWEST_TILES, _MANY_TILES = 40, 100
_CALMEST = 0.1
_UNCLIPPED = (1, 254)
_SPREAD = 2.0 * np.sqrt(2.0 / np.pi)
"""Mean size of the difference of differences of white noise, in its standard deviations."""


def noise(levels: npt.NDArray[np.uint8]) -> float:
    """Standard deviation of the noise of a picture, in levels of 255; NaN where there are too few pixels to tell.

    Differences across and down at once leave little of edges and much of noise. The tenth of all tiles with the
    least of it is calm ground, where there is nothing but noise; tiles at the ends of the scale, which hide it, are
    left out as long as others remain.

    Parameters
    ----------
    levels : uint8 array (height, width)

    References
    ----------
    J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding 1996.

    Examples
    --------
    >>> 9 < noise(np.random.default_rng(0).normal(128, 10, (200, 200)).astype(np.uint8)) < 11
    True
    """
    for px in _TILE_PX:
        rows, columns = (side // px for side in levels.shape)
        if rows * columns >= _FEWEST_TILES:
            break
    else:
        return float("nan")
    every = 2 if rows * columns >= 2 * _MANY_TILES else 1
    n_bands = rows // every
    bands = levels[: n_bands * every * px].reshape(n_bands, every * px, -1)[:, :px].reshape(n_bands * px, -1)
    whole = bands.astype(np.int16)
    across = np.diff(whole, axis=1, append=whole[:, -1:])
    means = tile_means(np.abs(np.diff(across, axis=0, append=across[-1:])), px)
    ground = tile_means(bands, px)
    open_ = (ground > _UNCLIPPED[0]) & (ground < _UNCLIPPED[1])
    judged = means[open_] if np.count_nonzero(open_) >= _FEWEST_TILES // 2 else means.ravel()
    return float(np.quantile(judged, _CALMEST) / _SPREAD)


def tile_means(values: npt.NDArray[np.integer], px: int) -> npt.NDArray[np.float32]:
    """Mean over square tiles (rows, columns); what is left at the right and bottom is left out."""
    rows, columns = (side // px for side in values.shape)
    tiles = values[: rows * px, : columns * px].reshape(rows, px, columns, px)
    return np.asarray(tiles.sum(axis=1, dtype=np.int32).sum(axis=2) / np.float32(px * px), dtype=np.float32)
