"""What verdicts teach: against worlds in which the statement is off by a known amount."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.recalibration import (
    PRIOR,
    drawn_wrong,
    expected_wrong,
    log_odds,
    recalibration,
    updated,
    updated_suggestions,
)
from dsaudit.types import Estimate


def expit(x):
    return 1 / (1 + np.exp(-x))


def world(rng, *, n=1200, shift=0.0, slope=1.0):
    """Stated probabilities, the worst first, and which labels are wrong: log odds = shift + slope · stated."""
    stated = np.sort(rng.beta(0.15, 1.0, n))[::-1]
    return stated, rng.random(n) < expit(shift + slope * log_odds(stated))


def top_heard(wrong, n):
    return np.where(np.arange(len(wrong)) < n, wrong, -1)


class TestCurve:
    def test_without_verdicts_the_statement_stands(self):
        stated = np.linspace(0.01, 0.99, 99)
        found = updated(recalibration(stated, np.full(99, -1)), stated)
        assert np.abs(found - stated).max() < 0.1

    def test_probabilities_rise_with_the_statement(self):
        rng = np.random.default_rng(0)
        stated, wrong = world(rng)
        assert (np.diff(updated(recalibration(stated, top_heard(wrong, 300)), stated)) <= 1e-12).all()

    @pytest.mark.parametrize("shift", [-1.5, 1.5])
    def test_many_verdicts_find_the_truth(self, shift):
        rng = np.random.default_rng(1)
        stated, wrong = world(rng, n=6000, shift=shift)
        found = updated(recalibration(stated, top_heard(wrong, 2000)), stated)
        truth = expit(shift + log_odds(stated))
        heard = slice(0, 2000)
        assert np.abs(found - truth)[heard].mean() < 0.25 * np.abs(stated - truth)[heard].mean()

    def test_hearing_the_top_does_no_harm_to_a_statement_that_is_true(self):
        rng = np.random.default_rng(2)
        error = []
        for _ in range(20):
            stated, wrong = world(rng)
            fit = recalibration(stated, top_heard(wrong, 100))
            error.append(expected_wrong(fit, stated[100:200]).value - wrong[100:200].sum())
        assert abs(np.mean(error)) < 5  # of 100

    def test_a_few_surprises_at_the_top_do_not_move_the_middle(self):
        stated = np.concatenate([np.full(200, 0.9995), np.full(200, 0.5)])
        verdicts = np.full(400, -1)
        verdicts[:200] = 1
        verdicts[:3] = 0
        assert updated(recalibration(stated, verdicts), stated)[-1] > 0.35

    def test_a_top_that_is_all_wrong_says_little_of_what_lies_below_it(self):
        stated = np.concatenate([np.full(300, 0.93), np.full(300, 0.2)])
        for n in (20, 100):
            said = top_heard(np.ones(600, dtype=bool), n)
            priors = (PRIOR, PRIOR._replace(together=0.99))
            below, together = (updated(recalibration(stated, said, prior=p), stated)[-1] for p in priors)
            assert 0.2 <= below < 0.2 + 0.4 * (together - 0.2)

    def test_lengths_must_agree(self):
        with pytest.raises(ValueError, match="do not agree"):
            recalibration([0.5], [1, 0])

    def test_nothing_at_all(self):
        fit = recalibration([], [])
        assert expected_wrong(fit, []) == Estimate(0, 0, 0)
        assert updated(fit, []).shape == (0,)

    def test_the_same_question_has_the_same_answer(self):
        stated, wrong = world(np.random.default_rng(3))
        one, two = (recalibration(stated, top_heard(wrong, 50)) for _ in range(2))
        np.testing.assert_array_equal(one.curves, two.curves)
        assert expected_wrong(one, stated) == expected_wrong(two, stated)


class TestIntervals:
    def test_they_hold_the_truth_whichever_way_the_statement_is_off(self):
        rng = np.random.default_rng(4)
        left, whole = [], []
        for _ in range(60):
            stated, wrong = world(rng, shift=rng.normal(0, 1), slope=rng.normal(1, 0.2))
            n = int(rng.choice([0, 20, 40, 100, 200]))
            fit = recalibration(stated, top_heard(wrong, n))
            near = expected_wrong(fit, stated[n : n + 100])
            left.append(near.low <= wrong[n : n + 100].sum() <= near.high)
            found = expected_wrong(fit, stated[n:], n_known=int(wrong[:n].sum()))
            whole.append(found.low <= wrong.sum() <= found.high)
        assert np.mean(left) >= 0.9
        assert np.mean(whole) >= 0.9

    def test_they_narrow_as_verdicts_come_in(self):
        rng = np.random.default_rng(5)
        stated, wrong = world(rng)
        widths = []
        for n in (0, 40, 200):
            found = expected_wrong(recalibration(stated, top_heard(wrong, n)), stated[200:300])
            widths.append(found.high - found.low)
        assert widths[2] < widths[1] < widths[0]

    def test_they_include_the_chance_of_each_label(self):
        stated = np.full(4000, 0.5)
        fit = recalibration(stated, np.tile([0, 1], 2000))
        draws = drawn_wrong(fit, np.full(100, 0.5))
        assert draws.std() > 4.5  # a fair coin thrown a hundred times has 5

    def test_the_statement_of_a_weak_model_is_doubted_more(self):
        stated, _ = world(np.random.default_rng(8))
        nothing = np.full(len(stated), -1)
        strong, weak = (expected_wrong(recalibration(stated, nothing, shift=s), stated) for s in (0.5, 1.5))
        assert weak.low < strong.low
        assert weak.high > strong.high

    def test_they_hardly_depend_on_the_seed(self):
        stated, _ = world(np.random.default_rng(6))
        nothing = np.full(len(stated), -1)
        ends = [expected_wrong(recalibration(stated, nothing, seed=s), stated, seed=s) for s in range(12)]
        for name in ("low", "high"):
            values = [getattr(e, name) for e in ends]
            assert max(values) < 1.4 * min(values)

    def test_one_outcome_counts_the_same_items_at_every_end(self):
        stated, wrong = world(np.random.default_rng(7))
        fit = recalibration(stated, top_heard(wrong, 50))
        drawn = drawn_wrong(fit, stated, ends=[0, 10, 300, len(stated)])
        assert (drawn[:, 0] == 0).all()
        assert (np.diff(drawn, axis=1) >= 0).all()
        assert (np.diff(drawn, axis=1) <= [10, 290, len(stated) - 300]).all()
        for column, n in ((1, 10), (2, 300), (3, len(stated))):
            alone = drawn_wrong(fit, stated[:n])
            assert drawn[:, column].mean() == pytest.approx(alone.mean(), rel=0.05)
            assert drawn[:, column].std() == pytest.approx(alone.std(), rel=0.1)

    def test_known_ones_are_added(self):
        fit = recalibration([0.5] * 10, [1] * 10)
        assert expected_wrong(fit, [], n_known=10) == Estimate(10, 10, 10)


class TestSuggestions:
    def test_people_who_choose_another_label_lower_them(self):
        p_wrong, p_suggested = np.full(200, 0.8), np.full(200, 0.72)
        verdicts = np.where(np.arange(200) < 60, 1, -1)
        kept = updated_suggestions(p_suggested, p_wrong, verdicts, np.ones(200, bool))
        refused = updated_suggestions(p_suggested, p_wrong, verdicts, np.arange(200) % 2 == 0)
        assert refused[-1] < 0.65
        assert kept[-1] > 0.8
        assert refused[-1] / updated(recalibration(p_wrong, verdicts), p_wrong)[-1] == pytest.approx(0.5, abs=0.15)

    def test_heard_items_are_known(self):
        found = updated_suggestions([0.5, 0.5, 0.5], [0.6, 0.6, 0.6], [1, 1, 0], [True, False, True])
        assert found.tolist() == [1.0, 0.0, 0.0]
