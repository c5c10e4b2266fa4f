"""How good the predictions are, each figure with its 95 % interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

_Z95 = 1.959963984540054


class Estimate(NamedTuple):
    """A figure with its 95 % interval, low ≤ value ≤ high. NaN where nothing was counted."""

    value: float
    low: float
    high: float


def proportion(n_hits: float, n: float) -> Estimate:
    """Share of hits with the Wilson score interval (E. B. Wilson, JASA 1927), which is sound for small n."""
    if n <= 0:
        return Estimate(float("nan"), float("nan"), float("nan"))
    share = n_hits / n
    spread = _Z95**2 / n
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = _Z95 / (1.0 + spread) * float(np.sqrt(share * (1.0 - share) / n + spread / (4.0 * n)))
    return Estimate(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)))


def precision_recall_f1(counts: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Per class, float64 (k, 3): precision, recall and F1, 0 to 1.

    Parameters
    ----------
    counts : int array (k, k)
        Confusion counts, rows given, columns predicted. Precision is NaN for a class never predicted,
        recall for a class never given, F1 for one that is neither.
    """
    table = np.asarray(counts, dtype=np.float64)
    return _rates(np.diag(table), table.sum(1), table.sum(0))


def _rates(
    hits: npt.NDArray[np.float64], n_given: npt.NDArray[np.float64], n_predicted: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([hits / n_predicted, hits / n_given, 2.0 * hits / (n_given + n_predicted)], axis=-1)


class Accuracy(NamedTuple):
    """Averages over the items and over the classes; ``f1`` holds one estimate per class."""

    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_f1: Estimate
    f1: list[Estimate]
    n_units: int
    """What was drawn anew for the intervals: groups, or items where there are no groups."""


def accuracy_estimates(
    given: npt.ArrayLike,
    predicted: npt.ArrayLike,
    *,
    n_classes: int,
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 500,
    seed: int = 0,
) -> Accuracy:
    """Accuracy, balanced accuracy (mean recall) and macro F1 with group-clustered bootstrap intervals.

    Items of one group (a speaker) fail together, so whole groups are drawn with replacement (Davison &
    Hinkley, Bootstrap Methods and their Application, 1997, ch. 3.8) and the 2.5 and 97.5 percentiles
    taken. Averages are over the classes that occur.

    Parameters
    ----------
    given, predicted : int array (n,)
        Class numbers 0 … k - 1.
    groups : array (n,), optional
        Missing values are groups of their own.
    seed : int
        Of the bootstrap.
    """
    from scipy.sparse import csr_array

    g, p = np.asarray(given, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    n = len(g)
    unit = np.arange(n) if groups is None else pd.factorize(pd.Series(np.asarray(groups, dtype=object)))[0]
    alone = np.flatnonzero(unit < 0)
    unit[alone] = unit.max(initial=-1) + 1 + np.arange(len(alone))
    n_units = int(unit.max(initial=-1)) + 1
    right = g == p
    # Columns: hits per class, given per class, predicted per class.
    rows = np.concatenate([unit[right], unit, unit])
    columns = np.concatenate([g[right], g + n_classes, p + 2 * n_classes])
    totals = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n_units, 3 * n_classes))

    def figures(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        hits, n_given, n_predicted = (weights @ totals).reshape(3, n_classes)
        rates = _rates(hits, n_given, n_predicted)
        occurs = n_given > 0
        f1 = rates[:, 2]
        return np.concatenate(
            [
                [
                    hits.sum() / n_given.sum() if occurs.any() else np.nan,
                    rates[occurs, 1].mean() if occurs.any() else np.nan,
                    f1[occurs].mean() if occurs.any() else np.nan,
                ],
                f1,
            ]
        )

    value = figures(np.ones(n_units))
    rng = np.random.default_rng(seed)
    if n > 200_000:
        n_resamples = min(n_resamples, 100)
    draws = np.empty((n_resamples, len(value)))
    for i in range(n_resamples):
        draws[i] = figures(np.bincount(rng.integers(0, n_units, n_units), minlength=n_units).astype(np.float64))
    estimates = [_percentiles(v, column) for v, column in zip(value.tolist(), draws.T, strict=True)]
    if value[0] in (0.0, 1.0):
        # no resample of all right (or all wrong) holds an error, which proves nothing about the next speaker
        all_alike = proportion(value[0] * n_units, n_units)
        estimates[:3] = [all_alike] * 3
    return Accuracy(estimates[0], estimates[1], estimates[2], estimates[3:], n_units)


def _percentiles(value: float, draws: npt.NDArray[np.float64]) -> Estimate:
    known = draws[~np.isnan(draws)]
    if np.isnan(value) or not len(known):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [0.025, 0.975]).tolist()
    return Estimate(value, min(low, value), max(high, value))


def reliability(confidence: npt.ArrayLike, correct: npt.ArrayLike, *, n_bins: int = 10) -> pd.DataFrame:
    """Reliability diagram: equally wide bins of confidence that hold any item.

    Parameters
    ----------
    confidence : float array (n,), 0 to 1
        Highest predicted probability.
    correct : bool array (n,)

    Returns
    -------
    DataFrame: ``low``, ``high`` (edges), ``n``, ``confidence`` (mean), ``accuracy``.
    """
    c, hit = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    which = np.clip(np.ceil(c * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    n = np.bincount(which, minlength=n_bins)
    held = np.flatnonzero(n)
    return pd.DataFrame(
        {
            "low": held / n_bins,
            "high": (held + 1) / n_bins,
            "n": n[held],
            "confidence": np.bincount(which, weights=c, minlength=n_bins)[held] / n[held],
            "accuracy": np.bincount(which, weights=hit, minlength=n_bins)[held] / n[held],
        }
    )


def expected_calibration_error(confidence: npt.ArrayLike, correct: npt.ArrayLike, *, n_bins: int = 15) -> float:
    """ECE, 0 (calibrated) to 1: mean gap between confidence and accuracy over equally wide bins, weighted by items.

    C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. NaN without items.
    """
    bins = reliability(confidence, correct, n_bins=n_bins)
    if bins.empty:
        return float("nan")
    return float(((bins["confidence"] - bins["accuracy"]).abs() * bins["n"]).sum() / bins["n"].sum())
