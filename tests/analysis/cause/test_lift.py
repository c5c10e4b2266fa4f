from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dsaudit.analysis.cause.lift import Contrast, contrast, exact_tail, lift


def table(a, k, b, m):
    """Holds, error: ``a`` of ``k`` errors and ``b`` of ``m`` others."""
    error = np.r_[np.ones(k, bool), np.zeros(m, bool)]
    holds = np.r_[np.arange(k) < a, np.arange(m) < b]
    return holds, error


def test_one_class_is_the_ratio_of_two_rates_with_katz_interval():
    holds, error = table(38, 51, 12, 99)
    found = contrast(holds, error, np.zeros(150, dtype=np.int64), n_strata=1)
    assert (found.n_hits, found.rest_rate) == (38, pytest.approx(12 / 99))
    assert found.excess == pytest.approx(38 - 51 * 12 / 99)
    assert found.purity == pytest.approx(38 / 50)
    ratio = lift(found)
    assert ratio.value == pytest.approx((38.5 / 52) / (12.5 / 100))
    spread = 1.959964 * np.sqrt(1 / 38.5 - 1 / 52 + 1 / 12.5 - 1 / 100)
    assert np.log(ratio.high / ratio.value) == pytest.approx(spread, rel=0.02)


def test_classes_do_not_count_for_the_fact():
    # the fact holds for nine tenths of one class and a tenth of the other, whatever the error
    parts = [table(90, 100, 90, 100), table(2, 20, 30, 300)]
    holds, error = (np.concatenate(p) for p in zip(*parts, strict=True))
    stratum = np.r_[np.zeros(200, dtype=np.int64), np.ones(320, dtype=np.int64)]
    assert lift(contrast(holds, error, stratum, n_strata=2)).value == pytest.approx(1.0, abs=0.01)
    assert lift(contrast(holds, error, np.zeros_like(stratum), n_strata=1)).value > 1.5


def test_the_interval_holds_the_truth_95_times_in_100():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        stratum = rng.integers(0, 4, 600)
        error = rng.random(600) < 0.15
        base = np.array([0.05, 0.1, 0.15, 0.2])[stratum]
        holds = rng.random(600) < base * np.where(error, 3.0, 1.0)
        found = lift(contrast(holds, error, stratum, n_strata=4))
        inside += found.low <= 3.0 <= found.high
    assert 0.92 <= inside / 400 <= 0.98


def test_the_tail_of_one_class_is_hypergeometric():
    holds, error = table(9, 12, 20, 88)
    found = contrast(holds, error, np.zeros(100, dtype=np.int64), n_strata=1)
    assert exact_tail(found) == pytest.approx(stats.hypergeom.sf(8, 100, 29, 12))


def test_the_tail_of_several_classes_agrees_with_shuffling():
    rng = np.random.default_rng(1)
    stratum = rng.integers(0, 3, 120)
    error = rng.random(120) < 0.2
    holds = rng.random(120) < 0.2 + 0.25 * error
    found = contrast(holds, error, stratum, n_strata=3)
    shuffled = np.zeros(4000)
    for b in range(4000):
        order = np.lexsort((rng.random(120), stratum))
        dealt = np.empty(120, dtype=bool)
        dealt[np.argsort(stratum, kind="stable")] = error[order]
        shuffled[b] = (dealt & holds).sum()
    assert exact_tail(found) == pytest.approx((shuffled >= found.n_hits).mean(), abs=0.02)


def test_hits_of_one_group_are_no_steady_evidence():
    holds, error = table(16, 16, 0, 184)
    stratum = np.zeros(200, dtype=np.int64)
    apart = np.arange(200)
    together = np.where(np.arange(200) < 16, 0, np.arange(200))
    alone = contrast(holds, error, stratum, n_strata=1, groups=apart)
    one = contrast(holds, error, stratum, n_strata=1, groups=together)
    assert alone.steady > 3.5
    assert one.steady < 1.2
    assert one.design > 5 > alone.design
    assert np.isnan(contrast(holds, error, stratum, n_strata=1).steady)


def test_errors_that_are_all_hits_leave_the_rate_open():
    """Ten of ten prove little: Wilson's interval of their share alone reaches down to .72."""
    found = lift(Contrast(*(np.array([v]) for v in (10.0, 10.0, 260.0, 1000.0))))
    assert 0.6 / 0.26 < found.low < 0.9 / 0.26
    assert found.low < found.value < found.high
