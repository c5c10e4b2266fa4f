"""Landmarks of a picture: blobs that stand out, each with 64 bits that tell its looks whichever way it is turned.

What is cropped, turned, framed or written over keeps most of its landmarks, where a hash of the whole loses everything.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image as Picture

    Array = npt.NDArray[np.float32]
    Words = npt.NDArray[np.uint64]
    Index = npt.NDArray[np.int64]

_SIGMAS = tuple(1.2 * 2.0 ** (k / 2.0) for k in range(6))
"""Pixels: of the blurred pictures whose differences blobs stand out from."""
_LEAST = 2.0
"""Grey levels by which a blob differs from its surroundings."""
_EDGE = 10.0
"""Ratio of the two curvatures from which a blob is an edge, which has no place along itself."""
_N_BINS = 36
_STEP = 2.5
"""Sizes of the blob between the places that are compared."""


class Landmarks(NamedTuple):
    """Landmarks of one picture.

    Attributes
    ----------
    places : float32 array (n, 4)
        x and y in pixels, size in pixels and direction in radians.
    words : uint64 array (n,)
        Whether each of 8 × 8 places around it is darker than the next, along its direction. Unrelated ones differ in
        about 28 of 64 bits.
    """

    places: Array
    words: Words


def landmarks_of(picture: Picture, px: int, most: int) -> Landmarks:
    """Landmarks of a picture brought to ``px`` pixels on its longer side, placed in those pixels."""
    from PIL import Image

    factor = px / max(picture.size)
    size = (max(8, round(picture.width * factor)), max(8, round(picture.height * factor)))
    resample = Image.Resampling.BOX if factor < 0.6 else Image.Resampling.BICUBIC
    grey = picture.convert("L") if picture.mode != "F" else picture
    return landmarks(np.asarray(grey.resize(size, resample), dtype=np.float32), most)


def landmarks(grey: Array, most: int) -> Landmarks:
    """The strongest landmarks of a picture; one with two directions counts twice.

    Parameters
    ----------
    grey : float32 array (height, width)
        Grey levels, 0 to 255; some 100 to 200 pixels on the longer side.
    most : int

    References
    ----------
    D. Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004: blobs and their directions.
    M. Calonder et al., "BRIEF", ECCV 2010: bits of comparisons instead of gradients.
    """
    levels = [gaussian_filter(grey, _SIGMAS[0], mode="nearest", truncate=3.0)]
    for finer, coarser in pairwise(_SIGMAS):
        levels.append(gaussian_filter(levels[-1], (coarser**2 - finer**2) ** 0.5, mode="nearest", truncate=3.0))
    stack = np.stack(levels)
    level, y, x, size = _blobs(stack[1:] - stack[:-1], most)
    if not len(level):
        return Landmarks(np.zeros((0, 4), np.float32), np.zeros(0, np.uint64))
    which, direction = _directions(stack, level, y, x, size)
    level, y, x, size = level[which], y[which], x[which], size[which]
    words = _words(stack, level, y, x, size, direction)
    return Landmarks(np.stack((x, y, size, direction), axis=1).astype(np.float32), words)


def mirrored(words: Words) -> Words:
    """What the words would be in the mirrored picture: the rows of comparisons in the other order.

    >>> hex(mirrored(np.array([0x01FF], dtype=np.uint64))[0])
    '0xff01000000000000'
    """
    return words.byteswap()


def _blobs(contrast: Array, most: int) -> tuple[Index, Array, Array, Array]:
    """Level, y, x and size of the strongest extremes of differences of blurred pictures, placed between pixels."""
    peaks = ((contrast == _neighbourhood_max(contrast)) & (contrast > _LEAST)) | (
        (contrast == -_neighbourhood_max(-contrast)) & (contrast < -_LEAST)
    )
    peaks[:, :3] = peaks[:, -3:] = False
    peaks[:, :, :3] = peaks[:, :, -3:] = False
    level, y, x = np.nonzero(peaks)
    value = contrast[level, y, x]
    xx = contrast[level, y, x + 1] + contrast[level, y, x - 1] - 2 * value
    yy = contrast[level, y + 1, x] + contrast[level, y - 1, x] - 2 * value
    across = contrast[level, y + 1, x + 1] + contrast[level, y - 1, x - 1]
    xy = (across - contrast[level, y + 1, x - 1] - contrast[level, y - 1, x + 1]) / 4
    determinant = xx * yy - xy * xy
    blob = np.flatnonzero((determinant > 0) & ((xx + yy) ** 2 * _EDGE < (_EDGE + 1) ** 2 * determinant))
    strength = np.abs(value[blob]) * np.asarray(_SIGMAS)[level[blob]] ** 0.5
    best = blob[np.argsort(-strength, kind="stable")[:most]]
    level, y, x = level[best], y[best], x[best]
    value, xx, yy, xy, determinant = value[best], xx[best], yy[best], xy[best], determinant[best]
    dx = (contrast[level, y, x + 1] - contrast[level, y, x - 1]) / 2
    dy = (contrast[level, y + 1, x] - contrast[level, y - 1, x]) / 2
    coarser = contrast[np.minimum(level + 1, len(contrast) - 1), y, x]
    finer = contrast[np.maximum(level - 1, 0), y, x]
    bend = coarser + finer - 2 * value
    between = (level > 0) & (level < len(contrast) - 1) & (np.abs(bend) > 1e-6)
    up = np.where(between, np.clip((finer - coarser) / 2 / np.where(between, bend, 1.0), -0.5, 0.5), 0.0)
    size = _SIGMAS[0] * 2.0**0.25 * 2.0 ** ((level + up) / 2.0)
    at_y = y + np.clip((xy * dx - xx * dy) / determinant, -0.5, 0.5)
    at_x = x + np.clip((xy * dy - yy * dx) / determinant, -0.5, 0.5)
    return level, at_y.astype(np.float32), at_x.astype(np.float32), size.astype(np.float32)


def _neighbourhood_max(values: Array) -> Array:
    """Largest of the 3 × 3 × 3 around each; scipy's filter takes ten times as long."""
    for axis in range(3):
        old = np.moveaxis(values, axis, 0)
        new = old.copy()
        np.maximum(new[1:], old[:-1], out=new[1:])
        np.maximum(new[:-1], old[1:], out=new[:-1])
        values = np.moveaxis(new, 0, axis)
    return values


def _directions(stack: Array, level: Index, y: Array, x: Array, size: Array) -> tuple[Index, Array]:
    """Which way the grey levels rise around each blob: number of the blob and radians, one or more for each."""
    dy, dx, weight = _disc()
    at_y, at_x = y[:, None] + dy * size[:, None], x[:, None] + dx * size[:, None]
    of_level = np.broadcast_to(level[:, None], at_y.shape)
    reach = 0.7 * size[:, None]
    down = sampled(stack, of_level, at_y + reach, at_x) - sampled(stack, of_level, at_y - reach, at_x)
    right = sampled(stack, of_level, at_y, at_x + reach) - sampled(stack, of_level, at_y, at_x - reach)
    strength = np.hypot(down, right) * weight
    place = np.arctan2(down, right) / (2 * np.pi) * _N_BINS % _N_BINS
    lower = place.astype(np.int64) % _N_BINS
    part = place - np.floor(place)
    row = np.arange(len(level))[:, None] * _N_BINS
    n = len(level) * _N_BINS
    whole = np.bincount((row + lower).ravel(), (strength * (1 - part)).ravel(), n)
    whole += np.bincount((row + (lower + 1) % _N_BINS).ravel(), (strength * part).ravel(), n)
    counts = np.asarray(whole, dtype=np.float64).reshape(-1, _N_BINS)
    for _ in range(3):
        counts = (np.roll(counts, 1, axis=1) + counts + np.roll(counts, -1, axis=1)) / 3.0
    left, right_ = np.roll(counts, 1, axis=1), np.roll(counts, -1, axis=1)
    high = (counts > left) & (counts >= right_) & (counts >= 0.8 * counts.max(axis=1, keepdims=True))
    which, at = np.nonzero(high)
    before, here, after = left[which, at], counts[which, at], right_[which, at]
    peak = at + 0.5 * (before - after) / (before - 2 * here + after - 1e-9)
    return which, (2 * np.pi * peak / _N_BINS).astype(np.float32)


def _words(stack: Array, level: Index, y: Array, x: Array, size: Array, direction: Array) -> Words:
    along, aside = _places()
    cos, sin = np.cos(direction)[:, None] * size[:, None], np.sin(direction)[:, None] * size[:, None]
    at_x = x[:, None] + along * cos - aside * sin
    at_y = y[:, None] + along * sin + aside * cos
    of_level = np.broadcast_to(np.maximum(level - 1, 0)[:, None], at_y.shape)
    seen = sampled(stack, of_level, at_y, at_x).reshape(-1, 8, 9)
    packed = np.packbits(seen[:, :, 1:] > seen[:, :, :-1], axis=2).reshape(-1, 8)
    return np.ascontiguousarray(packed).view("<u8").ravel().astype(np.uint64)


def sampled(stack: Array, level: npt.NDArray[np.integer], y: Array, x: Array) -> Array:
    """Values of a stack of pictures (n, height, width) between its pixels; beyond an edge, those at the edge."""
    height, width = stack.shape[1:]
    y, x = np.clip(y, 0, height - 1.001), np.clip(x, 0, width - 1.001)
    top, left = y.astype(np.int64), x.astype(np.int64)
    down, right = (y - top).astype(np.float32), (x - left).astype(np.float32)
    flat, at = stack.ravel(), (level * height + top) * width + left
    upper = flat[at] * (1 - right) + flat[at + 1] * right
    lower = flat[at + width] * (1 - right) + flat[at + width + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)


@cache
def _disc() -> tuple[Array, Array, Array]:
    """Places within 4.5 of the centre, and how much each counts."""
    y, x = (v.ravel() for v in np.meshgrid(np.arange(-4.0, 5.0), np.arange(-4.0, 5.0), indexing="ij"))
    inside = np.hypot(y, x) <= 4.5
    weight = np.exp(-(y**2 + x**2) / (2 * 2.25**2))
    return y[inside].astype(np.float32), x[inside].astype(np.float32), weight[inside].astype(np.float32)


@cache
def _places() -> tuple[Array, Array]:
    aside, along = np.meshgrid(np.arange(-3.5, 4.0) * _STEP, np.arange(-4.0, 5.0) * _STEP, indexing="ij")
    return along.ravel().astype(np.float32), aside.ravel().astype(np.float32)
