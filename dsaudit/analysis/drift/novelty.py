"""New kinds of items, and missing ones: regions of a space that one of two sets has nearly to itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

_CHANCE = 0.002
"""Of an item to have so few neighbours of the other set where these are dealt at random."""
_FEWEST, _MOST, _EXPECTED = 10, 100, 7.5
_BLOCK = 2_048
LEAST = 3
"""Items of a kind."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Items whose neighbours are nearly all of their own set.

    Attributes
    ----------
    dealt : float64 array (1 + p,)
        How many there are, as it is and for each row of ``Units.dealt``.
    rows : bool array (n,)
        Which, as it is.
    """

    dealt: npt.NDArray[np.float64]
    rows: Bools


def neighbours_apart(space: npt.ArrayLike, found: Units) -> Ints:
    """Nearest neighbours by cosine that are not of the item's own unit, int64 (n, k), in no order.

    So many that about seven of each set are expected among them.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.drift.unit import units
    >>> rows = np.random.default_rng(0).normal(size=(40, 3))
    >>> neighbours_apart(rows, units([None] * 20, [None] * 20)).shape
    (40, 15)
    """
    rows = np.asarray(space, dtype=np.float32)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    n, share = len(rows), max(1e-9, min(found.current.mean(), 1 - found.current.mean()))
    k = min(max(_FEWEST, round(max(_EXPECTED, min(12.5, n / 160)) / share)), _MOST, n - 1)
    near = np.empty((n, k), dtype=np.int64)
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        close = rows[part] @ rows.T
        close[found.of_item[part, None] == found.of_item[None]] = -np.inf
        near[part] = np.argpartition(-close, k - 1, axis=1)[:, :k]
    return near


def alone(near: Ints, found: Units, dealt: Bools, *, current: bool) -> Alone:
    """Which items of one set have next to no neighbours of the other.

    Nearest neighbours of the same set are what M. Schilling, JASA 1986, counts to tell two samples apart; here those
    items count that have nothing else about them, so that a small new kind is not lost among many items.

    Parameters
    ----------
    near : int64 array (n, k)
        As from ``neighbours_apart``.
    found : Units
    dealt : bool array (1 + p, u)
    current : bool
        Whether those of the current set are meant, or those of the reference.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.drift.unit import units
    >>> rng, two = np.random.default_rng(0), units([None] * 100, [None] * 100)
    >>> rows = rng.normal(size=(200, 8)) + 9.0 * (np.arange(200) >= 185)[:, None]
    >>> found = alone(neighbours_apart(rows, two), two, two.dealt(99), current=True)
    >>> int(found.dealt[0]), bool(found.dealt[1:].max() < 6), int(found.rows[185:].sum())
    (19, True, 15)
    """
    from scipy.sparse import csr_array
    from scipy.stats import binom

    n, k = near.shape
    own = (dealt if current else ~dealt).T[found.of_item].astype(np.float32)
    links = csr_array((np.ones(n * k, dtype=np.float32), (np.repeat(np.arange(n), k), near.ravel())), (n, n))
    others = k - links @ own
    few = binom.ppf(_CHANCE, k, 1 - own[:, 0].mean())
    lone = (others <= few) & (own > 0)
    return Alone(lone.sum(axis=0).astype(np.float64), lone[:, 0])


def kinds_of(rows: Bools, near: Ints) -> list[Ints]:
    """Items of each kind among ``rows``, the largest first: those that are neighbours of each other, by a chain.

    Examples
    --------
    >>> import numpy as np
    >>> near = np.array([[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4]])
    >>> [kind.tolist() for kind in kinds_of(np.array([True] * 3 + [False] * 3), near)]
    [[0, 1, 2]]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n, k = near.shape
    links = csr_array((np.ones(n * k), (np.repeat(np.arange(n), k), near.ravel())), (n, n))
    members = np.flatnonzero(rows)
    mutual = links.multiply(links.T)[members][:, members]
    _, number = connected_components(mutual, directed=False)
    parts = [members[number == c] for c in range(int(number.max(initial=-1)) + 1)]
    return sorted((p for p in parts if len(p) >= LEAST), key=lambda p: (-len(p), int(p[0])))
