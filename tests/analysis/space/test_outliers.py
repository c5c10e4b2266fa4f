"""Planted outliers stand out, and a class that is spread wide is not one of them."""

from __future__ import annotations

import numpy as np

from dsaudit.analysis.space.neighbours import nearest_neighbours
from dsaudit.analysis.space.outliers import outlier_scores


def distance_with_outliers(seed=0, n=300, n_out=6):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((3, 30))[rng.integers(0, 3, n)] * 6 + rng.standard_normal((n, 30))
    X[:n_out] = rng.standard_normal((n_out, 30)) * 6
    ids, _ = nearest_neighbours(X, k=10)
    return np.linalg.norm(X[:, None] - X[ids], axis=2)


def test_planted_outliers_come_first():
    table = outlier_scores(distance_with_outliers())
    assert set(table["score"].nsmallest(6).index) == set(range(6))
    assert table["flagged"].iloc[:6].all()
    assert table["flagged"].iloc[6:].mean() < 0.02


def test_flags_agree_with_scores():
    table = outlier_scores(distance_with_outliers(1), max_deviation=3.0)
    assert table["score"].between(0, 1).all()
    assert (table["flagged"] == (table["score"] < 0.5)).all()


def test_a_class_spread_wide_is_compared_with_itself():
    rng = np.random.default_rng(2)
    distance = np.concatenate([rng.normal(0.05, 0.01, (200, 5)), rng.normal(0.5, 0.05, (40, 5))]).clip(0)
    labels = np.array(["word"] * 200 + ["noise"] * 40, dtype=object)
    assert outlier_scores(distance)["flagged"].iloc[200:].all()
    assert not outlier_scores(distance, labels=labels)["flagged"].iloc[200:].any()


def test_small_classes_and_missing_labels_are_compared_with_all():
    distance = distance_with_outliers()
    labels = np.array(["rare"] * 6 + [None] * 294, dtype=object)
    assert outlier_scores(distance, labels=labels)["flagged"].equals(outlier_scores(distance)["flagged"])


def test_words_that_no_other_has_lie_in_the_middle_and_are_told_by_their_angle():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((3, 30))[np.arange(300) % 3] + 0.3 * rng.standard_normal((300, 30))
    X *= rng.lognormal(0, 0.6, (300, 1))
    X[:4] = 0.05 * rng.standard_normal((4, 30))
    ids, similarity = nearest_neighbours(X, k=10)
    distance = np.linalg.norm(X[:, None] - X[ids], axis=2)
    by_distance = outlier_scores(distance)["flagged"]
    table = outlier_scores(distance, similarity)
    assert set(table["score"].nsmallest(4).index) == set(range(4))
    assert table["flagged"].iloc[:4].all()
    assert not by_distance.iloc[:4].any()
    assert table["flagged"].iloc[4:].equals(by_distance.iloc[4:])


def test_nothing_to_judge():
    assert outlier_scores(np.empty((0, 5))).empty
    assert not outlier_scores(np.empty((3, 0)))["flagged"].any()
    assert not outlier_scores(np.ones((30, 4)))["flagged"].any()
