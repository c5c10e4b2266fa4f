from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.label_fit import ITEM_FEATURES, SET_FEATURES, item_features, label_fit


def world(n=4000, k=5, *, share=0.2, seed=0):
    """Items of which a model is more or less sure, always rightly, and labels that go to the next class."""
    rng = np.random.default_rng(seed)
    right = rng.integers(0, k, n)
    sure = rng.uniform(0.5, 0.99, n)
    probs = np.full((n, k), 1.0) * ((1 - sure) / (k - 1))[:, None]
    probs[np.arange(n), right] = sure
    given = np.where(rng.random(n) < share, (right + 1) % k, right)
    return probs, given, right


def column(X, name):
    return X[:, [*ITEM_FEATURES, *SET_FEATURES].index(name)]


def test_mistakes_are_read_from_the_items_the_model_is_surest_of():
    probs, given, _ = world()
    found = label_fit(probs, given)
    planted = 0.8 * np.eye(5) + 0.2 * np.eye(5)[:, [4, 0, 1, 2, 3]]
    assert found.mistakes == pytest.approx(planted, abs=0.06)
    assert found.doubt == pytest.approx(np.full(5, 0.2), abs=0.06)
    assert found.by_rank == pytest.approx(np.full(11, 0.8), abs=0.08)


def test_a_label_that_mistakes_explain_is_told_from_one_that_is_plausible_itself():
    probs, given, _ = world(share=0.3)
    some = np.arange(20)
    found = label_fit(probs, given)
    calibrated = np.array([0.6, 0.2, 0.067, 0.067, 0.066]) ** (1 / found.calibration)
    X = item_features(found, np.tile(calibrated / calibrated.sum(), (20, 1)), some % 2 + 1)
    explained = column(X, "given_over_mistakes")
    assert explained[0] < 0.3  # the next class: its .2 are the mistakes made on the first
    assert column(X, "mistake_odds")[0] > column(X, "mistake_odds")[1] + 3


def test_order_of_items_and_classes_does_not_matter():
    probs, given, _ = world(n=600)
    rng = np.random.default_rng(1)
    probs *= rng.uniform(0.9, 1.1, probs.shape)  # no two classes are equally probable
    probs /= probs.sum(1, keepdims=True)
    order, place = rng.permutation(600), rng.permutation(5)
    moved = np.empty((600, 5))
    moved[:, place] = probs[order]
    before = item_features(label_fit(probs, given), probs, given)
    after = item_features(label_fit(moved, place[given[order]]), moved, place[given[order]])
    assert after == pytest.approx(before[order], abs=2e-3)


def test_equally_sure_items_share_one_rank():
    given = np.tile([0, 1], 50)
    probs = np.where(np.arange(2) == given[:, None], 0.6, 0.4)
    assert set(column(item_features(label_fit(probs, given), probs, given), "rank").tolist()) == {0.5}


def test_items_may_be_asked_about_another_label_and_alone():
    probs, given, _ = world(n=500)
    found = label_fit(probs, given)
    whole = item_features(found, probs, given)
    assert item_features(found, probs[7:9], given[7:9]) == pytest.approx(whole[7:9])
    other = item_features(found, probs[7:9], (given[7:9] + 2) % 5)
    assert (column(other, "given") != column(whole[7:9], "given")).any()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_almost_nothing_is_survived(n):
    probs, given, _ = world(n=n)
    assert np.isfinite(item_features(label_fit(probs, given), probs, given)).all()
