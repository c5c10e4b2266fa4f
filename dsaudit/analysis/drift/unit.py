"""Units of two sets: groups, or items that are in none. Chance deals whole units, for items of one fail together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.model.paired import cluster_codes

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST = 8
"""Units of each set below which nothing is told: chance has too few ways to deal them."""


@dataclass(frozen=True, slots=True)
class Units:
    """Which unit each item of two sets is of, the reference's items before the current ones.

    Attributes
    ----------
    of_item : int64 array (n,)
        0 … ``n_reference`` + ``n_current`` - 1, the reference's first. A group that both sets hold is a unit of each.
    n_reference, n_current : int
        Units of each set.
    """

    of_item: npt.NDArray[np.int64]
    n_reference: int
    n_current: int

    @property
    def current(self) -> npt.NDArray[np.bool_]:
        """Which items are of the current set, (n,)."""
        return self.of_item >= self.n_reference

    @property
    def sizes(self) -> Floats:
        """Items of each unit, float64 (u,)."""
        return np.bincount(self.of_item, minlength=self.n_reference + self.n_current).astype(np.float64)

    def sums(self, rows: npt.ArrayLike) -> Floats:
        """Sum of rows (n, f) over the items of each unit, float64 (u, f)."""
        from scipy.sparse import csr_array

        n, u = len(self.of_item), self.n_reference + self.n_current
        members = csr_array((np.ones(n), (self.of_item, np.arange(n))), (u, n))
        return np.asarray(members @ np.asarray(rows, dtype=np.float64))

    def dealt(self, n: int, *, seed: int = 0) -> npt.NDArray[np.bool_]:
        """Which units are current, bool (1 + n, u): as it is, and dealt anew at random ``n`` times."""
        rng = np.random.default_rng(seed)
        own = np.arange(self.n_reference + self.n_current) >= self.n_reference
        return np.stack([own, *(rng.permutation(own) for _ in range(n))])

    def drawn(self, n: int, *, seed: int = 0) -> Floats:
        """How often each unit is drawn, float64 (n, u), with replacement among those of its set."""
        rng = np.random.default_rng(seed)
        parts = [rng.multinomial(m, np.full(m, 1 / m), size=n) for m in (self.n_reference, self.n_current)]
        return np.hstack(parts).astype(np.float64)


def units(reference: npt.ArrayLike, current: npt.ArrayLike) -> Units:
    """The units of two sets.

    Parameters
    ----------
    reference, current : object arrays (n,), (m,)
        Group of each item; a missing one is a unit of its own.

    Examples
    --------
    >>> found = units(["ann", "ann", None], ["ann", "bob"])
    >>> found.of_item.tolist(), found.n_reference, found.n_current
    ([0, 0, 1, 2, 3], 2, 2)
    """
    sides = [np.asarray(side, dtype=object) for side in (reference, current)]
    first, second = (cluster_codes(side, len(side)) for side in sides)
    first, second = (np.unique(codes, return_inverse=True)[1].astype(np.int64) for codes in (first, second))
    n_first, n_second = int(first.max(initial=-1)) + 1, int(second.max(initial=-1)) + 1
    return Units(np.concatenate([first, n_first + second]), n_first, n_second)


def differences(sums: Floats, sizes: Floats, current: npt.ArrayLike) -> Floats:
    """Mean over the current items less that over the others, float64 (p, f), for each row of ``current``.

    Parameters
    ----------
    sums : float array (u, f)
        As ``Units.sums``.
    sizes : float array (u,)
        Items of each unit.
    current : bool array (p, u)
        Which units are current.

    Examples
    --------
    >>> two = units([None, None], [None, None])
    >>> differences(two.sums([[0.0], [1.0], [2.0], [3.0]]), two.sizes, two.dealt(0)).tolist()
    [[2.0]]
    """
    which = np.asarray(current, dtype=np.float64)
    own, n_own = which @ sums, (which @ sizes)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):  # a dealing may leave one side without an item that counts
        return np.asarray(own / n_own - (sums.sum(axis=0) - own) / (sizes.sum() - n_own))


def resampled_differences(sums: Floats, sizes: Floats, found: Units, times: Floats) -> Floats:
    """The same difference, float64 (b, f), where units count as often as ``Units.drawn`` says.

    Examples
    --------
    >>> two = units([None, None], [None, None])
    >>> sums = two.sums([[0.0], [1.0], [2.0], [3.0]])
    >>> resampled_differences(sums, two.sizes, two, np.array([[2.0, 0.0, 0.0, 2.0]])).tolist()
    [[3.0]]
    """
    k = found.n_reference
    with np.errstate(invalid="ignore", divide="ignore"):
        own = (times[:, k:] @ sums[k:]) / (times[:, k:] @ sizes[k:])[:, None]
        return np.asarray(own - (times[:, :k] @ sums[:k]) / (times[:, :k] @ sizes[:k])[:, None])
