from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.cut import choose_cut, expected_yield
from dsaudit.analysis.label.recalibration import recalibration


def falling(n=3000, seed=0):
    return np.sort(np.random.default_rng(seed).beta(0.15, 1.0, n))[::-1]


def test_the_default_cut_has_the_highest_expected_f1():
    p = falling(60)
    rng = np.random.default_rng(1)
    wrong = rng.random((20_000, len(p))) < p  # the expectation itself, not the formula that stands for it
    f1 = [(2 * wrong[:, :k].sum(1) / np.maximum(k + wrong.sum(1), 1)).mean() for k in range(1, len(p))]
    cut = choose_cut(p)
    assert f1[cut.n - 1] >= max(f1) - 0.01
    assert cut.f1 == pytest.approx(f1[cut.n - 1], abs=0.03)


@pytest.mark.parametrize("precision", [0.5, 0.7, 0.9])
def test_a_precision_is_kept_by_as_many_items_as_can_keep_it(precision):
    p = falling()
    cut = choose_cut(p, precision=precision)
    assert cut.reached
    assert p[: cut.n].mean() >= precision > p[: cut.n + 1].mean()


def test_a_precision_out_of_reach_is_said_to_be():
    cut = choose_cut(np.full(50, 0.3), precision=0.9)
    assert (cut.n, cut.reached) == (0, False)


def test_a_budget_is_kept_and_not_filled_with_what_is_surely_right():
    p = falling()
    assert choose_cut(p, budget=40).n == 40
    assert choose_cut(p, budget=40).reached
    assert choose_cut(p, budget=0).n == 0
    few = choose_cut(np.r_[np.full(5, 0.6), np.zeros(500)], budget=100)
    assert (few.n, few.reached) == (5, False)


def test_where_hardly_anything_is_wrong_nothing_is_named():
    assert choose_cut(np.full(1000, 0.03)).n == 0
    assert choose_cut(np.empty(0)).n == 0


def test_the_yield_adds_up_and_lies_in_its_intervals():
    p = falling()
    cut = choose_cut(p)
    told = expected_yield(p, p, recalibration(p, np.full(len(p), -1)), cut)
    assert told["n_estimated"]["value"] == pytest.approx(p.sum(), abs=0.01)
    assert told["cut"]["expected"]["value"] == pytest.approx(p[: cut.n].sum(), abs=0.01)
    assert told["cut"]["precision"]["value"] == pytest.approx(p[: cut.n].mean(), abs=1e-3)
    assert told["cut"]["p_wrong_least"] == pytest.approx(p[cut.n - 1], abs=1e-3)
    points = [k for k, *_ in told["curve"]]
    assert points == sorted(set(points))
    assert cut.n in points
    assert len(points) <= 200
    for k, value, low, high in told["curve"]:
        assert low <= value <= high
        assert value == pytest.approx(p[:k].sum(), abs=0.01)


def test_verdicts_narrow_the_interval():
    rng = np.random.default_rng(2)
    p = falling()
    wrong = rng.random(len(p)) < p
    cut = choose_cut(p)

    def width(n_heard):
        heard = np.full(len(p), -1)
        heard[rng.choice(cut.n, n_heard, replace=False)] = 1
        heard = np.where(heard > 0, wrong, -1)
        told = expected_yield(p, p, recalibration(p, heard), cut)
        return told["cut"]["expected"]["high"] - told["cut"]["expected"]["low"]

    assert width(100) < 0.6 * width(0)


def test_many_faint_doubts_are_still_a_list():
    few, many = np.r_[np.full(30, 0.15), np.zeros(900)], np.r_[np.full(300, 0.15), np.zeros(900)]
    assert choose_cut(few).n == 0  # 4.5 expected among items that are all but right
    assert choose_cut(many).n == 300
