"""Chance raises anything in one pair of twenty, and what is planted is found."""

from __future__ import annotations

import numpy as np

from dsaudit.analysis.drift.novelty import within_classes
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
        rows, classes, group = world(rng, each=8)
        first = np.isin(group, rng.permutation(40)[:20])
        raised += least(rows, classes, np.arange(len(group)), first, seed=k) <= 0.05
    assert raised >= 4


def test_a_shift_of_every_group_is_found():
    rng = np.random.default_rng(1)
    rows, classes, group = world(rng)
    first = np.isin(group, rng.permutation(40)[:20])
    rows[~first, 1] += 2.0
    assert least(rows, classes, group, first) <= 0.05


def test_what_is_just_beyond_the_least_is_told_from_chance():
    rng, two = np.random.default_rng(2), units([None] * 150, [None] * 150)
    x, y = rng.normal(size=300), rng.normal(size=300)
    least = statistics(Compared({"x": x, "y": y}), two, n_dealt=199).of("number")[0].least
    moved = []
    for share in (0.5 * least, 2 * least):
        z = np.where((np.arange(300) >= 150) & (rng.random(300) < share), 9.0, x)
        moved.append(statistics(Compared({"x": z, "y": y}), two, n_dealt=199).of("number")[0].p <= 0.05)
    assert moved == [False, True]


def test_noise_that_moves_no_mean_is_told():
    rng, two = np.random.default_rng(3), units([None] * 200, [None] * 200)
    rows = rng.normal(size=(400, 8)) * np.where(np.arange(400) < 200, 1.0, 1.35)[:, None]
    found = statistics(Compared(space=rows), two, n_dealt=199).of("classifier")[0]
    assert found.p <= 0.05
    assert found.effect.value > 0.6


def test_a_twentieth_of_a_new_kind_is_found_and_named_in_the_space_of_known_classes():
    rng, two = np.random.default_rng(4), units([None] * 500, [None] * 500)
    label = rng.integers(0, 3, 1000)
    label[975:] = 3
    rows = 5.0 * np.eye(8)[label] + rng.normal(size=(1000, 8)) * [1, 1, 1, 1, 9, 9, 9, 9]
    said = np.where(label < 3, label, 0).astype(str).astype(object)
    made = statistics(Compared(space=rows, kinds=within_classes(rows, said)), two, n_dealt=199)
    assert made.of("new")[0].p <= 0.05 < made.of("missing")[0].p
    assert (made.new[0].own >= 975).mean() > 0.8
    assert len(made.new[0].other) <= 2
