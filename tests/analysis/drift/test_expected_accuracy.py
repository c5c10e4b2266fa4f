"""The interval holds what the labels would tell, also where items of a group are right or wrong together."""

from __future__ import annotations

import numpy as np

from dsaudit.analysis.drift.expected_accuracy import expected_accuracy
from dsaudit.analysis.drift.unit import units


def trial(rng, n_groups=25, each=12):
    """Both sets of groups that differ in how well the model does; what the labels of the current one tell."""
    group = np.repeat(np.arange(2 * n_groups), each)
    odds = rng.normal(1.0, 1.0, len(group))
    right = rng.random(len(group)) < 1 / (1 + np.exp(-odds - rng.normal(0, 2.0, 2 * n_groups)[group]))
    half = len(group) // 2
    two = units(group[:half].astype(object), group[half:].astype(object))
    found = expected_accuracy(1 / (1 + np.exp(-odds)), right, two, two.drawn(100))
    return found, right[half:].mean()


def test_the_interval_holds_the_accuracy_of_groups_that_fail_together():
    rng = np.random.default_rng(0)
    trials = [trial(rng) for _ in range(60)]
    held = [found.low <= true <= found.high for found, true in trials]
    assert np.mean(held) >= 0.9
    assert np.mean([found.high - found.low for found, _ in trials]) < 0.35


def test_a_model_that_was_always_right_may_be_wrong_of_the_next_group():
    two = units([None] * 40, [None] * 40)
    found = expected_accuracy(np.full(80, 0.99), np.ones(80, dtype=bool), two, two.drawn(100))
    assert found.low < 0.97 < found.value
