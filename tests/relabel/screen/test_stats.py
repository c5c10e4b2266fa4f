"""Speed, errors to be expected, agreement while it happens: against answers known beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from fabric_ledger import decision

from dsaudit.relabel.screen.decision_state import VERDICTS
from dsaudit.relabel.screen.stats import BREAK_S, agreement_live, expected_errors, rate_per_hour

RIGHT, WRONG = VERDICTS.index("confirm"), VERDICTS.index("relabel")


def at(*seconds: float):
    start = datetime(2026, 1, 1, 9, tzinfo=UTC)
    return [decision(item=str(k), at=(start + timedelta(seconds=s)).isoformat()) for k, s in enumerate(seconds)]


class TestRate:
    def test_evenly_spaced_decisions(self):
        assert rate_per_hour(at(*range(0, 100, 5))) == pytest.approx(720)

    def test_a_lunch_does_not_halve_it(self):
        straight = rate_per_hour(at(*range(0, 300, 5)))
        paused = rate_per_hour(at(*range(0, 150, 5), *range(4000, 4150, 5)))
        assert paused > 0.65 * straight
        assert paused == pytest.approx(3600 * 59 / (58 * 5 + BREAK_S))

    def test_too_few_or_all_at_once_say_nothing(self):
        assert rate_per_hour(at(0, 1, 2, 3)) is None
        assert rate_per_hour(at(*[7] * 24)) is None

    def test_items_decided_together_count_each(self):
        assert rate_per_hour(at(*[0] * 10, *[60] * 10)) == pytest.approx(3600 * 19 / 60)


def a_queue(p_wrong, rule="LBL001"):
    return pd.DataFrame({"p_wrong": p_wrong, "rule": rule}, index=pd.RangeIndex(len(p_wrong), name="k"))


class TestExpectedErrors:
    def test_nothing_left_is_nothing(self):
        assert expected_errors(a_queue([0.5] * 4), np.full(4, RIGHT, np.int8)).high == 0

    def test_without_model_and_verdicts_nothing_is_known(self):
        queue = a_queue([np.nan] * 5, "AUD004")
        assert expected_errors(queue, np.zeros(5, np.int8)) is None
        assert expected_errors(queue, np.array([WRONG, 0, 0, 0, 0], np.int8)) is not None

    def test_verdicts_outweigh_what_was_stated(self):
        p = np.full(300, 0.9)
        said = np.zeros(300, np.int8)
        stated = expected_errors(a_queue(p), said)
        said[:150] = RIGHT
        learnt = expected_errors(a_queue(p), said)
        assert stated.left > 0.75 * 300
        assert learnt.high <= 0.2 * 150

    def test_the_interval_holds_the_truth_when_the_statement_is_off(self):
        rng = np.random.default_rng(1)
        hits = 0
        for _ in range(60):
            p = np.sort(rng.beta(0.6, 1.2, 400))[::-1]
            odds = p / (1 - p) * np.exp(rng.normal(0, 0.8))
            wrong = rng.random(400) < odds / (1 + odds)
            said = np.zeros(400, np.int8)
            n = int(rng.integers(0, 300))
            said[:n] = np.where(wrong[:n], WRONG, RIGHT)
            found = expected_errors(a_queue(p), said)
            assert found.low <= found.left <= found.high
            hits += found.low <= wrong[n:].sum() <= found.high
        assert hits >= 52  # 95 % of 60 is 57; fewer than 52 has a chance below one in a hundred

    def test_each_fault_learns_from_its_own_verdicts(self):
        queue = pd.concat([a_queue([np.nan] * 100, "AUD001"), a_queue([np.nan] * 100, "AUD004")], ignore_index=True)
        said = np.zeros(200, np.int8)
        said[:50], said[100:150] = WRONG, RIGHT
        found = expected_errors(queue, said)
        assert 45 < found.left < 55

    def test_the_same_question_has_the_same_answer(self):
        queue = a_queue(np.linspace(0.99, 0.01, 50))
        assert expected_errors(queue, np.zeros(50, np.int8)) == expected_errors(queue, np.zeros(50, np.int8))


def opinions(*rows):
    """``"aab"``: three people; ``.`` for none, ``x`` for an exclusion, ``?`` for unsure."""
    return [
        [
            decision(f"p{j}", {"x": "exclude", "?": "unsure"}.get(c, "relabel"), new_label=None if c in "x?" else c)
            for j, c in enumerate(row)
            if c != "."
        ]
        for row in rows
    ]


class TestAgreement:
    def test_two_people_have_cohens_kappa(self):
        live = agreement_live(opinions("aa", "aa", "bb", "ab", "b.", "a?"))
        assert (live.n_items, live.n_people) == (4, 2)
        # observed 3/4; chance (3/4 a, 1/4 b) by (2/4 a, 2/4 b) = 1/2
        assert live.kappa == pytest.approx(0.5)
        assert live.percent == 75.0
        assert live.low <= live.alpha <= live.high

    def test_three_people_have_fleiss_kappa(self):
        sklearn_free = agreement_live(opinions("aaa", "bbb", "aab", "abb"))
        # P_i = 1, 1, 1/3, 1/3; chance 1/2
        assert sklearn_free.kappa == pytest.approx((2 / 3 - 0.5) / 0.5, abs=1e-4)

    def test_an_exclusion_is_an_answer(self):
        assert agreement_live(opinions("xx", "aa")).percent == 100.0
        assert agreement_live(opinions("xa", "aa")).percent == 50.0

    def test_who_settles_is_not_asked_for_agreement(self):
        rows = opinions("ab", "aa")
        rows[0].append(decision("judge", "relabel", new_label="a", settles=True))
        assert agreement_live(rows) == agreement_live(opinions("ab", "aa"))

    def test_nothing_shared_nothing_said(self):
        assert agreement_live([]) is None
        assert agreement_live(opinions("a?", "b.")) is None
