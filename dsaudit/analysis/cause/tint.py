"""Which classes' pictures have a tint: one shift of colour all over, which what they show does not explain.

What a picture shows has its colour in some places; a filter, a lamp or another camera shifts all of them alike. So a
class is held against the other classes in three ways that agree only where the shift is everywhere: by the places that
are least and most of that colour, and along the edge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

COLUMNS = ("tint", "tint_lead", "tint_colour")
MIN_ITEMS, MIN_OTHERS = 12, 4
"""Items of a class, and other classes, below which nothing is told."""

_N_CELLS = 4
"""Places along each side."""
_LIGHTEST = 0.8
"""In each place the light pixels tell its colour: dark ones have little of any."""
_EDGE_PX = 2
_DARK = 6.0
"""Levels added to each channel, so that what is nearly black has no colour."""
_USUAL = 0.03
"""Least spread between classes, in doublings of one channel over another."""
_ALIKE = 3.0
"""The three ways may differ by this factor."""
_NAMES = (("warm", "cold"), ("green", "purple"))


def class_tints(pictures: npt.NDArray[np.uint8], labels: Sequence[str]) -> pd.DataFrame:
    """How far the pictures of each class are shifted towards one colour all over.

    Parameters
    ----------
    pictures : uint8 array (n, side, side, 3)
        Red, green, blue.
    labels : sequence of n str

    Returns
    -------
    DataFrame by class
        Of classes with 12 items and four other such classes. ``tint``: how many times one channel is stronger over
        the other than in the other classes, where that is least (1 and more; 1 is none). ``tint_lead``: the same in
        robust standard deviations between the other classes, 0 where the places do not agree. ``tint_colour``:
        towards ``warm`` (red over blue), ``cold``, ``green`` or ``purple``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> pictures = rng.integers(40, 200, (100, 24, 24, 3)).astype(np.uint8)
    >>> labels = ["abcde"[k % 5] for k in range(100)]
    >>> pictures[::5, ..., 2] = pictures[::5, ..., 2] * 0.7  # less blue in every picture of a
    >>> found = class_tints(pictures, labels)
    >>> found["tint_colour"]["a"], found["tint_lead"].idxmax()
    ('warm', 'a')
    """
    y, names = pd.factorize(pd.Series(labels, dtype=object), sort=True)
    able = np.flatnonzero(np.bincount(y, minlength=len(names)) >= MIN_ITEMS)
    if len(able) <= MIN_OTHERS:
        return pd.DataFrame(columns=list(COLUMNS))
    colours = np.stack([_colours(picture) for picture in pictures])
    medians = np.stack([np.median(colours[y == c], axis=0) for c in able])
    rows = {}
    for k, c in enumerate(able):
        others = np.delete(medians, k, axis=0)
        usual = np.median(others, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(others - usual), axis=0), _USUAL)
        shift = medians[k] - usual
        found = [_tint(shift[axis], spread[axis]) for axis in range(2)]
        axis = int(np.argmax([lead for lead, _ in found]))
        lead, least = found[axis]
        rows[str(pd.Index(names)[int(c)])] = (2.0**least, lead, _NAMES[axis][int(shift[axis, 0] < 0)])
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))


def _tint(shift: Values, spread: Values) -> tuple[float, float]:
    """Lead and least shift, of the least and most coloured places and the edge; 0 where they do not agree."""
    size = np.abs(shift)
    if len(set(np.sign(shift))) > 1 or size.max() > _ALIKE * size.min():
        return 0.0, 0.0
    return float((size[:2] / spread[:2]).min()), float(size.min())


def _colours(picture: npt.NDArray[np.uint8]) -> Values:
    """Red over blue, and green over both, in doublings: of the second least and second most such place, and the edge.

    Returns
    -------
    float64 array (2, 3)
    """
    red, green, blue = np.log2(np.moveaxis(picture.astype(np.float64), -1, 0) + _DARK)
    axes, grey = np.stack([red - blue, green - (red + blue) / 2], axis=-1), picture.mean(axis=-1)
    side = len(picture) // _N_CELLS
    places = []
    for i in range(_N_CELLS):
        for j in range(_N_CELLS):
            at = np.s_[i * side : (i + 1) * side, j * side : (j + 1) * side]
            light = grey[at] >= np.quantile(grey[at], _LIGHTEST)
            places.append(np.median(axes[at][light], axis=0))
    ordered = np.sort(np.stack(places), axis=0)
    edge = np.ones(grey.shape, dtype=bool)
    edge[_EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX] = False
    return np.stack([ordered[1], ordered[-2], np.median(axes[edge], axis=0)], axis=1)
