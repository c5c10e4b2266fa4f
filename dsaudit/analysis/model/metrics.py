"""How good the predictions are, each figure with its 95 % interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from scipy.sparse import csr_array

_Z95 = 1.959963984540054
_LEAST_RESAMPLES, _WORK = 300, 3e7
_DRAW_OF_KIND = 20.0
"""Steps that drawing the number of items of a kind takes."""
_AT_ONCE = 2e6


def proportion(n_hits: float, n: float) -> Estimate:
    """Share of hits with the Wilson score interval (E. B. Wilson, JASA 1927), which is sound for small n.

    Examples
    --------
    >>> found = proportion(8, 10)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.8, 0.49, 0.943)
    """
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

    Examples
    --------
    >>> precision_recall_f1([[3, 1], [0, 4]]).round(2).tolist()
    [[1.0, 0.75, 0.86], [0.8, 1.0, 0.89]]
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
    n_resamples: int = 2000,
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
    n_resamples : int
        At most; fewer, but no less than 300, where one of them takes long.
    seed : int
        Of the bootstrap.

    Examples
    --------
    >>> found = accuracy_estimates([0, 0, 0, 1], [0, 0, 0, 0], n_classes=2)
    >>> found.accuracy.value, found.balanced_accuracy.value, found.n_units
    (0.75, 0.5, 4)
    """
    g, p = np.asarray(given, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    counted = _counted(g, p, groups, n_classes=n_classes)
    value = _figures(counted.totals.sum(axis=0)[None], n_classes)[0]
    n_units = int(counted.n_alike.sum()) + counted.n_groups
    rng = np.random.default_rng(seed)
    n_resamples = int(np.clip(_WORK / max(counted.work, 1), min(n_resamples, _LEAST_RESAMPLES), n_resamples))
    draws = np.concatenate([_figures(rows, n_classes) for rows in _resampled(counted, n_resamples, rng)])
    estimates = [_percentiles(v, column) for v, column in zip(value.tolist(), draws.T, strict=True)]
    if value[0] in (0.0, 1.0):
        # no resample of all right (or all wrong) holds an error, which proves nothing about the next speaker
        all_alike = proportion(value[0] * n_units, n_units)
        estimates[:3] = [all_alike] * 3
    return Accuracy(estimates[0], estimates[1], estimates[2], estimates[3:], n_units)


class _Counted(NamedTuple):
    """What is drawn anew: groups, and items of no group, which are alike where given and predicted label are.

    ``totals`` is float64 (groups + kinds of items, 3 k), sparse: of each group and of all items of a kind, those right
    by class, given and predicted; ``n_alike`` int64 (kinds,) says how many items are of a kind.
    """

    totals: csr_array
    n_groups: int
    n_alike: npt.NDArray[np.int64]

    @property
    def work(self) -> float:
        """Of one resample, in elementary steps."""
        return float(self.n_groups + _DRAW_OF_KIND * len(self.n_alike) + self.totals.nnz)


def _counted(
    given: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], groups: npt.ArrayLike | None, *, n_classes: int
) -> _Counted:
    from scipy.sparse import csr_array

    n = len(given)
    unit = np.full(n, -1) if groups is None else pd.factorize(pd.Series(np.asarray(groups, dtype=object)))[0]
    n_groups = int(unit.max(initial=-1)) + 1
    alone = np.flatnonzero(unit < 0)
    _, kind, n_alike = np.unique(given[alone] * n_classes + predicted[alone], return_inverse=True, return_counts=True)
    unit = unit.astype(np.int64)
    unit[alone] = n_groups + kind
    right = given == predicted
    rows = np.concatenate([unit[right], unit, unit])
    columns = np.concatenate([given[right], given + n_classes, predicted + 2 * n_classes])
    totals = csr_array((np.ones(len(rows)), (rows, columns)), shape=(n_groups + len(n_alike), 3 * n_classes))
    return _Counted(totals, n_groups, n_alike.astype(np.int64))


def _resampled(counted: _Counted, n_resamples: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.float64]]:
    """Totals of resamples of the units with replacement, float64 (some, 3 k) at a time."""
    n_groups, n_kinds = counted.n_groups, len(counted.n_alike)
    n_alone = int(counted.n_alike.sum())
    n_units = n_groups + n_alone
    step = max(1, int(_AT_ONCE / max(n_groups + n_kinds, counted.totals.shape[1])))
    for done in range(0, n_resamples, step):
        size = min(step, n_resamples - done)
        weights = np.zeros((size, n_groups + n_kinds))
        if not n_units:
            yield weights @ counted.totals
            continue
        n_drawn = rng.binomial(n_units, n_alone / n_units, size=size)  # how many of the units are single items
        if n_kinds:
            # items of a kind need not be drawn one by one
            drawn = rng.multinomial(n_drawn, counted.n_alike / n_alone)
            weights[:, n_groups:] = drawn / counted.n_alike
        for row, n in zip(weights, (n_units - n_drawn).tolist(), strict=True):
            row[:n_groups] = np.bincount(rng.integers(0, max(n_groups, 1), n), minlength=n_groups)[:n_groups]
        yield weights @ counted.totals


def _figures(totals: npt.NDArray[np.float64], n_classes: int) -> npt.NDArray[np.float64]:
    """Accuracy, balanced accuracy, macro F1 and the F1 of each class, float64 (m, 3 + k), of ``totals`` (m, 3 k)."""
    hits, n_given, n_predicted = np.moveaxis(totals.reshape(len(totals), 3, n_classes), 1, 0)
    rates = _rates(hits, n_given, n_predicted)
    occurs = n_given > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        accuracy = hits.sum(axis=1) / n_given.sum(axis=1)
        means = np.where(occurs[..., None], rates[..., 1:], 0.0).sum(axis=1) / occurs.sum(axis=1)[:, None]
    return np.column_stack([accuracy, means, rates[..., 2]])


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

    Examples
    --------
    >>> reliability([0.75, 0.8, 0.95], [True, False, True], n_bins=4)[["low", "high", "n", "accuracy"]].to_dict("list")
    {'low': [0.5, 0.75], 'high': [0.75, 1.0], 'n': [1, 2], 'accuracy': [1.0, 0.5]}
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

    Examples
    --------
    >>> expected_calibration_error([0.75] * 4, [True, True, True, False])
    0.0
    >>> expected_calibration_error([0.75] * 4, [True, False, False, False])
    0.5
    """
    bins = reliability(confidence, correct, n_bins=n_bins)
    if bins.empty:
        return float("nan")
    return float(((bins["confidence"] - bins["accuracy"]).abs() * bins["n"]).sum() / bins["n"].sum())
