"""Content: whether there is anything on a picture, and whether it is drawn or written rather than photographed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.image.noise import tile_means

if TYPE_CHECKING:
    import numpy.typing as npt

_LEAST_STEP, _ABRUPT_STEP = 8, 40
"""Levels between neighbours: less is shading, more an edge of ink."""
_LEAST_PX = 64
"""Thumbnails of photographs have little but abrupt steps too."""
_FEWEST_ABRUPT, _MOST_STEPS = 0.01, 0.4
_TILE_PX = 8
_EVERY = 2
_NOISE_TIMES, _LEAST_AWAY = 6.0, 3.0
_MOST_NOISE = 25.0
"""Levels. No camera is noisier; what differs more is drawn so, as with the dots of a print."""


def content_share(
    levels: npt.NDArray[np.uint8], counts: npt.NDArray[np.int64], noise_levels: float = float("nan")
) -> float:
    """Share of a picture that stands out from its ground, seen closely or in tiles; 0 of a blank one.

    Parameters
    ----------
    levels : uint8 array (height, width)
    counts : int array (256,)
        See ``dsaudit.media.image.light.histogram``.
    noise_levels : float
        What only noise differs by, see ``dsaudit.media.image.noise``; NaN counts as none.

    Examples
    --------
    >>> from dsaudit.media.image.light import histogram
    >>> page = np.full((100, 100), 250, np.uint8)
    >>> page[40, 20:30] = 40
    >>> round(content_share(page, histogram(page)), 3)
    0.014
    """
    spread = _NOISE_TIMES * min(float(np.nan_to_num(noise_levels)), _MOST_NOISE)
    ground = np.searchsorted(np.cumsum(counts), 0.5 * levels.size)
    away = np.abs(np.arange(256) - ground) > _LEAST_AWAY + spread
    closely = float(counts[away].sum()) / max(1, levels.size)
    if min(levels.shape) < 2 * _TILE_PX:
        return closely
    tiles = tile_means(levels, _TILE_PX)
    in_tiles = np.abs(tiles - np.median(tiles)) > _LEAST_AWAY + spread / _TILE_PX
    return max(closely, float(np.mean(in_tiles)))


def drawn_share(levels: npt.NDArray[np.uint8], noise_levels: float = float("nan")) -> float:
    """Share of all steps between neighbours that are abrupt: print, screens and drawings have few others.

    Parameters
    ----------
    levels : uint8 array (height, width)
    noise_levels : float

    Returns
    -------
    float
        0 to 1; 0 of thumbnails, where few pixels are steps at all, or so many that there is no calm ground.
    """
    least = max(_LEAST_STEP, 4.0 * np.nan_to_num(noise_levels))
    if least > _ABRUPT_STEP / 2 or min(levels.shape) < _LEAST_PX:
        return 0.0
    steps = np.abs(np.diff(levels[::_EVERY].astype(np.int16), axis=1))
    some, abrupt = (np.count_nonzero(steps >= step) / steps.size for step in (least, _ABRUPT_STEP))
    return abrupt / some if abrupt >= _FEWEST_ABRUPT and some <= _MOST_STEPS else 0.0
