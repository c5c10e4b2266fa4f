"""Nearest neighbours by cosine similarity."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

EXACT_UP_TO = 50_000
_BLOCK_ELEMENTS = 16_000_000


def nearest_neighbours(
    X: npt.ArrayLike, *, k: int = 10, seed: int = 0, exact_up_to: int = EXACT_UP_TO
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k rows most similar to each row, itself left out.

    Exact up to 50,000 rows, by blocked matrix products. Above, found by nearest-neighbour descent (W.
    Dong et al., WWW 2011; pynndescent), seeded: a few neighbours are missed, the similarities are exact.

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
    """
    unit = _unit(X)
    n = len(unit)
    k = max(0, min(k, n - 1))
    if k and n > exact_up_to:
        return _approximate(unit, k, seed)
    return _exact(unit, unit, k, leave_out_self=True)


def nearest_of(
    X: npt.ArrayLike, reference: npt.ArrayLike, *, k: int = 1
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k rows of ``reference`` (m, d) most similar to each row of ``X`` (n, d); as ``nearest_neighbours``, exact."""
    unit = _unit(reference)
    return _exact(_unit(X), unit, max(0, min(k, len(unit))), leave_out_self=False)


def _unit(X: npt.ArrayLike) -> npt.NDArray[np.float32]:
    rows = np.asarray(X, dtype=np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))


def _exact(
    unit: npt.NDArray[np.float32], reference: npt.NDArray[np.float32], k: int, *, leave_out_self: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    n, m = len(unit), len(reference)
    ids = np.empty((n, k), dtype=np.int64)
    similarity = np.empty((n, k), dtype=np.float32)
    if k == 0:
        return ids, similarity
    step = max(1, min(n, _BLOCK_ELEMENTS // m))
    transposed = np.ascontiguousarray(reference.T)
    for start in range(0, n, step):
        block = unit[start : start + step] @ transposed
        if leave_out_self:
            own = np.arange(len(block))
            block[own, own + start] = -np.inf
        ids[start : start + step], similarity[start : start + step] = _top(block, k)
    return ids, np.clip(similarity, -1.0, 1.0)


def _top(block: npt.NDArray[np.float32], k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k largest of each row, largest first, equal ones by column."""
    n_rows, n = block.shape
    width = 64
    if n >= 4 * width * k:
        # The k largest of a row lie in the k stretches with the largest maxima: partitioning those
        # maxima, and then k stretches, is much less work than partitioning the whole row.
        whole = n - n % width
        maxima = block[:, :whole].reshape(n_rows, -1, width).max(2)
        stretches = np.sort(np.argpartition(-maxima, k, axis=1)[:, : k + 1], axis=1)
        columns = (stretches[:, :, None] * width + np.arange(width)).reshape(n_rows, -1)
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


def _approximate(
    unit: npt.NDArray[np.float32], k: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numba, about its own deprecations
        from pynndescent import NNDescent

        index = NNDescent(unit, metric="dot", n_neighbors=k + 6, random_state=seed, n_jobs=1)
        found = np.asarray(index.neighbor_graph[0], dtype=np.int64)
    n = len(unit)
    own = np.arange(n)[:, None]
    found = np.where(found < 0, own, found)
    similarity = np.empty(found.shape, dtype=np.float32)
    for start in range(0, n, 4_096):
        part = slice(start, start + 4_096)
        similarity[part] = np.einsum("nd,nkd->nk", unit[part], unit[found[part]])
    similarity[found == own] = -np.inf
    order = np.lexsort((found, -similarity), axis=1)[:, :k]
    return np.take_along_axis(found, order, axis=1), np.clip(np.take_along_axis(similarity, order, axis=1), -1.0, 1.0)
