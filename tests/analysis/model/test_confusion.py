"""Confusion counts, their order and their pairs."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from dsaudit.analysis.model.confusion import confused_pairs, confusion_counts, row_normalised, seriation_order


def test_counts_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    given, predicted = rng.integers(0, 7, 500), rng.integers(0, 7, 500)
    assert np.array_equal(
        confusion_counts(given, predicted, n_classes=9), confusion_matrix(given, predicted, labels=range(9))
    )


def test_counts_leave_out_labels_that_are_not_learned():
    assert confusion_counts([0, -1, 1], [0, 0, 0], n_classes=2).tolist() == [[1, 0], [1, 0]]


def test_rows_sum_to_one_or_to_nothing():
    share = row_normalised([[3, 1], [0, 0]])
    assert share.tolist() == [[0.75, 0.25], [0.0, 0.0]]


@pytest.mark.parametrize("k", [0, 1, 2, 3, 12, 200])
def test_order_is_a_permutation(k):
    counts = np.random.default_rng(k).integers(0, 50, (k, k))
    order = seriation_order(counts)
    assert sorted(order) == list(range(k))
    assert order == seriation_order(counts)


def test_confused_classes_stand_side_by_side():
    counts = np.diag([50] * 6)
    for a, b in ((0, 4), (1, 5), (2, 3)):
        counts[a, b] = counts[b, a] = 20
    order = seriation_order(counts)
    place = {number: i for i, number in enumerate(order)}
    assert all(abs(place[a] - place[b]) == 1 for a, b in ((0, 4), (1, 5), (2, 3)))


def test_order_without_any_confusion_is_that_of_the_classes():
    assert seriation_order(np.eye(8, dtype=int)) == list(range(8))


def test_pairs_name_their_items_most_confident_first():
    probs = np.array([[0.4, 0.6, 0.0], [0.1, 0.9, 0.0], [1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.3, 0.3, 0.4]])
    pairs = confused_pairs([0, 0, 0, 1, -1], probs, classes=["a", "b", "c"], item_ids=["i", "j", "k", "l", "m"])
    assert pairs.to_dict("records") == [
        {"given": "a", "predicted": "b", "count": 2, "share_of_given": pytest.approx(2 / 3), "item_ids": ["j", "i"]},
        {"given": "b", "predicted": "a", "count": 1, "share_of_given": 1.0, "item_ids": ["l"]},
    ]


def test_no_items_no_pairs():
    assert confused_pairs([], np.empty((0, 2)), classes=["a", "b"], item_ids=[]).empty
