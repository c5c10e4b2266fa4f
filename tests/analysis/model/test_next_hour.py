"""What an hour brings, on planted arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.model.learning_curve import gain, growth
from dsaudit.analysis.model.next_hour import (
    after_review,
    classes_to_collect,
    gain_of_change,
    items_per_hour,
    widened,
)
from dsaudit.types import Estimate


def test_reviewed_labels_are_drawn_by_what_is_believed_of_them():
    n = 20_000
    p_wrong = np.full(n, 0.6)
    p_wrong[:100] = np.nan
    made = after_review(np.zeros(n), p_wrong, np.full(n, 0.45), np.ones(n), n=n // 2, seed=1)
    assert (made[:100] == 0).all()
    heard = made[100 : n // 2 + 100]
    assert (heard == 1).mean() == pytest.approx(0.45, abs=0.02)
    assert (heard == -1).mean() == pytest.approx(0.15, abs=0.02)
    assert (made[n // 2 + 100 :] == 0).all()
    assert after_review([0, 0], [np.nan, np.nan], [0, 0], [1, 1], n=2).tolist() == [0, 0]


def test_labels_that_may_be_wrong_count_less():
    before, after = np.zeros(100), np.zeros(100)
    after[:50] = 1.0
    assert gain_of_change(before, after, np.ones(100), range(100)).value == 0.5
    doubted = np.where(np.arange(100) < 50, 0.0, 1.0)
    found = gain_of_change(before, after, doubted, range(100))
    assert found.value == 0.0
    assert found.low < 0.0 < found.high


def test_a_scarce_class_that_is_missed_is_collected_alone_until_it_is_no_longer_scarce():
    sizes, found = pd.Series(dict.fromkeys("abcde", 80)), pd.Series(dict.fromkeys("abcde", 0.95))
    sizes["e"], found["e"] = 10, 0.3
    assert classes_to_collect(sizes, found, n=240) == (("e",), 70)
    assert classes_to_collect(sizes, found, n=20) == (("e",), 20)
    assert classes_to_collect(sizes, found.replace(0.3, 1.0), n=240)[0] != ("e",)  # few labels are enough for it
    sizes["e"] = 80
    assert classes_to_collect(sizes, found, n=60) == (("e",), 60)


def test_a_number_that_is_known_better_makes_the_interval_narrower():
    told = Estimate(0.04, 0.03, 0.05)
    wide, narrow = (widened(told, Estimate(40, *ends)) for ends in ((5, 400), (35, 46)))
    assert wide.low < narrow.low < told.low
    assert wide.high == pytest.approx(0.04 + np.hypot(0.01, 0.08))
    assert widened(told, Estimate(0, 0, 9)) == told


def test_twice_the_labels_bring_what_the_curve_says_and_none_bring_nothing():
    hit = np.arange(2000)[:, None] >= 2000 * np.array([0.5, 0.4, 0.3, 0.22])
    sizes = [50, 100, 200, 400]
    whole = growth(hit, sizes, range(2000))
    twice = gain(hit, sizes, range(2000), times=2.0)
    assert twice.value == pytest.approx(whole.doubled.value - whole.now.value)
    assert gain(hit, sizes, range(2000), times=1.0).value == 0.0
    some = gain(hit[:, 2:], sizes[2:], range(2000), times=1.25)
    assert some.low < some.value < some.high < twice.high
    assert 0.0 < some.value < twice.value


def test_the_interval_holds_what_a_draw_of_more_labels_brings():
    rng, held = np.random.default_rng(0), 0
    for k in range(40):  # 1,000 items of which each is right by chance of its own, redrawn where labels are added
        p, last = np.clip(rng.normal(0.8, 0.3, 1000), 0, 1), []
        hit = rng.random(1000) < p
        for share in (0.3, 0.2, 0.14):
            redrawn = rng.random(1000) < share
            hit = np.where(redrawn, rng.random(1000) < np.minimum(p + 0.05, 1), hit)
            last.append(hit)
        told = gain(np.stack(last, axis=1), [100, 200, 400], range(1000), times=1.5, seed=k)
        more = np.where(rng.random(1000) < 0.06, rng.random(1000) < np.minimum(p + 0.05, 1), hit)
        held += told.low <= more.mean() - hit.mean() <= told.high
    assert held >= 36


def test_the_pace_is_told_by_each_persons_decisions_without_pauses():
    ann, bob = np.arange(20) * 10.0, 3.0 + np.arange(20) * 20.0
    bob[10:] += 3600.0
    at, who = np.concatenate([ann, bob]), ["ann"] * 20 + ["bob"] * 20
    assert items_per_hour(at, who, [""] * 40) == round(3600 / np.mean([10.0] * 19 + [20.0] * 18))
    assert items_per_hour(at, who, ["all"] * 40) is None
    assert items_per_hour([], [], []) is None
    assert pd.isna(items_per_hour(ann, ["ann"] * 20, [""] * 20) or np.nan)
