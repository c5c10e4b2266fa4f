"""Nearest neighbours by cosine similarity."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    _Near = Callable[[npt.NDArray[np.int64]], tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]

EXACT_UP_TO = 50_000
_BLOCK_ELEMENTS = 16_000_000
_CELL, _FITTED, _ROUNDS = 1_000, 64, 8
"""Rows of a cell, about; rows of it that its middle is fitted to, and how often."""
_ENOUGH = 0.96
"""Share of the true neighbours for which more is searched: in another sample .95 are found."""
_AS_NEAR = 1e-6
"""Difference of two similarities that may be one of rounding."""
_SEARCHED = (8, 12, 16, 24, 32, 64, 128)
"""Cells searched; the next where too few are found."""
_COPIED_UP_TO = 2**28
"""Bytes of an array up to which it is turned round to be multiplied faster."""
_N_SAMPLED = 500
_MOST_PAIRS, _FEW, _FEW_SEARCHED = 2**34, 50, 16
"""Pairs of rows that are all compared; of more, rows of a cell about, and cells searched."""
_PAIRS_AT_ONCE = 2**19
_CELLS_AT_ONCE, _VISITS_AT_ONCE, _KEPT_AT_ONCE = 2**24, 2**19, 2**19


def nearest_neighbours(
    X: npt.ArrayLike, *, k: int = 10, seed: int = 0, exact_up_to: int = EXACT_UP_TO
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k rows most similar to each row, itself left out.

    Exact up to 50,000 rows, by blocked matrix products. Above, faiss divides rows into cells of about 1,000 and looks
    in the 8 to 128 nearest to a row (an inverted file: J. Sivic and A. Zisserman, ICCV 2003), as many as give .96 of
    the exact neighbours of 500 rows; where even the most do not, more are missed, see ``recall_of``. The similarities
    are exact. Of many copies of a row its neighbours are the first of them.

    Parameters
    ----------
    X : array (n, d)
        Rows of zeros have similarity 0 to everything.
    k : int
        Cut to n - 1.

    Returns
    -------
    ids : int64 array (n, k)
        Row numbers, nearest first; equal similarities by row number.
    similarity : float32 array (n, k)
        Cosine, -1 (opposite) to 1 (same direction).

    Examples
    --------
    >>> ids, similarity = nearest_neighbours([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], k=1)
    >>> ids.tolist(), similarity.tolist()
    ([[1], [0], [0]], [[1.0], [1.0], [0.0]])
    """
    search = NeighbourSearch(X, k=k, seed=seed, exact_up_to=exact_up_to)
    found = [search.of(rows) for rows in search.parts()]
    ids, similarity = zip(*found, strict=True)
    return np.concatenate(ids), np.concatenate(similarity)


class NeighbourSearch:
    """The search behind ``nearest_neighbours``, for the rows of one part after another: parameters as there.

    Examples
    --------
    >>> search = NeighbourSearch([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], k=1)
    >>> [search.of(rows)[0].tolist() for rows in search.parts()]
    [[[1], [0], [0]]]
    """

    def __init__(self, X: npt.ArrayLike, *, k: int = 10, seed: int = 0, exact_up_to: int = EXACT_UP_TO) -> None:
        self._points = np.asarray(X, dtype=np.float32)
        self._k, self._seed = max(0, min(k, len(self._points) - 1)), seed
        self._whole = not self._k or len(self._points) <= exact_up_to

    def parts(self) -> list[slice]:
        """Rows in their order: all at once where the search is exact."""
        n = len(self._points)
        return [slice(0, n)] if self._whole else list(batches(n, 1, cells=_KEPT_AT_ONCE))

    def of(self, rows: slice) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Neighbours of the rows of a part, and their similarities."""
        return self._near(np.arange(len(self._points))[rows])

    @cached_property
    def _near(self) -> _Near:
        """What is made once, when it is first asked for: all parts may have been kept."""
        if self._whole:
            unit = _unit(self._points)
            return lambda rows: _exact(unit, unit, self._k, own=rows)
        return _Cells(self._points, self._k, self._seed)


def recall_of(X: npt.ArrayLike, ids: npt.NDArray[np.int64], *, seed: int = 0) -> float:
    """Share of the exact neighbours of at most 500 rows of ``X`` (n, d), drawn by ``seed``, that are among ``ids``; a
    row as near as the last of them counts as one.

    Parameters
    ----------
    ids : int64 array (n, k)
        As from ``nearest_neighbours``.

    Returns
    -------
    float
        0 to 1; 1 where nobody has a neighbour.

    Examples
    --------
    >>> recall_of([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.1, 1.0]], np.array([[1], [0], [3], [0]]))
    0.75
    """
    points = np.asarray(X, dtype=np.float32)
    rows = _sampled(len(points), np.random.default_rng([seed, 1]))  # not those by which the search was chosen
    unit, found = _unit(points[rows]), ids[rows]
    similarity = np.stack([_unit(points[own]) @ unit[row] for row, own in enumerate(found)])
    similarity[found == rows[:, None]] = -np.inf
    return _share(_exact_of(points, rows, ids.shape[1])[1], similarity)


def _sampled(n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return np.sort(rng.choice(n, min(n, _N_SAMPLED), replace=False))


def nearest_of(
    X: npt.ArrayLike, reference: npt.ArrayLike, *, k: int = 1
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k rows of ``reference`` (m, d) most similar to each row of ``X`` (n, d); as ``nearest_neighbours``, exact.

    Examples
    --------
    >>> ids, similarity = nearest_of([[3.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]])
    >>> ids.tolist(), similarity.tolist()
    ([[1]], [[1.0]])
    """
    rows, unit = np.asarray(X, dtype=np.float32), _unit(reference)
    k = max(0, min(k, len(unit)))
    found = [_exact(_unit(rows[part]), unit, k) for part in batches(len(rows), rows.shape[1], cells=_CELLS_AT_ONCE)]
    if not found:
        return np.empty((0, k), dtype=np.int64), np.empty((0, k), dtype=np.float32)
    ids, similarity = zip(*found, strict=True)
    return np.concatenate(ids), np.concatenate(similarity)


def roughly_nearest_of(X: npt.ArrayLike, reference: npt.ArrayLike, *, k: int = 1) -> npt.NDArray[np.int64]:
    """The ids of ``nearest_of``, int64 (n, k); of more than 2**34 pairs only those are compared in which the row of
    ``reference`` lies in one of the 16 cells, of about 50 rows each, that are nearest to the other (faiss).

    Examples
    --------
    >>> roughly_nearest_of([[3.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]).tolist()
    [[1]]
    """
    rows, unit = np.asarray(X, dtype=np.float32), _unit(reference)
    if len(rows) * len(unit) <= _MOST_PAIRS:
        return nearest_of(rows, unit, k=k)[0]
    faiss = _faiss()
    index = faiss.index_factory(unit.shape[1], f"IVF{max(1, len(unit) // _FEW)},Flat", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.nprobe = _ROUNDS, _FEW_SEARCHED
    index.train(unit)
    index.add(unit)
    ids = np.empty((len(rows), min(k, len(unit))), dtype=np.int64)
    for part in batches(len(rows), rows.shape[1], cells=_CELLS_AT_ONCE):
        ids[part] = index.search(_unit(rows[part]), ids.shape[1])[1]
    lacking = np.flatnonzero((ids < 0).any(axis=1))  # its cells hold too few
    ids[lacking] = nearest_of(rows[lacking], unit, k=k)[0]
    return ids


def _unit(X: npt.ArrayLike) -> npt.NDArray[np.float32]:
    rows = np.asarray(X, dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))


def _exact(
    unit: npt.NDArray[np.float32],
    reference: npt.NDArray[np.float32],
    k: int,
    *,
    own: npt.NDArray[np.int64] | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    n, m = len(unit), len(reference)
    ids = np.empty((n, k), dtype=np.int64)
    similarity = np.empty((n, k), dtype=np.float32)
    if k == 0:
        return ids, similarity
    step = max(1, min(n, _BLOCK_ELEMENTS // m))
    transposed = reference.T if reference.nbytes > _COPIED_UP_TO else np.ascontiguousarray(reference.T)
    for start in range(0, n, step):
        block = unit[start : start + step] @ transposed
        if own is not None:
            block[np.arange(len(block)), own[start : start + step]] = -np.inf
        ids[start : start + step], similarity[start : start + step] = _top(block, k)
    return ids, np.clip(similarity, -1.0, 1.0)


def _top(block: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k largest of each row, largest first, equal ones by column."""
    n_rows, n = block.shape
    if k == 1:
        largest = block.argmax(axis=1)[:, None]
        return largest, np.take_along_axis(block, largest, axis=1)
    width = 16
    if n >= 4 * width * k:
        # The k largest of a row lie in the k stretches with the largest maxima: partitioning those
        # maxima, and then k stretches, is much less work than partitioning the whole row. A stretch is
        # every n_stretches-th column, so that their maxima are those of whole rows of memory.
        n_stretches = n // width
        whole = n_stretches * width
        maxima = block[:, :whole].reshape(n_rows, width, n_stretches).max(1)
        stretches = np.argpartition(-maxima, k, axis=1)[:, : k + 1]
        columns = (stretches[:, :, None] + n_stretches * np.arange(width)).reshape(n_rows, -1)
        columns = np.concatenate([columns, np.broadcast_to(np.arange(whole, n), (n_rows, n - whole))], axis=1)
        values = np.take_along_axis(block, columns, axis=1)
    else:
        columns = np.broadcast_to(np.arange(n), block.shape)
        values = block
    best = np.argpartition(-values, k - 1, axis=1)[:, :k]
    top_columns = np.take_along_axis(columns, best, axis=1)
    top_values = np.take_along_axis(values, best, axis=1)
    smallest = top_values.min(1, keepdims=True)
    tied = np.flatnonzero((block >= smallest).sum(1) > k) if n < 4 * width * k else _tied(values, maxima, smallest, k)
    for row in tied:
        candidates = np.flatnonzero(block[row] >= smallest[row])
        order = np.lexsort((candidates, -block[row, candidates]))[:k]
        top_columns[row], top_values[row] = candidates[order], block[row, candidates[order]]
    order = np.lexsort((top_columns, -top_values), axis=1)
    return np.take_along_axis(top_columns, order, axis=1), np.take_along_axis(top_values, order, axis=1)


def _tied(
    values: npt.NDArray[np.float32],
    maxima: npt.NDArray[np.float32],
    smallest: npt.NDArray[np.float32],
    k: int,
) -> npt.NDArray[np.int64]:
    """Rows in which more than k columns may reach the smallest value kept."""
    return np.flatnonzero(((values >= smallest).sum(1) > k) | ((maxima >= smallest).sum(1) > k))


class _Cells:
    """Rows divided into cells, and how many of these are searched."""

    def __init__(self, X: npt.NDArray[np.float32], k: int, seed: int) -> None:
        self._faiss = faiss = _faiss()
        (n, d), rng = X.shape, np.random.default_rng(seed)
        self._X, self._k = X, k
        self._nothing = np.asarray(~X.any(axis=1))
        sampled = _sampled(n, rng)
        sampled = sampled[~self._nothing[sampled]]
        _, exact = _exact_of(X, sampled, k)
        # a million copies of one row would all be compared with one another
        known = np.flatnonzero(_copies_before(X) <= k)
        n_cells = max(1, len(known) // _CELL)
        fit = {"niter": _ROUNDS, "seed": seed, "spherical": True}
        middles = faiss.Kmeans(d, n_cells, **fit, min_points_per_centroid=1, max_points_per_centroid=_FITTED)
        middles.train(_unit(X[np.sort(rng.choice(known, min(len(known), _FITTED * n_cells), replace=False))]))
        self._middles = middles.index
        parts = list(batches(len(known), d, cells=_CELLS_AT_ONCE))
        cell = np.concatenate([self._middles.search(_unit(X[known[part]]), 1)[1][:, 0] for part in parts])
        order = np.argsort(cell, kind="stable")
        self._known = known[order]
        self._begins = np.searchsorted(cell, np.arange(n_cells + 1), sorter=order).tolist()
        self._unit = np.empty((len(known), d), dtype=np.float32)
        for part in parts:
            self._unit[part] = _unit(X[self._known[part]])
        for self._searched in np.minimum(_SEARCHED, n_cells).tolist():
            if _share(exact, self._near(sampled)[1]) >= _ENOUGH:
                break

    def __call__(self, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        from threadpoolctl import threadpool_limits

        k, faiss = self._k, self._faiss
        ids, similarity = np.empty((len(rows), k), dtype=np.int64), np.empty((len(rows), k), dtype=np.float32)
        parts = list(batches(len(rows), self._searched, cells=_VISITS_AT_ONCE))
        # a thread with rows of its own waits for no other, whose core may be busy
        n_threads, alone = faiss.omp_get_max_threads(), partial(faiss.omp_set_num_threads, 1)
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads, initializer=alone) as pool:
            found = pool.map(lambda part: self._near(rows[part]), parts)
            for part, (nearest, closeness) in zip(parts, found, strict=True):
                ids[part], similarity[part] = nearest, closeness
        empty = np.flatnonzero(self._nothing[rows])
        ids[empty] = np.arange(k) + (np.arange(k) >= rows[empty, None])  # as near to all
        similarity[empty] = 0.0
        lacking = np.flatnonzero((ids < 0).any(axis=1))  # its cells hold too few
        ids[lacking], similarity[lacking] = _exact_of(self._X, rows[lacking], k)
        return ids, np.clip(similarity, -1.0, 1.0)

    def _near(self, rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        asking, best = _unit(self._X[rows]), self._faiss.ResultHeap(len(rows), self._k + 1, keep_max=True)
        room = np.empty(max(_PAIRS_AT_ONCE, *np.diff(self._begins)), dtype=np.float32)
        visited = self._middles.search(asking, self._searched)[1].ravel()
        order = np.argsort(visited, kind="stable")
        visits = np.searchsorted(visited, np.arange(len(self._begins)), sorter=order).tolist()
        # cell by cell: many who ask there are compared with it in one product of matrices
        for inside, asked in zip(pairwise(self._begins), pairwise(visits), strict=True):
            there, visitors = slice(*inside), order[slice(*asked)]
            held = there.stop - there.start
            for part in batches(len(visitors) if held else 0, held, cells=_PAIRS_AT_ONCE):
                who = visitors[part] // self._searched
                closeness = room[: len(who) * held].reshape(len(who), held)
                np.matmul(asking[who], self._unit[there].T, out=closeness)
                best.add_result_subset(who, closeness, self._known[there])
        best.finalize()
        return _without_self(best.D, best.I, rows)


def _copies_before(X: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """How many rows before each are the same."""
    import pandas as pd

    weights = np.random.default_rng(0).integers(0, 2**63, X.shape[1], dtype=np.uint64) * 2 + 1
    hashes = np.empty(len(X), dtype=np.uint64)
    for part in batches(len(X), X.shape[1], cells=_CELLS_AT_ONCE):
        bits = np.ascontiguousarray(X[part]).view(np.uint32)
        hashes[part] = pd.util.hash_array(bits.ravel()).reshape(bits.shape) @ weights
    return np.asarray(pd.Series(hashes).groupby(hashes).cumcount(), dtype=np.int64)


def _exact_of(
    X: npt.NDArray[np.float32], rows: npt.NDArray[np.int64], k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Exact neighbours of a few rows, with no second copy of all."""
    unit = _unit(X[rows])
    ids, similarity = np.empty((len(rows), 0), dtype=np.int64), np.empty((len(rows), 0), dtype=np.float32)
    for part in batches(len(X), X.shape[1], cells=_CELLS_AT_ONCE):
        reference = _unit(X[part])
        more, closeness = _exact(unit, reference, min(k + 1, len(reference)))
        ids, similarity = np.hstack([ids, part.start + more]), np.hstack([similarity, closeness])
        best = np.lexsort((ids, -similarity), axis=1)[:, : k + 1]
        ids, similarity = np.take_along_axis(ids, best, axis=1), np.take_along_axis(similarity, best, axis=1)
    return _without_self(similarity, ids, rows)


def _without_self(
    similarity: npt.NDArray[np.float32], ids: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """One neighbour less for each row: itself, or the last where it has more copies than are told."""
    closeness = np.where(ids == rows[:, None], -np.inf, similarity)
    best = np.lexsort((ids, -closeness), axis=1)[:, :-1]
    return np.take_along_axis(ids, best, axis=1), np.take_along_axis(similarity, best, axis=1)


def _share(exact: npt.NDArray[np.float32], found: npt.NDArray[np.float32]) -> float:
    """Share of the neighbours, by similarities: of rows that are as near as others it does not matter which."""
    return float((found >= exact[:, -1:] - _AS_NEAR).mean()) if exact.size else 1.0


def _faiss() -> Any:
    if sys.platform == "darwin":  # its OpenMP and PyTorch's end a process there: github.com/faiss-wheels issue 73
        os.putenv("KMP_DUPLICATE_LIB_OK", "TRUE")
    import faiss

    if sys.platform == "darwin":
        faiss.omp_set_num_threads(1)
    return faiss


def distances_to(
    points: npt.NDArray[np.float32], ids: npt.NDArray[np.int64], *, of: slice = slice(None), block: int = 4_096
) -> npt.NDArray[np.float64]:
    """Euclidean distance, float64 (n, k), of each row of ``points`` (m, d), or of those ``of`` a part, to the rows
    ``ids`` (n, k).

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([[0.0, 0.0], [3.0, 4.0]], dtype=np.float32)
    >>> distances_to(points, np.array([[1], [0]])).tolist()
    [[5.0], [5.0]]
    """
    own, distance = points[of], np.empty(ids.shape, dtype=np.float64)
    for part in batches(len(ids), 1, cells=block):
        distance[part] = np.linalg.norm(points[ids[part]] - own[part, None], axis=2)
    return distance
