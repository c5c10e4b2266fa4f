"""Stated precision against planted truth, and a class that only the unlabelled part has."""

from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.prelabel import calibration, class_weights, farness, new_groups, of_model_mean, stated_lists
from dsaudit.analysis.space.neighbours import nearest_neighbours


def said(n, seed, *, shift=0.0, slope=1.0):
    """What a model says, and whether it is right: its log odds are off by a straight line."""
    rng = np.random.default_rng(seed)
    confidence = rng.beta(4.0, 1.0, n)
    odds = shift + slope * np.log(confidence / (1.0 - confidence))
    return confidence, rng.random(n) < 1.0 / (1.0 + np.exp(-odds))


@pytest.mark.parametrize(("shift", "slope"), [(0.0, 1.0), (-1.0, 0.8), (0.8, 1.3)])
def test_what_is_stated_of_a_list_is_true(shift, slope):
    fit = calibration(*said(2000, 0, shift=shift, slope=slope))
    confidence, right = said(20_000, 1, shift=shift, slope=slope)
    lists = stated_lists(fit, confidence)
    assert [row["least"] for row in lists] == sorted(row["least"] for row in lists)
    for row in lists:
        listed = fit.probability(confidence) >= row["least"]
        assert row["n"] == listed.sum()
        assert row["precision"].value == pytest.approx(right[listed].mean(), abs=0.02)
        assert row["precision"].low <= right[listed].mean() <= row["precision"].high


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held = []
    for seed in range(60):
        fit = calibration(*said(150, 2 * seed, shift=-0.5))
        confidence, right = said(100, 2 * seed + 1, shift=-0.5)
        stated = fit.precision(confidence)
        held.append(stated.low <= right.mean() <= stated.high)
    assert 0.85 <= np.mean(held) <= 1.0


def test_a_handful_of_items_moves_little_and_none_nothing():
    assert calibration([], []).probability([0.7])[0] == pytest.approx(0.7, abs=0.04)
    assert calibration([], []).lower([0.99])[0] < 0.9
    assert 0.5 < calibration([0.9], [False]).probability([0.9])[0] < 0.9


def test_classes_of_few_labels_count_as_much_as_chance_alone_would_leave_of_them():
    """Of a class with more labels more is right; how many each has is chance."""
    said_of, off = {True: [], False: []}, 0.0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 10, 50)
        chance = 0.1 * np.bincount(labels, minlength=10)
        right = rng.random(50) < np.minimum(chance[labels], 1.0)
        off += np.minimum(chance, 1.0).mean() / 60
        for weighed, own in said_of.items():
            fit = calibration(np.full(50, 0.5), right, weight=class_weights(labels) if weighed else None)
            own.append(fit.probability([0.5])[0])
    assert np.mean(said_of[True]) == pytest.approx(off, abs=0.025)
    assert np.mean(said_of[False]) > off + 0.04
    assert class_weights(["a"] * 900 + ["b"] * 30) == pytest.approx(np.ones(930), abs=0.05)


def test_groups_that_err_together_are_counted_as_groups():
    """Each of twenty speakers is understood or not; other speakers are asked for."""
    held = {True: [], False: []}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        chance = rng.beta(2.0, 1.0, 40)
        speaker = np.repeat(np.arange(40), 15)
        right = rng.random(600) < chance[speaker]
        for grouped, own in held.items():
            fit = calibration(np.full(300, 0.7), right[:300], units=speaker[:300] if grouped else None)
            stated = fit.precision(np.full(300, 0.7))
            own.append(stated.low <= right[300:].mean() <= stated.high)
    assert np.mean(held[True]) >= 0.9
    assert np.mean(held[False]) < 0.75


def test_the_mean_of_models_is_as_often_right_as_their_agreement_tells():
    """Each of five models is right by a chance of the item; calibrated is one, and stated the mean."""
    rng = np.random.default_rng(2)
    chance = rng.beta(3.0, 1.5, 4000)
    says = np.where(rng.random((5, 4000)) < chance, 0, rng.integers(1, 4, (5, 4000)))
    probs = np.stack([(says == k).mean(axis=0) for k in range(4)], axis=1) * 0.9 + 0.025
    agreement = (says == probs.argmax(axis=1)).mean(axis=0)
    right = probs.argmax(axis=1) == 0
    one = calibration(probs.max(axis=1), says[0] == 0)
    stated = of_model_mean(one, probs, agreement).probability(probs.max(axis=1)).mean()
    assert right.mean() - (says[0] == 0).mean() > 0.05
    assert stated == pytest.approx(right.mean(), abs=0.03)
    alone = of_model_mean(one, probs, np.ones(4000))
    assert alone.coefficients == pytest.approx(one.coefficients, abs=1e-6)


def world(n_new, seed=0):
    """Four directions, of which the last is all unlabelled; half of the others is."""
    rng = np.random.default_rng(seed)
    true = np.concatenate([np.arange(240) % 3, np.full(n_new, 3)])
    points = 4.0 * np.eye(8)[true] + rng.standard_normal((len(true), 8))
    return points, true, (rng.random(len(true)) < 0.5) & (true < 3)


def grouped(points, labelled):
    share, nearest = farness(points, labelled, np.arange(len(points)))
    return share, new_groups(share, nearest, *nearest_neighbours(points.astype(np.float32), k=10))


def test_a_class_that_only_the_unlabelled_part_has_is_a_group():
    points, true, labelled = world(40)
    share, groups = grouped(points, labelled)
    assert np.isnan(share[labelled]).all()
    assert (groups[true == 3] == 0).mean() > 0.8
    assert (groups[true < 3] >= 0).mean() < 0.02


def test_without_a_new_class_shares_are_even_and_nothing_is_a_group():
    points, _, labelled = world(0)
    share, groups = grouped(points, labelled)
    assert np.quantile(share[~labelled], [0.25, 0.5, 0.75]) == pytest.approx([0.25, 0.5, 0.75], abs=0.12)
    assert (groups >= 0).mean() < 0.02


def test_of_very_many_without_a_label_those_that_lie_apart_by_chance_are_no_group():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 4, 5_000)
    points = 2.0 * rng.standard_normal((4, 12))[true] + rng.standard_normal((5_000, 12))
    assert not (grouped(points, np.arange(5_000) < 250)[1] >= 0).any()


def test_items_of_one_unit_are_not_compared():
    points = np.repeat(np.random.default_rng(0).standard_normal((20, 6)), 2, axis=0)
    labelled = np.arange(40) % 2 == 0
    _, together = farness(points, labelled, np.arange(40) // 2)
    _, apart = farness(points, labelled, np.arange(40))
    assert (apart[~labelled] > 0.999).all()
    assert (together[~labelled] < 0.999).all()
