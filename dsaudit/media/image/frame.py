"""Frame: bands of one colour along the sides of a picture, which end along a straight line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_FLAT = 8
"""Levels that a band may differ from its own: what JPEG leaves of a flat colour beside an edge."""
_OF_ONE_COLOUR = 0.98
_STEP = 16
_STRAIGHT = 0.7
"""Share of a line behind the band that has to differ from it: a thing on plain ground touches it at one place only."""
_SOFT_PX = 3
_LEAST_PX = 2
_LIKE = 16


class Frame(NamedTuple):
    """Width of the band at each side, pixels; 0 where there is none."""

    top: int
    bottom: int
    left: int
    right: int

    def inside(self, levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """What the frame surrounds."""
        height, width = levels.shape[:2]
        return levels[self.top : height - self.bottom, self.left : width - self.right]

    def share(self, height: int, width: int) -> float:
        """How much of a picture it covers, 0 to 1."""
        seen = (height - self.top - self.bottom) * (width - self.left - self.right)
        return 1.0 - seen / max(1, height * width)


def frame(levels: npt.NDArray[np.uint8]) -> Frame:
    """Find bands at two opposite sides, or at all four.

    Parameters
    ----------
    levels : uint8 array (height, width)

    Examples
    --------
    >>> picture = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (60, 1))
    >>> frame(np.pad(picture, ((10, 10), (0, 0))))
    Frame(top=10, bottom=10, left=0, right=0)
    """
    top, bottom = _bands(levels)
    left, right = _bands(np.ascontiguousarray(levels[top : levels.shape[0] - bottom].T))
    if (left or right) and not (top or bottom):  # a band across is seen only between those beside it
        top, bottom = _bands(levels[:, left : levels.shape[1] - right])
    return Frame(top, bottom, left, right)


def _bands(levels: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Width of the bands at the top and the bottom; 0 unless there is one at both, of one colour."""
    first, first_level = _band(levels)
    if not first:
        return 0, 0
    last, last_level = _band(levels[::-1])
    alike = last and abs(first_level - last_level) <= _LIKE
    return (first, last) if alike and first + last < len(levels) else (0, 0)


def _band(levels: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Width of the band at the top, and its level."""
    if min(levels.shape) < 8 * _LEAST_PX:
        return 0, 0
    level = int(np.median(levels[0]))
    half = len(levels) // 2
    n = 8
    while True:  # most pictures have none: look a little way in first
        away = np.abs(levels[:n].astype(np.int16) - level)
        broken = np.flatnonzero((away <= _FLAT).mean(axis=1) < _OF_ONE_COLOUR)
        if len(broken) or n >= half:
            break
        n = min(4 * n, half)
    if not len(broken) or broken[0] < _LEAST_PX:
        return 0, 0
    width = int(broken[0])
    behind = np.abs(levels[width : width + _SOFT_PX].astype(np.int16) - level).max(axis=0, initial=0)
    return (width, level) if (behind > _STEP).mean() >= _STRAIGHT else (0, 0)
