"""Nearest neighbours by cosine similarity."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

EXACT_UP_TO = 50_000
_BLOCK_ELEMENTS = 16_000_000
_CELL = 500
"""Rows of a cell, about; none has more than four times as many."""
_FEWEST_CELLS, _MANY_CELLS = 16, 64
_MOST_PAIRS = 100_000_000_000
"""Rows compared with one another beyond which no more than ``_MANY_CELLS`` are searched: about ten minutes."""
_ENOUGH = 0.96
"""Share of the true neighbours for which more cells are searched: in another sample .95 are found."""
_COPIED_UP_TO = 2**28
"""Bytes of an array up to which it is turned round to be multiplied faster."""
_N_SAMPLED = 500
_ROUNDS = 8
_CELLS_AT_ONCE = 2**26
_FITTED_PER_CELL = 64


def nearest_neighbours(
    X: npt.ArrayLike, *, k: int = 10, seed: int = 0, exact_up_to: int = EXACT_UP_TO
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The k rows most similar to each row, itself left out.

    Exact up to 50,000 rows, by blocked matrix products. Above, rows are divided into cells of about 500 by
    k-means on the sphere, seeded, and looked for in the cells nearest to their own (an inverted file: J. Sivic &
    A. Zisserman, ICCV 2003), at least 16 and as many as hold .96 of the exact neighbours of 500 rows. Where that takes
    more than 10^11 comparisons, as it does for a million rows without any structure, more are missed, see
    ``recall_of``; the similarities are exact.

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
    unit = _unit(X)
    n = len(unit)
    k = max(0, min(k, n - 1))
    if k and n > exact_up_to:
        return _in_cells(unit, k, seed)
    return _exact(unit, unit, k, own=np.arange(n))


def recall_of(X: npt.ArrayLike, ids: npt.NDArray[np.int64], *, seed: int = 0) -> float:
    """Share of the exact neighbours of at most 500 rows of ``X`` (n, d), drawn by ``seed``, that are among ``ids``.

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
    unit = _unit(X)
    rows = _sampled(len(unit), np.random.default_rng([seed, 1]))  # not the rows by which cells were chosen
    exact, _ = _exact(unit[rows], unit, ids.shape[1], own=rows)
    hit = (exact[:, :, None] == ids[rows][:, None, :]).any(axis=2)
    return float(hit.mean()) if hit.size else 1.0


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


def _in_cells(
    unit: npt.NDArray[np.float32], k: int, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    centres = _centres(unit, max(1, len(unit) // _CELL), seed)
    own = _exact(unit, centres, 1)[0][:, 0]
    order = np.argsort(own, kind="stable")
    # a cell of many alike rows is divided in the order of the rows, or it would have to be compared as a whole
    starts = [
        start
        for first, last in pairwise(np.searchsorted(own[order], np.arange(len(centres) + 1)).tolist())
        for start in range(first, last, 4 * _CELL)
    ]
    cells = np.split(order, starts[1:])
    centre_of, size = centres[own[order[starts]]], np.array([len(cell) for cell in cells])
    cell_of = np.empty(len(unit), dtype=np.int64)
    cell_of[order] = np.repeat(np.arange(len(cells)), size)

    def by_closeness(number: int) -> npt.NDArray[np.int64]:
        closeness = centre_of @ centre_of[number]
        closeness[number] = np.inf
        return np.argsort(-closeness, kind="stable")

    sampled = _sampled(len(unit), np.random.default_rng(seed))
    exact, _ = _exact(unit[sampled], unit, k, own=sampled)
    places = [np.argsort(by_closeness(cell_of[row]))[cell_of[near]] for row, near in zip(sampled, exact, strict=True)]
    most = max(_MANY_CELLS, _MOST_PAIRS // (_CELL * len(unit)))
    searched = int(np.clip(1 + np.quantile(places, _ENOUGH, method="higher"), _FEWEST_CELLS, most))
    ids = np.empty((len(unit), k), dtype=np.int64)
    similarity = np.empty((len(unit), k), dtype=np.float32)
    for number, cell in enumerate(cells):
        nearby = by_closeness(number)
        enough = 1 + int(np.searchsorted(np.cumsum(size[nearby]), k + 1))
        found = np.sort(np.concatenate([cells[j] for j in nearby[: max(searched, enough)].tolist()]))
        block = unit[cell] @ unit[found].T
        block[np.arange(len(cell)), np.searchsorted(found, cell)] = -np.inf
        nearest, similarity[cell] = _top(block, k)
        ids[cell] = found[nearest]
    return ids, np.clip(similarity, -1.0, 1.0)


def _centres(unit: npt.NDArray[np.float32], n_cells: int, seed: int) -> npt.NDArray[np.float32]:
    """Directions of cells: k-means by cosine of at most 64 rows per cell, float32 (n_cells, d)."""
    from scipy.sparse import csr_array

    rng = np.random.default_rng(seed)
    n_fitted = min(len(unit), _FITTED_PER_CELL * n_cells)
    rows = unit[np.sort(rng.choice(len(unit), n_fitted, replace=False))]
    centres = rows[np.sort(rng.choice(n_fitted, n_cells, replace=False))]
    for _ in range(_ROUNDS):
        own = nearest_of(rows, centres)[0][:, 0]
        members = csr_array((np.ones(n_fitted, dtype=np.float32), (own, np.arange(n_fitted))), (n_cells, n_fitted))
        held = np.bincount(own, minlength=n_cells) > 0
        centres = _unit(np.where(held[:, None], members @ rows, centres))
    return centres


def distances_to(
    points: npt.NDArray[np.float32], ids: npt.NDArray[np.int64], *, block: int = 4_096
) -> npt.NDArray[np.float64]:
    """Euclidean distance, float64 (n, k), of each row of ``points`` (n, d) to the rows ``ids`` (n, k).

    Examples
    --------
    >>> import numpy as np
    >>> points = np.array([[0.0, 0.0], [3.0, 4.0]], dtype=np.float32)
    >>> distances_to(points, np.array([[1], [0]])).tolist()
    [[5.0], [5.0]]
    """
    distance = np.empty(ids.shape, dtype=np.float64)
    for start in range(0, len(ids), block):
        part = slice(start, start + block)
        distance[part] = np.linalg.norm(points[ids[part]] - points[part, None], axis=2)
    return distance
