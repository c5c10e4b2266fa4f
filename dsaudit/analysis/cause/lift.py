"""How much more frequent a fact is among errors than among comparable items, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cause.hypergeometric import hypergeometric
from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    Counts = npt.NDArray[np.float64]

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Contrast:
    """Errors and the other items, class by class.

    Attributes
    ----------
    hits, errors : float64 arrays (s,)
        Errors for which the fact holds, and all errors, per stratum.
    rest_hits, rest : float64 arrays (s,)
        The same of the items that are not among the errors.
    design : float
        How many times the variance of independent items the number of hits has, because items of one group
        go together; 1 up.
    steady : float
        Hits beyond the expected, in standard deviations that count whole groups as one observation. NaN where
        no groups are known. Small where one group brings most of them.
    """

    hits: Counts
    errors: Counts
    rest_hits: Counts
    rest: Counts
    design: float = 1.0
    steady: float = float("nan")

    @property
    def n_hits(self) -> int:
        """Errors for which the fact holds."""
        return int(self.hits.sum())

    @property
    def rest_rate(self) -> float:
        """Rate of the fact among the other items, weighted by class as the errors are; NaN without others."""
        known = self.rest > 0
        weight = self.errors[known]
        if not weight.sum():
            return float("nan")
        return float((weight * self.rest_hits[known] / self.rest[known]).sum() / weight.sum())

    @property
    def excess(self) -> float:
        """Hits beyond those that the rate among the other items of each stratum explains."""
        known = self.rest > 0
        expected = self.errors[known] * self.rest_hits[known] / self.rest[known]
        return float((self.hits[known] - expected).sum())

    @property
    def purity(self) -> float:
        """Share of the items for which the fact holds that are errors, 0 to 1."""
        total = float(self.hits.sum() + self.rest_hits.sum())
        return float(self.hits.sum()) / total if total else 0.0


def contrast(
    holds: npt.NDArray[np.bool_],
    error: npt.NDArray[np.bool_],
    stratum: npt.NDArray[np.int64],
    *,
    n_strata: int,
    groups: npt.NDArray[np.int64] | None = None,
) -> Contrast:
    """Count a fact among errors and other items.

    Parameters
    ----------
    holds, error : bool arrays (n,)
    stratum : int64 array (n,)
        Class of each item.
    n_strata : int
    groups : int64 array (n,), optional
        Number of the group each item is of; -1 for an item by itself.

    Returns
    -------
    Contrast

    Examples
    --------
    >>> import numpy as np
    >>> holds, error = np.array([True, True, False, False, True]), np.array([True, True, True, False, False])
    >>> found = contrast(holds, error, np.zeros(5, dtype=np.int64), n_strata=1)
    >>> found.n_hits, found.rest_rate  # two of the three errors, one of the two others
    (2, 0.5)
    """

    def count(which: npt.NDArray[np.bool_]) -> Counts:
        return np.bincount(stratum[which], minlength=n_strata).astype(np.float64)

    hits, errors, all_hits, size = (
        count(holds & error),
        count(error),
        count(holds),
        np.bincount(stratum, minlength=n_strata).astype(np.float64),
    )
    design, steady = 1.0, float("nan")
    if groups is not None and (groups >= 0).any():
        some = np.maximum(size, 1.0)
        away = (holds - (all_hits / some)[stratum]) * (error - (errors / some)[stratum])
        alone = groups < 0
        sums = np.bincount(groups[~alone], weights=away[~alone])
        robust = float((sums**2).sum() + (away[alone] ** 2).sum())
        plain = float((away**2).sum())
        if robust > 0 and plain > 0:
            design, steady = max(1.0, robust / plain), float(away.sum() / np.sqrt(robust))
    return Contrast(hits, errors, all_hits - hits, size - errors, design, steady)


def lift(found: Contrast) -> Estimate:
    """Ratio of the fact's rates among errors and other items, with its 95 % interval.

    Mantel & Haenszel's ratio over the classes with the variance of Greenland & Robins (Biometrics 1985), half a
    hit and half a miss added on both sides, so that a rest without any hit gives a number, and errors that are all
    hits are not taken for certain ones; the logarithm's variance is multiplied by the design effect of the groups.

    Examples
    --------
    >>> import numpy as np
    >>> one = [np.array([float(v)]) for v in (40, 80, 20, 80)]  # half of the errors, a quarter of the others
    >>> found = lift(Contrast(*one))
    >>> round(found.value, 2), found.low > 1
    (1.98, True)
    """
    used = (found.errors > 0) & (found.rest > 0)
    a, k, b, m = (v[used] for v in (found.hits, found.errors, found.rest_hits, found.rest))
    if not len(k):
        return Estimate(float("nan"), float("nan"), float("nan"))
    half = k / k.sum() / 2.0  # they lie where the errors lie
    a, k, b, m = a + half, k + 2.0 * half, b + half, m + 2.0 * half
    n = k + m
    top, bottom = float((a * m / n).sum()), float((b * k / n).sum())
    variance = float(((m * k * (a + b) - a * b * n) / n**2).sum()) / (top * bottom)
    ratio, spread = top / bottom, _Z95 * float(np.sqrt(variance * found.design))
    return Estimate(ratio, float(ratio * np.exp(-spread)), float(ratio * np.exp(spread)))


def exact_tail(found: Contrast) -> float:
    """Probability of so many hits or more where errors fall on the items of each class at random.

    The distribution is the convolution of one hypergeometric per class.

    Examples
    --------
    >>> import numpy as np
    >>> one = [np.array([float(v)]) for v in (2, 2, 0, 2)]  # both errors among the two marked of four items: 1 in 6
    >>> round(exact_tail(Contrast(*one)), 3)
    0.167
    """
    total = np.ones(1)
    for a_k, m_all, n_all in zip(
        found.errors.astype(int),
        (found.hits + found.rest_hits).astype(int),
        (found.errors + found.rest).astype(int),
        strict=True,
    ):
        if a_k and m_all:
            total = np.convolve(total, hypergeometric(a_k, m_all, n_all))
    return float(min(1.0, total[found.n_hits :].sum()))
