"""New kinds of items, and missing ones: places in a space where one of two sets is more by itself than by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.drift.family import deviations

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

_SHARES, _FEWEST, _MOST = (0.025, 0.05, 0.1), 10, 250
"""Items of a neighbourhood as shares of the set in question, and their least and greatest number."""
_BLOCK = 1_024
_SHRINKAGE, _LABELS_AN_AXIS = 0.1, 4
_WAYS = 3
LEAST = 3
"""Items of a kind."""


@dataclass(frozen=True, slots=True)
class Region:
    """Items of one set that lie together, and those of the other set there."""

    own: Ints
    other: Ints


@dataclass(frozen=True, slots=True)
class Regions:
    """Where one set is closest to being by itself.

    Attributes
    ----------
    dealt : float64 array (1 + p,)
        The most that it is by itself in the neighbourhood of any of its items, in standard deviations over the
        dealings, as it is and for each row of ``Units.dealt``.
    kinds : tuple of Region
        Neighbourhoods, as it is, where it is so more than anywhere in 19 of 20 dealings, and the other set has at most
        half of its share; the most striking first, none within another.
    """

    dealt: npt.NDArray[np.float64]
    kinds: tuple[Region, ...]


def within_classes(space: npt.ArrayLike, labels: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The space with what varies within classes made alike in all directions, float64 (n, e).

    What tells known classes apart then stands out, and with it what is of none of them. The pooled covariance within
    classes is shrunk by a tenth towards the same in all directions.

    Parameters
    ----------
    space : float array (n, d)
        By falling variance: an axis is in use for every four labels.
    labels : object array (n,)
        None where there is none. Where two sets are compared, of both alike, as what a model says that learned from
        neither item: those it is learned from come out closer together than others. With fewer than two classes, or
        eight labels more, the space stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(400, 2)) * [10.0, 1.0] + np.repeat([[0.0, 0.0], [0.0, 6.0]], 200, axis=0)
    >>> found = within_classes(rows, np.repeat(["no", "yes"], 200))
    >>> apart = abs(found[:200].mean(axis=0) - found[200:].mean(axis=0)).max()
    >>> bool(apart > 2 * found[:200].std(axis=0).max())
    True
    """
    rows, labels = np.asarray(space, dtype=np.float64), np.asarray(labels, dtype=object)
    held = np.flatnonzero([label is not None for label in labels])
    names, codes = np.unique(labels[held].astype(str), return_inverse=True)
    n_axes = (len(held) - len(names)) // _LABELS_AN_AXIS
    if len(names) < 2 or n_axes < 2:
        return rows
    rows = rows[:, :n_axes]
    sums = np.zeros((len(names), rows.shape[1]))
    np.add.at(sums, codes, rows[held])
    around = rows[held] - (sums / np.bincount(codes)[:, None])[codes]
    spread = around.T @ around / (len(held) - len(names))
    spread = (1 - _SHRINKAGE) * spread + _SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    size, axes = np.linalg.eigh(spread)
    return np.asarray((rows - rows.mean(axis=0)) @ (axes / np.sqrt(np.maximum(size, 1e-12))))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Those of each item that are not of its own unit, the nearest first.

    Attributes
    ----------
    ids : int64 array (n, k)
        Rows.
    similarity : float32 array (n, k)
        Cosine, -1 to 1.
    points : float32 array (n, d)
        The items, of length 1.
    """

    ids: Ints
    similarity: npt.NDArray[np.float32]
    points: npt.NDArray[np.float32]


def neighbours_apart(space: npt.ArrayLike, found: Units) -> Neighbours:
    """Neighbours by cosine that are not of the item's own unit.

    Parameters
    ----------
    space : float array (n, d)
    found : Units

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.drift.unit import units
    >>> rows = np.random.default_rng(0).normal(size=(40, 3))
    >>> neighbours_apart(rows, units([None] * 20, [None] * 20)).ids.shape
    (40, 10)
    """
    rows = np.asarray(space, dtype=np.float32)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    n = len(rows)
    k = min(max(_sizes(found, current=True)[-1], _sizes(found, current=False)[-1]), n - 1)
    near, like = np.empty((n, k), dtype=np.int64), np.empty((n, k), dtype=np.float32)
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        close = rows[part] @ rows.T
        close[found.of_item[part, None] == found.of_item[None]] = -np.inf
        first = np.argpartition(-close, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(close, first, axis=1), axis=1, kind="stable")
        near[part] = np.take_along_axis(first, order, axis=1)
        like[part] = np.take_along_axis(close, near[part], axis=1)
    return Neighbours(near, like, rows)


def _sizes(found: Units, *, current: bool) -> list[int]:
    """Items of the neighbourhoods in which one of the sets is looked for."""
    n = int((found.current == current).sum())
    return sorted({min(max(_FEWEST, round(share * n)), _MOST) for share in _SHARES})


def most_apart(near: Neighbours, found: Units, dealt: Bools, *, current: bool) -> Regions:
    """Where one set is most by itself.

    A scan over the neighbourhoods of all its items, judged by the greatest of them where units are dealt anew, as
    M. Kulldorff's spatial scan statistic (Communications in Statistics 1997) over places: a small new kind is found
    where it is, and not lost among many items. Counted are its items there, and how surprisingly far each lies from the
    nearest one of the other set, beside that set's own items: a conformal p-value (V. Vovk et al., "Algorithmic
    learning in a random world", 2005), summed as by R. Fisher. Items alone are found by their distance, those that lie
    among others by their number. Both are measured by each neighbourhood's own spread over the dealings, so that large
    units, which crowd together, do not count for more; distances also as they are, by which ten items are found.

    Parameters
    ----------
    near : Neighbours
        As from ``neighbours_apart``.
    found : Units
    dealt : bool array (1 + p, u)
    current : bool
        Whether the current set is looked for, or the reference.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.drift.unit import units
    >>> rng, two = np.random.default_rng(0), units([None] * 100, [None] * 100)
    >>> rows = rng.normal(size=(200, 8)) + 9.0 * (np.arange(200) >= 185)[:, None]
    >>> apart = most_apart(neighbours_apart(rows, two), two, two.dealt(99), current=True)
    >>> bool(apart.dealt[0] > apart.dealt[1:].max()), int((apart.kinds[0].own >= 185).sum())
    (True, 11)
    """
    from scipy.sparse import csr_array

    own = (dealt if current else ~dealt).T[found.of_item]
    counted, far = own.astype(np.float32), _surprise(near, own)
    n, sizes = len(own), _sizes(found, current=current)
    most, here = np.full((len(dealt), _WAYS), -np.inf), np.full((n, len(sizes), _WAYS), -np.inf)
    for start in range(0, n, _BLOCK):
        rows = slice(start, start + _BLOCK)
        part, mine, last = near.ids[rows], own[rows], 0
        many, away = np.zeros_like(far[rows]), far[rows]
        for k, size in enumerate(sizes):
            ids = part[:, last:size]
            links = csr_array(
                (np.ones(ids.size, dtype=np.float32), ids.ravel(), np.arange(len(part) + 1) * ids.shape[1]),
                (len(part), n),
            )
            many, away, last = many + links @ counted, away + links @ far, size
            ways = away / np.sqrt(size), deviations(away.T, sided=1).T, deviations(many.T, sided=1).T
            for way, shown in enumerate(np.where(mine, one, -np.inf) for one in ways):
                most[:, way] = np.maximum(most[:, way], shown.max(axis=0))
                here[rows, k, way] = shown[:, 0]
    usual = np.quantile(most[1:], 0.95, axis=0) if len(most) > 1 else np.full(_WAYS, np.inf)
    striking = (here / np.maximum(usual, 1e-12)).max(axis=2)
    return Regions(deviations(most, sided=1).max(axis=1), tuple(_kinds(near.ids, striking, sizes, own[:, 0])))


def _surprise(near: Neighbours, own: Bools) -> npt.NDArray[np.float32]:
    """Minus the logarithm of the conformal p-value of each item of the set in question, less what chance gives; 0 for
    those of the other. Float32 (n, 1 + p) for dealings ``own`` (n, 1 + p)."""
    like = np.full(own.shape, -np.inf, dtype=np.float32)
    for start in range(0, len(own), _BLOCK):
        part = like[start : start + _BLOCK]
        row, column = (one.ravel() for one in np.indices(part.shape))
        for k in range(near.ids.shape[1]):
            met = ~own[near.ids[start + row, k], column]
            part[row[met], column[met]] = near.similarity[start + row[met], k]
            row, column = row[~met], column[~met]
            if not len(row):
                break
    for mine, found in zip(own.T, like.T, strict=True):
        if len(none := np.flatnonzero(np.isneginf(found))):  # all neighbours are of its own set
            found[none] = (near.points[none] @ near.points[~mine].T).max(axis=1)
        usual = np.sort(found[~mine])
        share = (np.searchsorted(usual, found[mine], side="right") + 1) / (len(usual) + 1)
        found[mine], found[~mine] = -np.log(np.minimum(share, 1.0)) - 1.0, 0.0
    return like


def _kinds(near: Ints, striking: npt.NDArray[np.float64], sizes: list[int], own: Bools) -> Iterator[Region]:
    """The neighbourhoods that stand out by more than 1, see ``Regions``."""
    size, most = striking.argmax(axis=1), striking.max(axis=1)
    taken = np.zeros(len(near), dtype=np.bool_)
    centres = np.flatnonzero(most > 1.0)
    for centre in centres[np.argsort(-most[centres], kind="stable")]:
        members = np.append(centre, near[centre, : sizes[size[centre]]])
        mine, others = members[own[members]], members[~own[members]]
        if taken[mine].any() or len(mine) < LEAST or len(others) > (1 - own.mean()) * len(members) / 2:
            continue
        taken[mine] = True
        yield Region(mine, others)
