from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.label.stacking import with_neighbours


def planted(n=1200, k=4, seed=0):
    rng = np.random.default_rng(seed)
    right = rng.integers(0, k, n)
    given = np.where(rng.random(n) < 0.1, (right + 1) % k, right)
    logits = rng.normal(0, 1.5, (n, k)) + 2 * np.eye(k)[right]
    probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    same = [np.flatnonzero(right == c) for c in range(k)]
    near = np.stack([rng.choice(same[c], 8) for c in right])
    near = np.where(rng.random(near.shape) < 0.4, rng.integers(0, n, near.shape), near)
    return probs.astype(np.float32), given, right, near


def test_neighbours_that_know_better_are_listened_to():
    probs, given, right, near = planted()
    joined, weights = with_neighbours(probs, given, near)
    assert weights[1] > 0.3
    assert (joined.argmax(1) == right).mean() > (probs.argmax(1) == right).mean() + 0.05
    np.testing.assert_allclose(joined.sum(1), 1, atol=1e-5)


def test_neighbours_that_know_nothing_are_not():
    probs, given, right, near = planted()
    strangers = np.random.default_rng(1).integers(0, len(given), near.shape)
    joined, weights = with_neighbours(probs, given, strangers)
    assert weights[1] < 0.2
    assert abs((joined.argmax(1) == right).mean() - (probs.argmax(1) == right).mean()) < 0.02


def test_the_exponents_are_the_maximum_of_the_likelihood():
    probs, given, _, near = planted()
    weights = with_neighbours(probs, given, near).weights

    def loss(a, b):
        votes = 2.0 * probs.astype(float)
        for column in near.T:
            votes[np.arange(len(probs)), given[column]] += 1
        votes /= votes.sum(1, keepdims=True)
        joined = np.maximum(probs, 1e-4) ** a * votes**b
        return -np.log((joined / joined.sum(1, keepdims=True))[np.arange(len(given)), given]).mean()

    best = loss(*weights)
    for da, db in ((0.05, 0), (-0.05, 0), (0, 0.05), (0, -0.05)):
        assert loss(weights[0] + da, weights[1] + db) > best - 1e-6


def test_without_neighbours_nothing_changes():
    probs, given, _, near = planted(n=50)
    joined, weights = with_neighbours(probs, given, np.full_like(near, -1))
    assert weights == (1.0, 0.0)
    np.testing.assert_array_equal(joined, probs)
    some = near.copy()
    some[:10] = -1
    assert np.isfinite(with_neighbours(probs, given, some).pred_probs).all()


@pytest.mark.parametrize("n", [0, 1])
def test_almost_nothing_is_survived(n):
    joined, _ = with_neighbours(np.full((n, 3), 1 / 3), np.zeros(n, dtype=int), np.full((n, 2), -1))
    assert joined.shape == (n, 3)
