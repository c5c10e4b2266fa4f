"""How much of two pictures that lie on one another is another, but for what was laid over one of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, find_objects, gaussian_filter, label

if TYPE_CHECKING:
    from dsaudit.media.image.alignment import Array, Mask

_FINE, _COARSE = 0.8, 3.0
"""Pixels: sizes between which strokes of letters are told from their lines."""
_WINDOW_PX = 1.5
_EDGE_PX = 4
"""At an edge of what they share, blurred levels hold what is around it."""
_DARKEST, _LIGHTEST = 12.0, 215.0
"""Levels beyond which one of two exposures may be clipped: a colour is before its grey level."""
_LIKE_GAIN, _LIKE_OFFSET = 0.05, 8.0
"""Two pictures so near in contrast and brightness are clipped alike."""
_LEAST_POWER, _ABOVE_NOISE, _MOST_FLOOR = 4.0, 6.0, 0.25
"""Variance in a window from which something is to be seen in it: grey levels squared, and so many times that of noise
and grain, but no more than this share of that of the strongest 5 %."""
_LEAST_FLOOR, _LEAST_OF_OTHER_LIGHT = 0.02, 0.05
"""The least such share; of two exposures what was clipped leaves traces."""
_OTHER = 0.5
"""Share of the power that is left of one when the other is taken away, from which they show different things."""
_N_COVERS, _LARGEST_COVER, _SOLID = 2, 0.3, 0.3
"""Regions that may be covered, the share of the picture that each is at most, and of what is seen in it that differs
at least: words written over a picture leave gaps."""
_SAME = 0.1
"""Share of the power that is left where they do not differ, half of the time, from which nothing was laid over either:
copies leave .004 of photographs and .09 of drawn pages, other words on the same lines .2."""


def stray_share(one: Array, other: Array, shared: Mask, *, gain: float, offset: float) -> float:
    """Share of the fine structure that is another in the two and lies outside of at most two solid regions, 0 to 1.

    Other words on the same lines, and forms of one kind filled in by others, agree in all that is coarse; nothing but
    their strokes tells them apart, and those differ all over the page.

    Parameters
    ----------
    one, other : float32 array (height, width)
        Grey levels of 0 to 255, the second as it lies on the first.
    shared : bool array (height, width)
        Where both are.
    gain, offset : float
        The first is about ``gain`` times the second plus ``offset``.

    Examples
    --------
    >>> page = np.full((90, 120), 250.0, np.float32)
    >>> page[20:80:8, 20:100:5] = 0.0
    >>> other, covered = np.roll(page, 2, axis=1), page.copy()
    >>> covered[20:30] = 90.0
    >>> everywhere = np.ones(page.shape, bool)
    >>> [round(stray_share(page, one, everywhere, gain=1.0, offset=0.0), 1) for one in (page, covered, other)]
    [0.0, 0.0, 0.8]
    """
    left, shows = _left(one, other, shared, gain, offset)
    differs = shows & (left > _OTHER)
    n_seen = np.count_nonzero(shows)
    if not n_seen:
        return 0.0
    rest = left[shows & ~differs]
    if not len(rest) or np.median(rest) > _SAME:
        return float(np.count_nonzero(differs) / n_seen)
    patches, n = label(binary_dilation(differs, iterations=3))
    sizes = np.bincount(patches[differs], minlength=n + 1)[1:]
    boxes = find_objects(patches)
    n_stray = int(sizes.sum())
    for k in np.argsort(-sizes, kind="stable")[:_N_COVERS]:
        box = boxes[k]
        if patches[box].size <= _LARGEST_COVER * one.size and sizes[k] >= _SOLID * np.count_nonzero(shows[box]):
            n_stray -= int(sizes[k])
    return float(n_stray / n_seen)


def _left(one: Array, other: Array, shared: Mask, gain: float, offset: float) -> tuple[Array, Mask]:
    """Share of the power that is left of one when the other is taken away, and where anything is to be seen."""
    inner = binary_erosion(np.pad(shared, 1), iterations=_EDGE_PX)[1:-1, 1:-1]
    if not inner.any():
        return np.zeros_like(one), inner
    other = gain * other + offset
    in_one_light = gain > 0 and abs(np.log(gain)) <= _LIKE_GAIN and abs(offset) <= _LIKE_OFFSET
    if not in_one_light:
        low, high = max(_DARKEST, gain * _DARKEST + offset), min(_LIGHTEST, gain * _LIGHTEST + offset)
        one, other = np.clip(one, low, high), np.clip(other, low, high)
    mine, its = _strokes(one), _strokes(other)
    power = np.maximum(_smooth(mine * mine), _smooth(its * its))
    left = power
    for down, right in np.ndindex(3, 3):  # a placement is exact to a pixel
        rest = mine - np.roll(its, (down - 1, right - 1), axis=(0, 1))
        left = np.minimum(left, _smooth(rest * rest))
    # where they differ least there is but noise, however dense a page is; where least is to be seen there may be print
    noise = float(np.percentile((left if in_one_light else power)[inner], 20))
    strong = float(np.percentile(power[inner], 95))
    least = (_LEAST_FLOOR if in_one_light else _LEAST_OF_OTHER_LIGHT) * strong
    shows = inner & (power > max(_LEAST_POWER, min(max(_ABOVE_NOISE * noise, least), _MOST_FLOOR * strong)))
    return np.asarray(left / np.maximum(power, _LEAST_POWER), np.float32), np.asarray(shows, bool)


def _strokes(image: Array) -> Array:
    return np.asarray(gaussian_filter(image, _FINE, truncate=3.0) - gaussian_filter(image, _COARSE, truncate=3.0))


def _smooth(values: Array) -> Array:
    return np.asarray(gaussian_filter(values, _WINDOW_PX, truncate=2.5))
