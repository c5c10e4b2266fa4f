"""The space against scikit-learn's principal components."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from dsaudit.analysis.space.embedding_space import embedding_space, principal_axes


@pytest.mark.parametrize("shape", [(200, 12), (15, 60)])
def test_agrees_with_scikit_learn_up_to_sign(shape):
    X = np.random.default_rng(0).standard_normal(shape) * np.linspace(1, 9, shape[1]) + 5
    ours = embedding_space(X, n_components=5)
    theirs = PCA(5).fit_transform(StandardScaler().fit_transform(X))
    assert np.allclose(np.abs(ours), np.abs(theirs), atol=1e-3)
    assert ours.dtype == np.float32


def test_columns_that_do_not_vary_change_nothing():
    X = np.random.default_rng(1).standard_normal((50, 6))
    padded = np.hstack([X, np.full((50, 2), 3.0)])
    assert np.allclose(embedding_space(X), embedding_space(padded))


@pytest.mark.parametrize("X", [np.zeros((0, 4)), np.ones((1, 4)), np.ones((7, 4))])
def test_nothing_to_compare(X):
    space = embedding_space(X)
    assert len(space) == len(X)
    assert not space.any()


def test_a_sample_gives_about_the_same_axes(monkeypatch):
    monkeypatch.setattr("dsaudit.analysis.space.embedding_space._MAX_FIT", 400)
    X = np.random.default_rng(2).standard_normal((2000, 5)) @ np.diag([9, 5, 1, 1, 1])
    X = X @ np.linalg.qr(np.random.default_rng(3).standard_normal((5, 5)))[0]
    sampled = embedding_space(X, n_components=1)
    assert len(sampled) == 2000
    assert np.array_equal(sampled, embedding_space(X, n_components=1))


@pytest.mark.parametrize("shape", [(200, 12), (15, 60)])
def test_axes_are_good_for_other_rows_and_whiten_as_scikit_learn_does(shape):
    X = np.random.default_rng(0).standard_normal((2 * shape[0], shape[1])) * np.linspace(1, 9, shape[1]) + 5
    seen, new = X[: shape[0]], X[shape[0] :]
    scaler = StandardScaler().fit(seen)
    theirs = PCA(5, whiten=True, svd_solver="full").fit(scaler.transform(seen)).transform(scaler.transform(new))
    ours = principal_axes(seen, n_components=5).apply(new, whiten=True)
    factor = np.sqrt(shape[0] / (shape[0] - 1))  # theirs divides by the spread of a sample
    assert np.allclose(np.abs(ours), factor * np.abs(theirs), atol=1e-3)
