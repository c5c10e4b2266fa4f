"""How far two sets differ in one measurement or in their shares: distance, interval, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.drift.unit import differences, resampled_differences
from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Ints = npt.NDArray[np.int64]

N_BINS = 64


@dataclass(frozen=True, slots=True)
class Distance:
    """Of two distributions.

    Attributes
    ----------
    effect : Estimate
        Beyond what chance gives, 0 (the same) to 1 (nothing in common): for a number the largest difference between
        the shares below any value (Kolmogorov and Smirnov's), else half the sum of the differences of shares (total
        variation). Its 95 % interval draws whole units.
    dealt : float64 array (1 + p,)
        The distance itself, as it is and for each row of ``Units.dealt``.
    at : int
        Code at which it lies: for a number the shares up to that bin differ most.
    """

    effect: Estimate
    dealt: npt.NDArray[np.float64]
    at: int


def binned(values: npt.ArrayLike, *, n_bins: int = N_BINS) -> Ints:
    """Numbers as codes that rise with them, int64 (n,): 0 for what is missing, then equally full bins of all values.

    Examples
    --------
    >>> binned([3.0, np.nan, 1.0, 2.0]).tolist()
    [3, 0, 1, 2]
    """
    x = np.asarray(values, dtype=np.float64)
    known = np.isfinite(x)
    codes = np.zeros(len(x), dtype=np.int64)
    if known.any():
        ends = np.unique(np.quantile(x[known], np.linspace(0, 1, n_bins + 1)[1:-1], method="inverted_cdf"))
        codes[known] = 1 + np.searchsorted(ends, x[known], side="left")
    return codes


def distance(
    codes: Ints, found: Units, dealt: npt.NDArray[np.bool_], drawn: npt.NDArray[np.float64], *, ordered: bool
) -> Distance:
    """The distance between the sets.

    Parameters
    ----------
    codes : int64 array (n,)
        Of each item, 0 …: bins where ``ordered``, else categories.
    found : Units
    dealt, drawn
        Of its methods of the same name.

    Examples
    --------
    >>> from dsaudit.analysis.drift.unit import units
    >>> two = units([None] * 50, [None] * 50)
    >>> found = distance(np.repeat([0, 1], 50), two, two.dealt(99), two.drawn(99), ordered=False)
    >>> found.dealt[0].item(), 0.8 < found.effect.value <= 1
    (1.0, True)
    """
    from scipy.sparse import csr_array

    n, n_codes = len(codes), int(codes.max(initial=0)) + 1
    table = csr_array((np.ones(n), (np.arange(n), codes)), (n, n_codes)).toarray() if n_codes <= 4 * N_BINS else None
    if table is None:  # categories by the hundred: the rare ones together
        common = np.argsort(-np.bincount(codes), kind="stable")[: 4 * N_BINS - 1]
        place = np.full(n_codes, 4 * N_BINS - 1)
        place[common] = np.arange(len(common))
        return distance(place[codes], found, dealt, drawn, ordered=False)
    sums, sizes = found.sums(table), found.sizes
    apart = differences(sums, sizes, dealt)
    again = resampled_differences(sums, sizes, found, drawn)
    if ordered:
        apart, again = np.cumsum(apart, axis=1), np.cumsum(again, axis=1)
    at = int(np.abs(apart[0]).argmax())
    far, spread = (np.abs(t).max(axis=1) if ordered else 0.5 * np.abs(t).sum(axis=1) for t in (apart, again))
    return Distance(beyond_chance(far, spread), far, at)


def beyond_chance(far: npt.NDArray[np.float64], drawn: npt.NDArray[np.float64]) -> Estimate:
    """A distance less what chance gives, 0 to 1; distances of resamples are biased likewise, their spread is not.

    Parameters
    ----------
    far : float array (1 + p,)
        For each row of ``Units.dealt``.
    drawn : float array (b,)
        For each row of ``Units.drawn``.

    Examples
    --------
    >>> beyond_chance(np.array([0.5, 0.1, 0.1]), np.array([0.4, 0.5, 0.6])).value
    0.4
    """
    value = max(0.0, float(far[0] - far[1:].mean())) if len(far) > 1 else float(far[0])
    low, high = (np.quantile(drawn, [0.025, 0.975]) - np.median(drawn)).tolist()
    return Estimate(value, max(0.0, value + low), min(1.0, value + high))
