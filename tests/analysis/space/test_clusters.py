"""Clusters planted in many dimensions are found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from dsaudit.analysis.space.clusters import cluster_summary, find_clusters, typical_rows


def planted(n_clusters=4, size=40, d=32, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n_clusters, d)) * 4
    truth = np.repeat(np.arange(n_clusters), size)
    return (centres[truth] + rng.standard_normal((len(truth), d))).astype(np.float32), truth


def test_planted_clusters_are_found():
    space, truth = planted()
    found = find_clusters(space)
    assert found.max() == 3
    assert (found < 0).mean() < 0.05
    assert adjusted_rand_score(truth, found) > 0.95


def test_clusters_are_numbered_by_size():
    space, truth = planted(3, 60)
    keep = np.concatenate([np.flatnonzero(truth == c)[:n] for c, n in ((0, 20), (1, 60), (2, 40))])
    counts = np.bincount(find_clusters(space[keep]) + 1)[1:]
    assert (np.diff(counts) <= 0).all()


def test_same_input_same_clusters():
    space, _ = planted(seed=3)
    assert np.array_equal(find_clusters(space, seed=1), find_clusters(space, seed=1))


def test_a_sample_speaks_for_all(monkeypatch):
    monkeypatch.setattr("dsaudit.analysis.space.clusters.MAX_FIT", 120)
    space, truth = planted(3, 150)
    found = find_clusters(space)
    assert adjusted_rand_score(truth[found >= 0], found[found >= 0]) > 0.95


def test_large_graphs_take_the_sparse_way(monkeypatch):
    space, truth = planted(5, 40)
    monkeypatch.setattr("dsaudit.analysis.space.clusters._MAX_DENSE", 10)
    assert adjusted_rand_score(truth, find_clusters(space)) > 0.9


@pytest.mark.parametrize("n", [0, 1, 4, 14])
def test_too_few_items_are_in_no_cluster(n):
    assert find_clusters(np.random.default_rng(0).standard_normal((n, 5))).tolist() == [-1] * n


def test_copies_of_one_item_do_not_break_it():
    assert len(find_clusters(np.ones((50, 4)))) == 50


def test_typical_rows_are_in_the_middle():
    space = np.array([[0.0], [1.0], [2.0], [3.0], [100.0]])
    assert typical_rows(space, [0, 1, 2, 3, 4], n_typical=2) == [2, 1]
    assert typical_rows(space, []) == []


def test_summary_counts_labels_and_names_items():
    space, truth = planted(2, 30)
    ids = [f"i{n:02d}" for n in range(60)]
    labels = pd.Series(["a"] * 25 + ["b"] * 5 + [None] * 30, index=ids)
    summary = cluster_summary(pd.Series(truth, index=ids), space, labels=labels, n_typical=3)
    assert [c["n"] for c in summary] == [30, 30]
    assert summary[0]["labels"] == [["a", 25], ["b", 5]]
    assert summary[1]["labels"] == []
    assert set(summary[0]["typical"]) <= set(ids[:30])
    assert len(summary[0]["typical"]) == 3


def test_items_in_no_cluster_are_not_summed_up():
    assert cluster_summary(pd.Series([-1, -1], index=["a", "b"]), np.zeros((2, 2))) == []
