"""Nearest neighbours against scikit-learn and against brute force with ties."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from dsaudit.analysis.space import neighbours
from dsaudit.analysis.space.neighbours import (
    distances_to,
    nearest_neighbours,
    nearest_of,
    recall_of,
    roughly_nearest_of,
)


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


def recall(ids, exact):
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(ids.tolist(), exact.tolist(), strict=True)])


@pytest.mark.parametrize("copies", [False, True])
def test_of_very_many_pairs_the_nearest_are_nearly_always_found(monkeypatch, copies):
    reference = rows(3_000, d=24) + 2 * rows(30, d=24, seed=1)[np.arange(3_000) % 30]
    if copies:
        reference[:2_900] = reference[0]
    X = reference[::2] + 0.3 * rows(1_500, d=24, seed=2)
    exact, _ = nearest_of(X, reference, k=3)
    assert np.array_equal(roughly_nearest_of(X, reference, k=3), exact)
    monkeypatch.setattr(neighbours, "_MOST_PAIRS", 0)
    found = roughly_nearest_of(X, reference, k=3)
    unit = reference / np.linalg.norm(reference, axis=1, keepdims=True)
    asked = X / np.linalg.norm(X, axis=1, keepdims=True)
    near, least = (np.einsum("nd,nkd->nk", asked, unit[ids]) for ids in (found, exact))
    assert (near >= least - 1e-6).mean() > 0.95
    assert np.array_equal(found, roughly_nearest_of(X, reference, k=3))


def test_cells_hold_nearly_all_and_are_reproducible():
    X = rows(12_000, d=40) + 2 * rows(60, d=40, seed=1)[np.arange(12_000) % 60]
    exact, _ = nearest_neighbours(X, k=10)
    ids, similarity = nearest_neighbours(X, k=10, exact_up_to=1000, seed=1)
    assert recall(ids, exact) > 0.95
    assert (ids != np.arange(len(X))[:, None]).all()
    assert all(len(set(row)) == 10 for row in ids.tolist())
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert np.allclose(similarity, np.einsum("nd,nkd->nk", unit, unit[ids]), atol=1e-5)
    assert (np.diff(similarity, axis=1) <= 0).all()
    again, _ = nearest_neighbours(X, k=10, exact_up_to=1000, seed=1)
    assert np.array_equal(ids, again)


@pytest.mark.parametrize("kind", ["sheet", "plane", "many near copies"])
def test_neighbours_that_lie_scattered_or_very_near_are_found(kind):
    """A curved sheet has no clusters: the 8 nearest cells hold half of the neighbours. Near copies of a row differ in
    less than what would be left of them in few bits.
    """
    rng = np.random.default_rng(0)
    if kind == "many near copies":
        X = rows(150, d=40, seed=1)[np.arange(15_000) % 150] + 1e-2 * rows(15_000, d=40)
    else:
        bend = np.sin if kind == "sheet" else np.asarray
        X = bend(rng.standard_normal((15_000, n := 20 if kind == "sheet" else 2)) @ rng.standard_normal((n, 40)))
    ids, _ = nearest_neighbours(X, k=10, exact_up_to=1000)
    assert recall_of(X, ids) > 0.95


def test_recall_is_the_share_of_true_neighbours():
    X = np.random.default_rng(0).standard_normal((400, 5))
    exact, _ = nearest_neighbours(X, k=4)
    assert recall_of(X, exact) == 1.0
    assert recall_of(X, exact[:, ::-1]) == 1.0
    spoilt = exact.copy()
    spoilt[:, :1] = np.arange(400)[:, None]
    assert recall_of(X, spoilt) == 0.75
    assert recall_of(X, np.empty((400, 0), dtype=np.int64)) == 1.0


def test_rows_with_many_copies_are_not_their_own_neighbours():
    X = np.concatenate([np.ones((5_000, 3)), rows(1_000, d=3, seed=2)]).astype(np.float32)
    ids, similarity = nearest_neighbours(X, k=5, exact_up_to=100)
    assert np.allclose(similarity[:5_000], 1.0)
    assert (ids[:5_000] <= 5).all(), "copies are known by the first of them, or all would be compared with all"
    assert recall_of(X, ids) > 0.99
    assert (ids != np.arange(len(X))[:, None]).all()


def test_rows_whose_cells_hold_too_few_find_enough_others():
    X = rows(1_500, seed=3)
    exact, similarity = nearest_neighbours(X, k=1_300)
    ids, found = nearest_neighbours(X, k=1_300, exact_up_to=10)
    assert np.allclose(found, similarity, atol=1e-6)
    assert (ids == exact).mean() > 0.999


@pytest.mark.parametrize("d", [1, 2, 3, 40])
def test_cells_take_few_columns_and_rows_of_zeros(d):
    X = rows(3_000, d=d)
    X[:100] = 0.0
    ids, similarity = nearest_neighbours(X, k=5, exact_up_to=100)
    assert (ids >= 0).all()
    assert (ids != np.arange(len(X))[:, None]).all()
    assert recall_of(X, ids) > 0.95
    assert (similarity[:100] == 0.0).all()


def test_the_nearest_alone_is_the_first_of_equals():
    reference = np.repeat(np.eye(3, dtype=np.float32), 200, axis=0)
    ids, similarity = nearest_of(np.eye(3), reference)
    assert ids[:, 0].tolist() == [0, 200, 400]
    assert np.allclose(similarity, 1.0)


def test_distances_are_euclidean():
    X = rows(50)
    ids, _ = nearest_neighbours(X, k=4)
    expected = [[np.linalg.norm(X[j].astype(float) - X[i]) for j in row] for i, row in enumerate(ids)]
    distance = distances_to(X, ids, block=7)
    assert distance.dtype == np.float64
    assert np.allclose(distance, expected, atol=1e-5)
