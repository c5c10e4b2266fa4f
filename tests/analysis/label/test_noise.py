from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.noise import WRONG_MODEL, NoiseModel, fit_noise, judge_labels


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


@pytest.mark.parametrize("kind", ["uniform", "next"])
@pytest.mark.parametrize("noise", [0.05, 0.12, 0.25])
def test_counts_planted_errors_and_says_how_sure_it_is(kind, noise):
    probs, given, right = world(noise=noise, kind=kind)
    wrong = given != right
    judged = judge_labels(fit_noise(probs, given), probs, given)
    # the model errs on 14 % of the items itself: where fewer labels are wrong, some of that is taken for them
    assert judged.p_wrong.sum() == pytest.approx(wrong.sum(), rel=0.2 if noise > 0.1 else 0.45)
    for low, high in ((0.05, 0.5), (0.5, 0.9), (0.9, 1.01)):
        among = (judged.p_wrong >= low) & (judged.p_wrong < high)
        assert wrong[among].mean() == pytest.approx(judged.p_wrong[among].mean(), abs=0.15 if noise > 0.1 else 0.2)


def test_learns_which_class_is_taken_for_which():
    probs, given, _ = world(noise=0.2, kind="next")
    model = fit_noise(probs, given)
    assert (model.confusions.argmax(1) == (np.arange(6) + 1) % 6).all()
    joint = judge_labels(model, probs, given).joint
    off = joint - np.diag(np.diag(joint))
    assert (off.argmax(0) == (np.arange(6) + 1) % 6).all()  # a column is a right label


def test_what_it_says_adds_up():
    probs, given, _ = world(n=800)
    judged = judge_labels(fit_noise(probs, given), probs, given)
    assert judged.joint.sum() == pytest.approx(800, rel=1e-5)
    assert np.trace(judged.joint) == pytest.approx((1 - judged.p_wrong).sum(), rel=1e-4)
    assert (judged.p_suggested <= judged.p_wrong + 1e-6).all()
    assert (judged.suggested != given).all()
    np.testing.assert_allclose(judged.joint.sum(1), np.bincount(given, minlength=6), rtol=1e-5)


def test_the_posterior_is_bayes_rule():
    """Against the sums written out for one item at a time."""
    probs, given, _ = world(n=40, k=4)
    model = NoiseModel(
        calibration=1.0,
        sharpness=2.0,
        rate=(-2.0, 0.5, 0.1),
        doubtful=0.3,
        confusions=np.array([[0, 0.5, 0.3, 0.2], [0.1, 0, 0.8, 0.1], [0.4, 0.4, 0, 0.2], [1, 0, 0, 0]]),
        centre=0.5,
        spread=0.2,
    )
    judged = judge_labels(model, probs, given)
    for p, y, found in zip(probs.astype(float), given, judged.p_wrong, strict=True):
        q = np.maximum(p, 1e-4)
        q /= q.sum()
        sharp, dull = q**2 / (q**2).sum(), q**0.8 / (q**0.8).sum()
        truth = (1 - WRONG_MODEL) * sharp + WRONG_MODEL * dull
        z = (-(q * np.log(q)).sum() / np.log(4) - 0.5) / 0.2
        rate = 1 / (1 + np.exp(2.0 - 0.5 * z - 0.1 * z * z))
        by_right = [
            truth[t] * ((1 - rate) if t == y else rate * (0.3 * q[y] / (1 - q[t]) + 0.7 * model.confusions[t, y]))
            for t in range(4)
        ]
        assert found == pytest.approx(1 - by_right[y] / sum(by_right), abs=1e-4)


def test_many_classes_are_judged_by_the_most_probable_ones():
    probs, given, right = world(n=3000, k=60, noise=0.15)
    wrong = given != right
    judged = judge_labels(fit_noise(probs, given), probs, given)
    assert judged.p_wrong.sum() == pytest.approx(wrong.sum(), rel=0.3)
    assert judged.p_wrong[wrong].mean() > 0.7
    assert judged.p_wrong[~wrong].mean() < 0.1
    assert judged.joint.sum() == pytest.approx(3000, rel=0.02)


def test_order_of_items_and_classes_does_not_matter():
    probs, given, _ = world(n=900)
    first = judge_labels(fit_noise(probs, given), probs, given)
    order = np.random.default_rng(3).permutation(len(given))
    classes = np.random.default_rng(4).permutation(6)
    place = np.argsort(classes)
    shuffled = probs[order][:, classes]
    again = judge_labels(fit_noise(shuffled, place[given[order]]), shuffled, place[given[order]])
    np.testing.assert_allclose(again.p_wrong, first.p_wrong[order], atol=2e-2)


def test_clean_labels_of_a_sure_model_are_trusted():
    probs, given, _ = world(noise=0.0, sharp=1.0)
    sure = np.full((2000, 4), 0.001, dtype=np.float32)
    labels = np.arange(2000) % 4
    sure[np.arange(2000), labels] = 0.997
    assert judge_labels(fit_noise(sure, labels), sure, labels).p_wrong.sum() < 5
    assert judge_labels(fit_noise(probs, given), probs, given).p_wrong.mean() < 0.12


def test_what_a_weak_model_does_not_know_is_not_taken_for_errors():
    """Posteriors of overlapping classes, exactly right, and hardly a wrong label: all doubt is the model's own."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 1.2, (3000, 6))
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    right = (probs.cumsum(1) < rng.random((3000, 1))).sum(1).clip(0, 5)
    given = np.where(rng.random(3000) < 0.02, (right + 1) % 6, right)
    model = fit_noise(probs, given)
    assert model.strength < 0.5 < fit_noise(*world(noise=0.05)[:2]).strength
    assert judge_labels(model, probs, given).p_wrong.mean() < 0.15
