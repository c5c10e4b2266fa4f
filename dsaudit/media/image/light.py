"""Light: how bright and how far apart the levels of a picture are, what is blown out, and whether there is colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.media.base import Measured

_WHITE, _LIGHT = 250, 128
_END_PX = 4
_END_TIMES = 8.0
"""Blown areas of a photograph end along lines at least this long, in pixels within ``_END_PX`` of them, over their
area; a white ground does not."""


def histogram(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """How many pixels have each of the 256 levels."""
    return np.bincount(levels.ravel(), minlength=256)


def light(levels: npt.NDArray[np.uint8], counts: npt.NDArray[np.int64], *, on_white: bool = False) -> Measured:
    """Brightness and contrast of a picture.

    Parameters
    ----------
    levels : uint8 array (height, width)
        Grey.
    counts : int array (256,)
        See ``histogram``.
    on_white : bool
        Whether it was laid on white paper, so that none of its white is known to be its own.

    Returns
    -------
    dict
        ``brightness`` and ``contrast`` (mean and standard deviation of the levels), ``darkest`` and ``brightest`` (what
        0.1 % are darker and brighter than), all 0 to 1; ``blown_share``: how much is white for too much light, not
        for a white ground; ``white_ground_share``: how much of the outermost pixels is white.

    Examples
    --------
    >>> grey = np.full((8, 8), 51, np.uint8)
    >>> light(grey, histogram(grey))["brightness"]
    0.2
    """
    n = max(1, levels.size)
    level = np.arange(256) / 255.0
    mean = float(counts @ level) / n
    below = np.cumsum(counts)
    darkest, brightest = np.searchsorted(below, (0.001 * n, 0.999 * n)) / 255.0
    return {
        "brightness": mean,
        "contrast": float(np.sqrt(counts @ (level - mean) ** 2 / n)),
        "darkest": float(darkest),
        "brightest": float(brightest),
        "blown_share": 0.0 if on_white else _blown(levels, float(counts[_WHITE:].sum()) / n),
        "white_ground_share": float(np.mean(_outermost(levels) >= _WHITE)),
    }


def _blown(levels: npt.NDArray[np.uint8], white_share: float) -> float:
    """Share of a picture that is white and fades into what is light, in many places: a white ground ends at a thing."""
    if white_share < 0.02 or min(levels.shape) <= _END_PX:
        return 0.0
    white, light_ = levels >= _WHITE, levels >= _LIGHT
    n_ends = 0
    for one, other in ((np.s_[_END_PX:], np.s_[:-_END_PX]), (np.s_[:, _END_PX:], np.s_[:, :-_END_PX])):
        n_ends += int(np.count_nonzero((white[one] != white[other]) & light_[one] & light_[other]))
    return min(white_share, _END_TIMES * n_ends / levels.size)


def _outermost(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.concatenate((levels[0], levels[-1], levels[:, 0], levels[:, -1]))


def colour(rgb: npt.NDArray[np.uint8]) -> float:
    """How far the red, green and blue of the most colourful hundredth of a picture lie apart, 0 (grey) to 1.

    Parameters
    ----------
    rgb : uint8 array (height, width, 3)

    Examples
    --------
    >>> colour(np.zeros((8, 8, 3), np.uint8))
    0.0
    """
    red, green, blue = (rgb[::3, ::3, band] for band in range(3))
    apart = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    below = np.cumsum(histogram(apart))
    return float(np.searchsorted(below, 0.99 * apart.size) / 255.0)
