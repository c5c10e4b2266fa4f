from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.label_fit import calibrated, label_fit
from dsaudit.analysis.label.right_label import ANY_MISTAKE, BY_MISTAKES, SHARPER, judge_labels
from dsaudit.analysis.label.wrong_labels import log_odds_wrong


def world(n=6000, k=6, *, noise=0.12, kind="uniform", sharp=2.0, seed=0):
    """Right labels drawn from known posteriors, a model less sure than it could be, and labels that go wrong."""
    rng = np.random.default_rng(seed)
    posterior = rng.dirichlet(np.full(k, 0.3 / k), n)
    right = np.array([rng.choice(k, p=p) for p in posterior])
    probs = np.maximum(posterior, 1e-6) ** (1 / sharp)
    probs /= probs.sum(1, keepdims=True)
    given = right.copy()
    wrong = rng.random(n) < noise
    step = rng.integers(1, k, n) if kind == "uniform" else np.ones(n, dtype=int)
    given[wrong] = (right[wrong] + step[wrong]) % k
    return probs.astype(np.float32), given, right


def judged_of(probs, given):
    return judge_labels(label_fit(probs, given), probs, given)


@pytest.mark.parametrize(("kind", "least"), [("uniform", 0.78), ("next", 0.93)])
@pytest.mark.parametrize("noise", [0.05, 0.25])
def test_names_the_right_label(kind, least, noise):
    """The model errs on 14 % of the items itself; where fewer labels are wrong, it is not sure that they are."""
    probs, given, right = world(noise=noise, kind=kind)
    wrong = given != right
    judged = judged_of(probs, given)
    hit = judged.suggested == right
    assert hit[wrong].mean() > least
    doubted = judged.p_wrong > 0.5
    if noise > 0.1:
        assert hit[doubted].mean() == pytest.approx(judged.p_suggested[doubted].mean(), abs=0.2)


def test_learns_which_class_is_taken_for_which():
    probs, given, _ = world(noise=0.2, kind="next")
    joint = judged_of(probs, given).joint
    off = joint - np.diag(np.diag(joint))
    assert (off.argmax(0) == (np.arange(6) + 1) % 6).all()  # a column is a right label


@pytest.mark.parametrize(("n", "k"), [(800, 6), (9000, 60)])
def test_what_it_says_adds_up(n, k):
    probs, given, _ = world(n=n, k=k)
    judged = judged_of(probs, given)
    assert np.trace(judged.joint) == pytest.approx((1 - judged.p_wrong).sum())
    assert (judged.p_suggested <= judged.p_wrong).all()
    assert (judged.suggested != given).all()
    np.testing.assert_allclose(judged.joint.sum(1), np.bincount(given, minlength=k))


def test_each_label_is_judged_by_the_formula():
    probs, given, _ = world(n=40, k=4)
    found = label_fit(probs, given)
    judged = judge_labels(found, probs, given)
    q = calibrated(probs, found.calibration)
    odds = log_odds_wrong(found, probs, given)
    for j in range(40):
        others = [t for t in range(4) if t != given[j]]
        taken = [(1 - ANY_MISTAKE) * found.mistakes[t, given[j]] + ANY_MISTAKE / 4 for t in others]
        weight = np.array([q[j, t] ** SHARPER * m**BY_MISTAKES for t, m in zip(others, taken, strict=True)])
        assert judged.suggested[j] == others[weight.argmax()]
        assert judged.p_suggested[j] == pytest.approx(weight.max() / weight.sum() / (1 + np.exp(-odds[j])))


def test_order_of_items_and_classes_does_not_matter():
    probs, given, _ = world(n=900)
    first = judged_of(probs, given)
    order = np.random.default_rng(3).permutation(len(given))
    classes = np.random.default_rng(4).permutation(6)
    place = np.argsort(classes)
    again = judged_of(probs[order][:, classes], place[given[order]])
    np.testing.assert_allclose(again.p_wrong, first.p_wrong[order], atol=1e-3)
    assert (classes[again.suggested] == first.suggested[order]).all()


def test_nothing_to_judge():
    assert judged_of(np.empty((0, 3)), np.empty(0, dtype=int)).joint.sum() == 0
