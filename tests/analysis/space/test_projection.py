"""The map keeps neighbours together and falls back where there is too little to map."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

from dsaudit.analysis.space.projection import project


def planted(n_clusters=5, size=60, d=24, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(n_clusters), size)
    return (rng.standard_normal((n_clusters, d))[truth] * 3 + rng.standard_normal((len(truth), d))), truth


def test_neighbours_stay_neighbours():
    space, truth = planted()
    xy, method = project(space)
    assert method == "umap"
    assert xy.dtype == np.float32
    assert trustworthiness(space, xy, n_neighbors=10, metric="cosine") > 0.9
    assert silhouette_score(xy, truth) > 0.5


def test_same_seed_same_bytes():
    space, _ = planted(2, 40)
    assert project(space, seed=7)[0].tobytes() == project(space, seed=7)[0].tobytes()


def test_the_rest_is_put_beside_its_sampled_neighbours():
    space, truth = planted(4, 100)
    xy, method = project(space, max_fit=150)
    assert method == "umap"
    assert np.isfinite(xy).all()
    assert silhouette_score(xy, truth) > 0.5


@pytest.mark.parametrize("n", [0, 1, 2, 14])
def test_few_items_are_laid_out_by_principal_components(n):
    xy, method = project(np.random.default_rng(0).standard_normal((n, 6)))
    assert (xy.shape, method) == ((n, 2), "pca")


def test_copies_of_one_item_lie_on_one_point():
    xy, method = project(np.ones((40, 3)))
    assert method == "pca"
    assert not xy.any()


def test_fifteen_items_are_enough():
    xy, method = project(np.random.default_rng(0).standard_normal((15, 1)))
    assert method == "umap"
    assert np.isfinite(xy).all()
