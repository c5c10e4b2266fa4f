"""Chance raises anything in one pair of twenty, and what is planted is found."""

from __future__ import annotations

import numpy as np

from dsaudit.analysis.drift.statistic import Compared, statistics
from dsaudit.analysis.drift.unit import units


def world(rng, n_groups=40, each=4):
    """Items whose groups differ by nature, in measurements, classes and space."""
    group = np.repeat(np.arange(n_groups), each)
    own = rng.normal(size=(n_groups, 6))[group]
    rows = own + rng.normal(size=(len(group), 6))
    label = rng.integers(0, 3, len(group))
    return rows + 2.0 * np.eye(6)[label], np.eye(3)[label], group


def least(rows, classes, group, first, *, seed=0):
    order = np.argsort(~first, kind="stable")
    found = units(group[first].astype(object), group[~first].astype(object))
    compared = Compared(
        {"one": rows[order, 0], "two": rows[order, 1]},
        {"sign": (rows[order, 2] > 0).astype(int)},
        classes=classes[order],
        space=rows[order],
        confidence=np.where(np.arange(len(rows)) % 9, 1 / (1 + np.exp(-rows[order, 3])), np.nan),
    )
    return min(one.p for one in statistics(compared, found, n_dealt=99, seed=seed).told)


def test_halves_by_group_raise_anything_in_one_of_twenty():
    rng = np.random.default_rng(0)
    raised = 0
    for k in range(60):
        rows, classes, group = world(rng)
        first = np.isin(group, rng.permutation(40)[:20])
        raised += least(rows, classes, group, first, seed=k) <= 0.05
    assert raised <= 8  # of 60 more than 8 are raised in one of a hundred trials where 3 are expected


def test_groups_as_items_would_raise_what_is_not_there():
    """The test above can fail: with items dealt one by one, what groups have in common looks like change."""
    rng = np.random.default_rng(0)
    raised = 0
    for k in range(12):
        rows, classes, group = world(rng)
        first = np.isin(group, rng.permutation(40)[:20])
        raised += least(rows, classes, np.arange(len(group)), first, seed=k) <= 0.05
    assert raised >= 4


def test_a_shift_of_every_group_is_found():
    rng = np.random.default_rng(1)
    rows, classes, group = world(rng)
    first = np.isin(group, rng.permutation(40)[:20])
    rows[~first, 1] += 2.0
    assert least(rows, classes, group, first) <= 0.05
