"""Two models judged on the very same items: the difference with its interval, and tests of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dsaudit.analysis.model.metrics import proportion
from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

_Z95 = 1.959963984540054


class McNemar(NamedTuple):
    """Two-sided p-values of McNemar's test."""

    exact: float
    mid_p: float
    """Less cautious than ``exact``, which is never quite reached with few discordant items."""


def mcnemar(n_broken: int, n_fixed: int) -> McNemar:
    """McNemar's test on the items that one model gets right and the other wrong.

    Q. McNemar, Psychometrika 1947; the mid-p form by M. Fagerland, S. Lydersen and P. Laake, "The McNemar
    test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional", BMC Medical
    Research Methodology 2013. Items are taken as independent; where they come in groups, trust the interval of
    ``paired_bootstrap``.

    Parameters
    ----------
    n_broken, n_fixed : int
        Items that only the first, and only the second model gets right.

    Examples
    --------
    >>> found = mcnemar(n_broken=0, n_fixed=6)  # as six heads in a row: 2 / 2**6, less half of it
    >>> round(found.exact, 5), round(found.mid_p, 5)
    (0.03125, 0.01562)
    """
    from scipy.stats import binom, binomtest

    n = n_broken + n_fixed
    if n == 0:
        return McNemar(1.0, 1.0)
    exact = float(binomtest(n_fixed, n, 0.5).pvalue)
    mid = 1.0 if n_broken == n_fixed else exact - float(binom.pmf(min(n_broken, n_fixed), n, 0.5))
    return McNemar(min(1.0, exact), min(1.0, mid))


def cluster_codes(clusters: npt.ArrayLike | None, n: int) -> npt.NDArray[np.int64]:
    """Number of each item's cluster, int64 (n,); missing values, and all without ``clusters``, stand alone.

    Examples
    --------
    >>> cluster_codes(["ann", None, "ann", "bob"], 4).tolist()
    [0, 2, 0, 1]
    """
    if clusters is None:
        return np.arange(n, dtype=np.int64)
    codes = pd.factorize(pd.Series(np.asarray(clusters, dtype=object)))[0].astype(np.int64)
    alone = np.flatnonzero(codes < 0)
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(len(alone))
    return codes


def paired_bootstrap(
    correct_a: npt.ArrayLike,
    correct_b: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    n: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Difference in accuracy, b minus a, with its 95 % interval by the paired bootstrap.

    Whole clusters (a speaker's items fail together) are drawn with replacement, each with both models'
    results, and the 2.5 and 97.5 percentiles taken (Davison & Hinkley, Bootstrap Methods and their
    Application, 1997, ch. 3.8). With few clusters percentiles are too narrow; they are stretched by
    t(G - 1) / z * sqrt(G / (G - 1)), the usual correction for G clusters (Cameron, Gelbach & Miller, Review of
    Economics and Statistics 2008). Where no item tells the models apart the interval is what
    the Wilson score allows for a share of 0 of G, since no resample can show what was never seen.

    Parameters
    ----------
    correct_a, correct_b : bool or float array (n_items,), 0 to 1
        Whether each model is right on each item; a share where it was asked several times.
    clusters : array (n_items,), optional
        Missing values are clusters of their own.
    n : int
        Resamples.

    Returns
    -------
    Estimate, -1 to 1; NaN ends with fewer than two clusters.

    Examples
    --------
    >>> found = paired_bootstrap([1, 1, 0, 0] * 25, [1, 1, 1, 0] * 25)
    >>> found.value, 0.1 < found.low < found.high < 0.4
    (0.25, True)
    """
    a, b = np.asarray(correct_a, dtype=np.float64), np.asarray(correct_b, dtype=np.float64)
    if not len(a):
        return Estimate(float("nan"), float("nan"), float("nan"))
    unit = cluster_codes(clusters, len(a))
    n_units = int(unit.max()) + 1
    gain = np.bincount(unit, weights=b - a, minlength=n_units)
    size = np.bincount(unit, minlength=n_units).astype(np.float64)
    value = float((b - a).mean())
    if n_units < 2:
        return Estimate(value, float("nan"), float("nan"))
    if not np.any(gain):
        widest = proportion(0, n_units).high
        return Estimate(value, min(value, -widest), max(value, widest))
    # Clusters that are alike are drawn together: a million items have three kinds of gain.
    kinds, times = np.unique(np.stack([gain, size]), axis=1, return_counts=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_units, times / n_units, size=n)
    draws = (drawn @ kinds[0]) / (drawn @ kinds[1])
    low, high = np.quantile(draws, [0.025, 0.975]).tolist()
    stretch = _stretch(n_units)
    return Estimate(
        value,
        max(-1.0, min(value, value + (low - value) * stretch)),
        min(1.0, max(value, value + (high - value) * stretch)),
    )


def _stretch(n_units: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, n_units - 1) / _Z95 * np.sqrt(n_units / (n_units - 1)))


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """P-values adjusted for how many there are, float64 (m,), 0 to 1.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
    1979: keeps the chance of any false alarm at the level, whatever the tests have to do with each other.

    Examples
    --------
    >>> holm([0.25, 0.125, 0.5]).tolist()
    [0.5, 0.375, 0.5]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted
