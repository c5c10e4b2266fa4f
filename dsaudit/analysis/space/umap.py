"""The map itself: UMAP's layout, here in NumPy for what most datasets hold, by umap-learn above that.

NumPy lays out 2,000 items in one second, as well by trustworthiness and by neighbours kept; above ten thousand
umap-learn's order of steps, one edge at a time, is the better one.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.neighbour_graph import neighbour_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from scipy.sparse import csr_array

    Floats = npt.NDArray[np.float32]

MAX_NUMPY = 10_000
"""Rows up to which umap-learn is not asked."""
_N_EPOCHS, _N_EPOCHS_OF_MANY = 500, 200
_MIN_DISTANCE = 0.1
_A, _B = np.float32(1.5769434603), np.float32(0.8950608779)
"""Closeness on the map is ``1 / (1 + A d^2B)``: the best fit to 1 up to ``_MIN_DISTANCE`` and ``exp`` beyond."""
_N_PUSHED = 5
"""Random rows that are pushed away for each neighbour that is pulled."""
_LONGEST_STEP = np.float32(4.0)
_LAYOUTS: dict[str, ModuleType] = {}


def embed_in_plane(rows: npt.ArrayLike, start: npt.ArrayLike, *, n_neighbours: int = 14, seed: int = 0) -> Floats:
    """UMAP in two dimensions, float32 (n, 2), on one thread: the same seed gives the same coordinates.

    Parameters
    ----------
    rows : float array (n, c), n ≥ 3
        Compared by cosine.
    start : float array (n, 2)
        Where the search begins.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(0, 1, (30, 4))
    >>> a, b = (embed_in_plane(rows, rows[:, :2], n_neighbours=5, seed=1) for _ in range(2))
    >>> a.shape, bool((a == b).all())
    ((30, 2), True)
    """
    points = np.asarray(rows, dtype=np.float32)
    began = np.asarray(start, dtype=np.float32)
    if len(points) <= MAX_NUMPY:
        return lay_out(neighbour_graph(points, n_neighbours=n_neighbours), began, seed=seed)
    return _one_edge_at_a_time(neighbour_graph(points, n_neighbours=n_neighbours), began, seed=seed)


def _one_edge_at_a_time(graph: csr_array, start: Floats, *, seed: int) -> Floats:
    """As ``lay_out``, by umap-learn's optimiser."""
    edges = graph.tocoo()
    kept = edges.data >= edges.data.max() / _N_EPOCHS_OF_MANY
    every = edges.data.max() / edges.data[kept]
    xy = _ten_wide(start)
    state = np.random.RandomState(seed).randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3)
    with warnings.catch_warnings(), _layouts() as layouts:
        warnings.simplefilter("ignore")  # of numba's deprecations
        layouts.optimize_layout_euclidean(
            xy,
            xy,
            edges.row[kept].astype(np.int32),
            edges.col[kept].astype(np.int32),
            _N_EPOCHS_OF_MANY,
            len(xy),
            every,
            float(_A),
            float(_B),
            state.astype(np.int64),
            parallel=False,
            move_other=True,
        )
    return xy


@contextmanager
def _layouts() -> Iterator[ModuleType]:
    """umap-learn's layouts alone: its package imports pynndescent too, which compiles for half a minute at first use.

    Numba looks for the module again when it compiles, so it is there as long as it is asked, and whoever imports
    umap-learn later gets all of it.
    """
    if "umap" in sys.modules:
        yield import_module("umap.layouts")
        return
    found = find_spec("umap")
    assert found is not None
    bare = ModuleType("umap")
    bare.__path__ = list(found.submodule_search_locations or ())
    sys.modules.update(_LAYOUTS or {"umap": bare})
    try:
        yield import_module("umap.layouts")
    finally:
        names = [name for name in sys.modules if name.partition(".")[0] == "umap"]
        _LAYOUTS.update({name: sys.modules.pop(name) for name in names})


def _ten_wide(start: Floats) -> Floats:
    wide = 10.0 * (start - start.min(axis=0)) / np.maximum(np.ptp(start, axis=0), 1e-9)
    return np.ascontiguousarray(wide, dtype=np.float32)


def lay_out(graph: csr_array, start: Floats, *, seed: int) -> Floats:
    """Minimise UMAP's cross entropy by stochastic gradient descent (McInnes et al., section 3.2).

    Parameters
    ----------
    graph : sparse float array (n, n)
        Symmetric, as from ``neighbour_graph``.
    start : float32 array (n, 2)

    Returns
    -------
    float32 array (n, 2)

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.sparse import csr_array
    >>> pair = np.array([[0, 1], [1, 0]])
    >>> graph = csr_array(np.kron(np.eye(2), pair))  # 0 and 1 are neighbours, and 2 and 3
    >>> xy = lay_out(graph, np.array([[0, 0], [5, 0], [0, 5], [5, 5]], dtype=np.float32), seed=0)
    >>> bool(np.linalg.norm(xy[0] - xy[1]) < np.linalg.norm(xy[0] - xy[2]))
    True
    """
    from scipy.sparse import triu

    edges = triu(graph, k=1, format="coo")
    kept = edges.data >= edges.data.max() / _N_EPOCHS
    heads, tails = edges.row[kept].astype(np.int64), edges.col[kept].astype(np.int64)
    every = edges.data[kept].max() / edges.data[kept]
    due = every.copy()
    rng = np.random.default_rng(seed)
    x, y = np.ascontiguousarray(_ten_wide(start).T)
    for epoch in range(_N_EPOCHS):
        rate = np.float32(1.0 - epoch / _N_EPOCHS)
        now = np.flatnonzero(due <= epoch)
        due[now] += every[now]
        _step(x, y, heads[now], tails[now], rate, rng)
        _step(x, y, tails[now], heads[now], rate, rng)
    return np.stack((x, y), axis=1)


def _step(
    x: Floats,
    y: Floats,
    heads: npt.NDArray[np.int64],
    tails: npt.NDArray[np.int64],
    rate: np.float32,
    rng: np.random.Generator,
) -> None:
    """Pull the two ends of each edge together, push its head from random rows, all at once; in place."""
    n = len(x)
    pull_x, pull_y = x[heads] - x[tails], y[heads] - y[tails]
    square = np.maximum(pull_x * pull_x + pull_y * pull_y, np.float32(1e-12))
    power = _A * square**_B
    force = -2.0 * _B * power / (square * (1.0 + power))
    others = rng.integers(0, n, (len(heads), _N_PUSHED))
    push_x, push_y = x[heads][:, None] - x[others], y[heads][:, None] - y[others]
    square = push_x * push_x + push_y * push_y
    away = 2.0 * _B / ((np.float32(0.001) + square) * (1.0 + _A * square**_B))
    for where, pull, push in ((x, pull_x, push_x), (y, pull_y, push_y)):
        pulled = np.clip(force * pull, -_LONGEST_STEP, _LONGEST_STEP)
        pushed = np.clip(away * push, -_LONGEST_STEP, _LONGEST_STEP).sum(axis=1)
        moved = np.bincount(heads, pulled + pushed, n) - np.bincount(tails, pulled, n)
        where[:] += (rate * moved).astype(np.float32)
