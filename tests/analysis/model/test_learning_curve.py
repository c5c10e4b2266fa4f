"""Extrapolation against planted laws, and subsets that keep units whole."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.model.learning_curve import growth, learning_curve, subset_key

SIZES = (100, 200, 400, 800)


def drawn(error, *, n=2000, seed=0):
    """Whether each of n items is right at every size: one that is right with few labels is so with more."""
    hard = np.random.default_rng(seed).random(n)
    return hard[:, None] >= np.asarray(error)[None]


@pytest.mark.parametrize("power", [0.1, 0.4, 0.8])
def test_a_power_law_is_carried_on(power):
    error = 0.5 * np.array([*SIZES, 1600]) ** -power * 100**power
    found = [growth(drawn(error[:-1], seed=s), SIZES, np.arange(2000), seed=s) for s in range(10)]
    off = [abs(f.doubled.value - (1 - error[-1])) for f in found]
    assert np.mean(off) < 0.015
    assert sum(f.doubled.low <= 1 - error[-1] <= f.doubled.high for f in found) >= 8


def test_what_brought_nothing_brings_nothing_and_a_fall_is_no_promise():
    for error in ([0.3] * 4, [0.2, 0.25, 0.3, 0.35]):
        found = growth(drawn(error), SIZES, np.arange(2000))
        assert found.doubled.value == pytest.approx(found.now.value, abs=0.005)
    assert growth(drawn([0, 0, 0, 0]), SIZES, np.arange(2000)).doubled.value == 1.0


def test_items_of_one_unit_tell_less():
    hit = drawn(0.5 * np.array(SIZES) ** -0.3)
    alone, together = (
        growth(hit, SIZES, u).doubled
        for u in (np.arange(2000), np.argsort(np.argsort(hit.sum(1), kind="stable")) // 100)
    )
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_a_steep_curve_is_not_trusted_and_small_classes_are_left_out():
    right, y = drawn([0.6, 0.5, 0.4, 0.3]), np.repeat([0, 1, 2], [1000, 990, 10])
    found = learning_curve(right, SIZES, y, np.arange(2000), classes=("a", "b", "c"))
    assert not found["trusted"]
    assert {row["label"] for row in found["classes"]} == {"a", "b"}
    assert learning_curve(drawn([0.3, 0.25, 0.21, 0.18]), SIZES, y, np.arange(2000), classes=("a", "b", "c"))["trusted"]


def test_few_items_are_not_sure_and_the_deviation_is_that_of_fresh_draws():
    error = 0.4 * np.array([*SIZES, 1600]) ** -0.4 * 100**0.4
    off, said = [], []
    for s in range(60):
        rng = np.random.default_rng(s)
        flips = np.cumsum([0.6, *-np.diff(error), error[-1]])  # who is right from which size on, a few turn back
        at = np.searchsorted(flips, rng.random(300))
        hit = (at[:, None] <= np.arange(5)) ^ (rng.random((300, 5)) < 0.03)
        found = growth(hit[:, :-1], SIZES, np.arange(300), seed=s)
        off.append(found.doubled.value - hit[:, -1].mean())
        said.append(found.deviation)
    assert 0.7 < np.std(off) / np.mean(said) < 1.4
    for n, sure in ((100, False), (6000, True)):
        found = learning_curve(drawn(error[:-1], n=n), SIZES, np.zeros(n), np.arange(n), classes=("a",))
        assert found["sure"] is sure


def test_subsets_are_nested_hold_whole_units_and_a_share_of_every_class():
    units, y = np.repeat(np.arange(200), 3), np.tile([0, 0, 1], 200)
    key = subset_key(units, y, seed=1)
    assert all(len(set(key[units == u])) == 1 for u in range(200))
    for share in (0.25, 0.5):
        assert (key < share).mean() == pytest.approx(share, abs=0.01)
    alone = subset_key(np.arange(600), y, seed=1)
    assert [(alone[y == c] < 0.25).mean() for c in (0, 1)] == pytest.approx([0.25, 0.25], abs=0.02)
    assert not np.array_equal(key, subset_key(units, y, seed=2))
