"""Our own graph and layout against umap-learn's, which takes over for large sets."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
from scipy.sparse import load_npz
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from dsaudit.analysis.space import umap as module
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbour_graph import neighbour_graph, neighbours_and_self
from dsaudit.analysis.space.projection import project


def digits(n=400):
    return np.asarray(embedding_space(load_digits().data[:n].astype(np.float32)), dtype=np.float32)


GRAPH = """
import sys, warnings
import numpy as np
warnings.simplefilter("ignore")
from umap.umap_ import fuzzy_simplicial_set
from scipy.sparse import save_npz
held = np.load(sys.argv[1])
points, ids, distances = (held[name] for name in ("points", "ids", "distances"))
state = np.random.RandomState(0)
graph = fuzzy_simplicial_set(points, ids.shape[1], state, "cosine", knn_indices=ids, knn_dists=distances)[0]
save_npz(sys.argv[2], graph)
"""
"""umap-learn's graph in a process that compiles nothing, which would take a minute: 430 rows need half a second."""


def test_the_graph_is_umap_learns(tmp_path):
    points = digits()
    points = np.concatenate((points, points[:30]))  # with copies: distances of nought
    ids, distances = neighbours_and_self(points, 14)
    given, made = tmp_path / "given.npz", tmp_path / "made.npz"
    np.savez(given, points=points, ids=ids, distances=distances)
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", GRAPH, str(given), str(made)], check=True, env=environment)
    ours, reference = neighbour_graph(points), load_npz(made)
    assert abs(ours - reference).max() < 1e-4
    assert abs(ours - ours.T).max() == 0
    assert not ours.diagonal().any()


def test_the_curve_is_fitted_to_the_smallest_distance():
    from scipy.optimize import curve_fit

    x = np.linspace(0, 3, 300)
    y = np.where(x < module._MIN_DISTANCE, 1.0, np.exp(module._MIN_DISTANCE - x))
    (a, b), _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), x, y)
    assert np.allclose((module._A, module._B), (a, b), rtol=1e-4)


def test_both_layouts_keep_neighbours_alike(monkeypatch):
    points = digits()
    ours, _ = project(points)
    monkeypatch.setattr(module, "MAX_NUMPY", 100)
    reference, _ = project(points)
    kept = [trustworthiness(points, xy, n_neighbors=14, metric="cosine") for xy in (ours, reference)]
    assert kept[0] > kept[1] - 0.01
    assert kept[1] > 0.95
    assert 0.5 < np.ptp(ours, axis=0).prod() / np.ptp(reference, axis=0).prod() < 2


def test_seeds_tell_layouts_apart():
    points = digits(100)
    one, again, other = (project(points, seed=s)[0] for s in (1, 1, 2))
    assert one.tobytes() == again.tobytes() != other.tobytes()


def test_many_rows_are_laid_out_without_the_rest_of_umap_learn():
    script = (
        "import sys; import numpy as np; from dsaudit.analysis.space import umap; umap.MAX_NUMPY = 9\n"
        "rows = np.random.default_rng(0).normal(0, 1, (40, 3)).astype(np.float32)\n"
        "one, again = (umap.embed_in_plane(rows, rows[:, :2], n_neighbours=5, seed=1) for _ in range(2))\n"
        "assert one.tobytes() == again.tobytes() and np.isfinite(one).all()\n"
        "assert 'pynndescent' not in sys.modules and 'umap' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)
