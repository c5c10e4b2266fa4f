"""Figures with intervals, against scikit-learn, closed formulas and simulation."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_recall_fscore_support

from dsaudit.analysis.model.confusion import confusion_counts
from dsaudit.analysis.model.metrics import (
    accuracy_estimates,
    expected_calibration_error,
    precision_recall_f1,
    proportion,
    reliability,
)


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (3, 10), (450, 500), (1, 1)])
def test_wilson_interval_agrees_with_scipy(hits, n):
    estimate = proportion(hits, n)
    reference = binomtest(hits, n).proportion_ci(method="wilson")
    assert astuple(estimate) == pytest.approx((hits / n, reference.low, reference.high), abs=1e-9)
    assert estimate.low <= estimate.value <= estimate.high


def test_nothing_counted_is_nan():
    assert all(math.isnan(figure) for figure in astuple(proportion(0, 0)))


def test_averages_agree_with_scikit_learn():
    rng = np.random.default_rng(1)
    given, predicted = rng.integers(0, 5, 400), rng.integers(0, 5, 400)
    predicted[::2] = given[::2]
    found = accuracy_estimates(given, predicted, n_classes=5, n_resamples=50)
    assert found.accuracy.value == pytest.approx((given == predicted).mean())
    assert found.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(given, predicted))
    assert found.macro_f1.value == pytest.approx(f1_score(given, predicted, average="macro"))
    precision, recall, f1, _ = precision_recall_fscore_support(given, predicted)
    rates = precision_recall_f1(confusion_counts(given, predicted, n_classes=5))
    assert np.allclose(rates, np.stack([precision, recall, f1], axis=1))
    assert [e.value for e in found.f1] == pytest.approx(f1.tolist())


def test_classes_that_do_not_occur_do_not_count():
    found = accuracy_estimates([0, 0, 1], [0, 0, 1], n_classes=4, n_resamples=20)
    assert found.balanced_accuracy.value == 1.0
    assert math.isnan(found.f1[3].value)


def test_item_bootstrap_is_about_the_binomial_interval():
    given = np.zeros(1000, dtype=int)
    predicted = (np.arange(1000) < 200).astype(int)
    found = accuracy_estimates(given, predicted, n_classes=2, n_resamples=1000)
    expected = proportion(800, 1000)
    assert astuple(found.accuracy) == pytest.approx(astuple(expected), abs=0.006)


def test_groups_that_fail_together_widen_the_interval():
    groups = np.repeat(np.arange(20), 50)
    given = np.zeros(1000, dtype=int)
    predicted = (groups < 4).astype(int)
    alone = accuracy_estimates(given, predicted, n_classes=2).accuracy
    together = accuracy_estimates(given, predicted, n_classes=2, groups=groups).accuracy
    assert (together.high - together.low) > 4 * (alone.high - alone.low)


def test_group_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for seed in range(100):
        rates = rng.beta(8, 2, 60)
        groups = np.repeat(np.arange(60), 8)
        right = rng.random(480) < rates[groups]
        found = accuracy_estimates(
            np.zeros(480, dtype=int), (~right).astype(int), n_classes=2, groups=groups, n_resamples=200, seed=seed
        )
        covered += found.accuracy.low <= 0.8 <= found.accuracy.high
    assert covered >= 88


def test_missing_groups_are_groups_of_their_own():
    groups = np.array(["a", "a", None, None, np.nan], dtype=object)
    assert accuracy_estimates([0] * 5, [0] * 5, n_classes=2, groups=groups, n_resamples=5).n_units == 4


def test_same_seed_same_interval():
    args = ([0, 1, 0, 1, 1, 0], [0, 1, 1, 1, 0, 0])
    assert accuracy_estimates(*args, n_classes=2, seed=3) == accuracy_estimates(*args, n_classes=2, seed=3)


def brute_force_ece(confidence, correct, n_bins):
    total = 0.0
    for b in range(n_bins):
        inside = (confidence > b / n_bins) & (confidence <= (b + 1) / n_bins)
        if inside.any():
            total += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    return total


def test_calibration_error_agrees_with_brute_force():
    rng = np.random.default_rng(2)
    confidence = rng.random(300)
    correct = rng.random(300) < confidence**2
    assert expected_calibration_error(confidence, correct) == pytest.approx(brute_force_ece(confidence, correct, 15))
    bins = reliability(confidence, correct)
    assert bins["n"].sum() == 300
    assert (bins["confidence"].between(bins["low"], bins["high"])).all()


def test_calibration_of_nothing_is_nan():
    assert math.isnan(expected_calibration_error([], []))


def test_items_drawn_by_kind_are_as_items_drawn_one_by_one():
    rng = np.random.default_rng(4)
    n = 600
    given, predicted = rng.integers(0, 3, n), rng.integers(0, 3, n)
    predicted[: n // 2] = given[: n // 2]
    unit = np.concatenate([rng.integers(0, 40, 300), np.arange(40, 340)])  # half in groups, half alone
    groups = np.where(unit < 40, unit.astype(str).astype(object), None)
    found = accuracy_estimates(given, predicted, n_classes=3, groups=groups)
    units = [np.flatnonzero(unit == u) for u in np.unique(unit)]
    drawn = []
    for _ in range(2000):
        chosen = np.concatenate([units[u] for u in rng.integers(0, len(units), len(units))])
        counts = np.bincount(3 * given[chosen] + predicted[chosen], minlength=9).reshape(3, 3)
        hits = np.diag(counts)
        drawn.append((hits.sum() / counts.sum(), np.mean(2 * hits / (counts.sum(0) + counts.sum(1)))))
    for estimate, column in zip((found.accuracy, found.macro_f1), np.transpose(drawn), strict=True):
        assert (estimate.low, estimate.high) == pytest.approx(np.quantile(column, [0.025, 0.975]), abs=0.006)


def test_a_million_alike_take_no_longer_than_their_kinds():
    """Ends that 100 draws would leave to chance: they differ by less than a tenth of the interval between seeds."""
    given = np.zeros(1_000_000, dtype=np.int64)
    predicted = (np.arange(1_000_000) % 10 == 0).astype(np.int64)
    found = [accuracy_estimates(given, predicted, n_classes=2, seed=seed).accuracy for seed in range(4)]
    width = found[0].high - found[0].low
    assert np.ptp([e.low for e in found]) < 0.1 * width
    assert np.ptp([e.high for e in found]) < 0.1 * width
