"""How wide the sharpest edges of a picture are: what is out of focus, moved or enlarged has no narrow ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_WAYS = ((0, 1, 4), (1, 0, 4), (1, 1, 3), (1, -1, 3))
"""Rows and columns of one step, and steps to either side of the middle: about as far in every direction."""
_STEP_PX = np.array([np.hypot(down, right) for down, right, _ in _WAYS], dtype=np.float32)
_MARGIN = 4
_POINTS = 6_000
_LEAST_RISE, _NOISE_TIMES = 12, 8.0
"""Levels, and times the noise; flatter edges drown in it."""
_STRONGEST, _FEWEST, _SHARPEST = 0.02, 12, 0.1
"""Of the strongest edges, at so many of the points and at least so many, the sharpest tenth counts."""
_PARTS, _STRONG, _FEWEST_IN_PART, _SHARPEST_IN_PART = 4, 0.3, 8, 0.25
"""The same for each of 4 × 4 parts, of edges of at least so many times the rise of the strongest ones."""
_SHARP_PX, _FEWEST_IN_SHARP = 2.5, 4
_BOUND = 1.3
"""A picture is at most so much softer than its sharp parts."""


class Edges(NamedTuple):
    """How far edges take to rise, in pixels: the rise over the steepest step; 1 for an ideal edge, about 8 at most.

    Attributes
    ----------
    width_px : float
        Of the sharpest of the strongest edges, but hardly more than in the second sharpest of sixteen parts: out of
        focus they are wide too. NaN where there is no edge.
    moved_px : float
        The same in that one of four directions in which they are widest, but hardly more than in the parts where others
        are sharp: moved they are wide in one direction only.
    """

    width_px: float
    moved_px: float


class _Found(NamedTuple):
    """Edges: their rise, how wide they are, and the number of their direction and of their part, all (n,)."""

    rise: npt.NDArray[np.int16]
    width: npt.NDArray[np.float32]
    way: npt.NDArray[np.intp]
    part: npt.NDArray[np.intp]

    def those(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Found:
        return _Found(self.rise[chosen], self.width[chosen], self.way[chosen], self.part[chosen])


def edges(grey: npt.NDArray[np.uint8], noise_levels: float = float("nan")) -> Edges:
    """Width of the sharpest edges of a picture, whatever its ground, and however much of it is out of focus.

    Levels are followed for some nine pixels through each of many points in four directions. Where they rise most in the
    middle there is an edge, and the direction in which they rise most is across it. Strong edges alone are looked at,
    so a plain or blurred ground does not count.

    Parameters
    ----------
    grey : uint8 array (height, width)
    noise_levels : float
        What only noise differs by, see ``dsaudit.media.image.noise``; NaN counts as none.

    Examples
    --------
    >>> step = np.zeros((64, 64), np.uint8)
    >>> step[:, 32:] = 200
    >>> edges(step).width_px
    1.0
    """
    height, width = (side - 2 * _MARGIN for side in grey.shape)
    if min(height, width) < _PARTS:
        return Edges(float("nan"), float("nan"))
    stride = max(1, int(np.sqrt(height * width / _POINTS)))
    stride -= stride > 1 and stride % 2 == 0  # never in step with the blocks of JPEG
    least = max(_LEAST_RISE, _NOISE_TIMES * float(np.nan_to_num(noise_levels)))
    found = _found(grey, stride, least)
    if len(found.rise) < _FEWEST:
        return Edges(float("nan"), float("nan"))
    n_strongest = _STRONGEST * height * width / stride**2
    strong = found.those(found.rise >= _STRONG * _at(found.rise, 1.0 - _STRONGEST))
    in_sharp = _by_way(_in_sharp_parts(strong), _FEWEST_IN_SHARP)
    moved = [
        min(_sharpest(one, n_strongest / len(_WAYS)), _BOUND * _at(in_sharp[way].width, _SHARPEST))
        if way in in_sharp
        else _sharpest(one, n_strongest / len(_WAYS))
        for way, one in _by_way(found, _FEWEST).items()
    ]
    return Edges(
        min(_sharpest(found, n_strongest), _BOUND * _second_sharpest_part(strong)), max(moved, default=float("nan"))
    )


def _found(grey: npt.NDArray[np.uint8], stride: int, least_rise: float) -> _Found:
    """The edges through points ``stride`` pixels apart."""
    height, width = (side - 2 * _MARGIN for side in grey.shape)
    rises, steeps = [], []
    for down, right, n in _WAYS:
        starts = [(_MARGIN + down * k, _MARGIN + right * k) for k in range(-n, n + 1)]
        course = np.stack([grey[y : y + height : stride, x : x + width : stride] for y, x in starts]).astype(np.int16)
        steps = np.abs(course[1:] - course[:-1])
        inner = steps[n - 2 : n + 2].max(axis=0)
        outer = np.maximum(steps[: n - 2].max(axis=0), steps[n + 2 :].max(axis=0))
        rises.append(course.max(axis=0) - course.min(axis=0))
        steeps.append(np.where(inner >= outer, inner, 0))
    way = np.argmax(rises, axis=0)
    rise, steep = np.choose(way, rises), np.choose(way, steeps)
    edge = (rise >= least_rise) & (steep > 0)
    down, across = (np.arange(side) * _PARTS // side for side in rise.shape)
    part = np.broadcast_to(down[:, None] * _PARTS + across, rise.shape)
    wide = rise[edge] / steep[edge].astype(np.float32) * _STEP_PX[way[edge]]
    return _Found(rise[edge], wide, way[edge], part[edge])


def _by_way(found: _Found, fewest: int) -> dict[int, _Found]:
    """The edges of each direction that has enough of them."""
    each = ((way, found.those(found.way == way)) for way in range(len(_WAYS)))
    return {way: one for way, one in each if len(one.rise) >= fewest}


def _sharpest(found: _Found, n_strongest: float) -> float:
    """Width of the sharpest tenth of the strongest edges."""
    n = max(_FEWEST, int(n_strongest))
    if len(found.rise) > n:
        found = found.those(np.argpartition(found.rise, len(found.rise) - n)[-n:])
    return _at(found.width, _SHARPEST)


def _second_sharpest_part(strong: _Found) -> float:
    """Width of edges in it; infinite where no part has enough of them."""
    each = (strong.width[strong.part == part] for part in range(_PARTS**2))
    widths = sorted(_at(one, _SHARPEST_IN_PART) for one in each if len(one) >= _FEWEST_IN_PART)
    return widths[min(1, len(widths) - 1)] if widths else float("inf")


def _in_sharp_parts(strong: _Found) -> _Found:
    """The edges in parts where a tenth of them are sharp."""
    n, n_sharp = (
        np.bincount(part, minlength=_PARTS**2) for part in (strong.part, strong.part[strong.width <= _SHARP_PX])
    )
    return strong.those(((n_sharp >= 3) & (n_sharp >= _SHARPEST * n))[strong.part])


def _at(values: npt.NDArray[Any], share: float) -> float:
    """The value that a share of them lies below."""
    k = int(share * (len(values) - 1))
    return float(np.partition(values, k)[k])
