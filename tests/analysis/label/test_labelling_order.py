"""The order of labelling against an exhaustive search, planted regions, copies and groups."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.labelling_order import doubts, labelling_order, says


def regions(sizes, *, seed=0, c=12, noise=0.15):
    """Items about one direction each; the number of its region for every item."""
    region = np.repeat(np.arange(len(sizes)), sizes)
    return np.eye(c)[region] + np.random.default_rng(seed).normal(0, noise, (len(region), c)), region


def exhaustive(points, labelled, n, doubt):
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    stands = np.maximum(unit @ unit.T, 0.0) ** 2
    free, covered, chosen = ~labelled, np.zeros(len(points)), []
    if labelled.any():
        covered = stands[:, labelled].max(1)
    for _ in range(n):
        adds = [doubt[free] @ np.maximum(stands[free, j] - covered[free], 0) if free[j] and j not in chosen else -1
                for j in range(len(points))]  # fmt: skip
        chosen.append(int(np.argmax(adds)))
        covered = np.maximum(covered, stands[:, chosen[-1]])
    return chosen


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_greedy_choice(seed):
    rng = np.random.default_rng(seed)
    points, labelled, doubt = rng.normal(size=(50, 4)), rng.random(50) < 0.2, rng.uniform(0.02, 1.0, 50)
    found = labelling_order(points, labelled, n=8, weight=doubt)
    assert found.rows.tolist() == exhaustive(points, labelled, 8, doubt)
    assert (np.diff(found.gain) <= 1e-9).all()


def test_regions_without_a_label_come_first_the_largest_before_all():
    points, region = regions([40, 30, 20, 10])
    labelled = np.zeros(100, dtype=bool)
    labelled[:3] = True
    found = labelling_order(points, labelled, n=3)
    assert region[found.rows].tolist() == [1, 2, 3]
    assert found.stands_for.tolist() == [30, 20, 10]


def test_what_there_is_to_learn_draws_the_choice():
    points, region = regions([30, 30])
    doubt = np.where(region == 1, 1.0, 0.1)
    found = labelling_order(points, np.zeros(60, dtype=bool), n=6, weight=doubt)
    assert (region[found.rows] == 1).sum() >= 4


def test_copies_are_chosen_once_and_never_beside_a_labelled_one():
    points, _ = regions([10, 10])
    points[10:20] = points[10]
    units = np.r_[np.arange(10), np.full(10, 10)]
    labelled = np.zeros(20, dtype=bool)
    assert (labelling_order(points, labelled, n=20, units=units).rows >= 10).sum() == 1
    labelled[10] = True
    found = labelling_order(points, labelled, n=20, units=units)
    assert sorted(found.rows.tolist()) == list(range(10))


def test_no_group_fills_a_batch_while_others_have_items():
    points, region = regions([60, 10, 10, 10], noise=0.4)
    everything = labelling_order(points, np.zeros(90, dtype=bool), n=12)
    assert (region[everything.rows] == 0).sum() > 6
    found = labelling_order(points, np.zeros(90, dtype=bool), n=12, groups=region)
    assert np.bincount(region[found.rows]).max() <= 6
    assert len(labelling_order(points, np.zeros(90, dtype=bool), n=90, groups=region).rows) == 90


def test_a_budget_above_the_pool_takes_all_and_nothing_is_no_order():
    points, _ = regions([5])
    assert sorted(labelling_order(points, np.zeros(5, dtype=bool), n=99).rows.tolist()) == list(range(5))
    assert not len(labelling_order(points, np.ones(5, dtype=bool), n=9).rows)
    assert not len(labelling_order(np.empty((0, 3)), np.empty(0, dtype=bool), n=9).rows)


def test_many_items_are_compared_in_part(monkeypatch):
    monkeypatch.setattr("dsaudit.analysis.label.labelling_order.MOST_COMPARED", 50)
    points, region = regions([100, 100])
    one, again = (labelling_order(points, np.zeros(200, dtype=bool), n=2, seed=1) for _ in range(2))
    assert one.rows.tolist() == again.rows.tolist()
    assert set(region[one.rows]) == {0, 1}


def test_doubts_of_items_that_were_not_predicted_or_of_one_class():
    assert doubts([[np.nan, np.nan], [0.6, 0.4]]) == pytest.approx([1.0, 0.8])
    assert doubts([[1.0], [1.0]]).tolist() == [1.0, 1.0]


def test_a_model_of_few_labels_says_little():
    said = [says(n, 10) for n in (0, 10, 40, 400)]
    assert said == sorted(said)
    assert said[0] == 0.0
    assert said[-1] > 0.9
    assert says(50, 0) == says(50, 1) == 0.0
