"""Nearest neighbours against scikit-learn and against brute force with ties."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from dsaudit.analysis.neighbours import nearest_neighbours, nearest_of


def rows(n, d=16, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@pytest.mark.parametrize("n", [50, 1000, 3500])
def test_agrees_with_scikit_learn(n):
    X = rows(n)
    ids, similarity = nearest_neighbours(X, k=10)
    reference = NearestNeighbors(n_neighbors=11, metric="cosine", algorithm="brute").fit(X)
    distance, expected = reference.kneighbors(X)
    assert (ids == expected[:, 1:]).mean() > 0.999
    assert np.allclose(1 - similarity, distance[:, 1:], atol=1e-5)
    assert similarity.dtype == np.float32


def test_nobody_is_its_own_neighbour():
    ids, _ = nearest_neighbours(np.ones((20, 3)), k=5)
    assert (ids != np.arange(20)[:, None]).all()


@pytest.mark.parametrize("n", [40, 3000])
def test_equal_similarities_come_by_row_number(n):
    X = np.zeros((n, 4), dtype=np.float32)
    X[:, 0] = 1.0
    ids, similarity = nearest_neighbours(X, k=4)
    assert ids[10].tolist() == [0, 1, 2, 3]
    assert ids[1].tolist() == [0, 2, 3, 4]
    assert np.allclose(similarity, 1.0)


def test_copies_among_others_are_found_in_order():
    X = rows(3000)
    X[[5, 700, 2999]] = X[17]
    ids, _ = nearest_neighbours(X, k=3)
    assert ids[17].tolist() == [5, 700, 2999]


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_rows(n):
    ids, similarity = nearest_neighbours(rows(n), k=5)
    assert ids.shape == similarity.shape == (n, max(0, n - 1))


def test_a_row_of_zeros_is_like_nothing():
    X = rows(10)
    X[3] = 0.0
    _, similarity = nearest_neighbours(X, k=9)
    assert (similarity[3] == 0.0).all()


def test_neighbours_in_another_set():
    X, other = rows(30, seed=1), rows(200, seed=2)
    ids, similarity = nearest_of(X, other, k=2)
    unit = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (X, other)]
    cosine = unit[0] @ unit[1].T
    assert np.array_equal(ids[:, 0], cosine.argmax(1))
    assert np.allclose(similarity[:, 0], cosine.max(1), atol=1e-6)


def test_descent_finds_nearly_all_and_is_reproducible():
    X = rows(6000, d=24) + 2 * rows(60, d=24, seed=1)[np.arange(6000) % 60]
    exact, _ = nearest_neighbours(X, k=10)
    ids, similarity = nearest_neighbours(X, k=10, exact_up_to=1000, seed=1)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(ids.tolist(), exact.tolist(), strict=True)])
    assert recall > 0.95
    assert (np.diff(similarity, axis=1) <= 0).all()
    again, _ = nearest_neighbours(X, k=10, exact_up_to=1000, seed=1)
    assert np.array_equal(ids, again)
