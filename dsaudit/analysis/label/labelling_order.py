"""Which items to label next: those that stand for many others of which the labels so far tell little."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.neighbours import nearest_neighbours, nearest_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csc_array

    Floats = npt.NDArray[np.float64]

MOST_COMPARED = 20_000
"""Of more items without a label, or with one, so many are compared, drawn by the seed."""
_N_NEIGHBOURS = 64
_SHARPNESS = 2
"""Power of the cosine: how fast one item stops standing for another."""
_HALF = 0.5
"""Labels per class from which on a model's doubt decides as much as what is typical."""
_DECIDED = 4
"""Power of a model's doubt: regularised models of few labels doubt most items a good deal."""
_LEAST = 1e-3
_SHARE_OF_GROUP = 2.0
"""No group gives more of a batch than so many times what it would give if all gave the same."""


@dataclass(frozen=True, slots=True)
class LabellingOrder:
    """Items to label, the one that tells most first.

    Attributes
    ----------
    rows : int64 array (m,)
        Row numbers; at most as many as asked for.
    gain : float64 array (m,)
        What each adds to those before it, in items of which nothing is known: 0 and up.
    stands_for : int64 array (m,)
        Items without a label, itself counted, that are more like it than like all others that have a label or are
        chosen.
    """

    rows: npt.NDArray[np.int64]
    gain: Floats
    stands_for: npt.NDArray[np.int64]


def doubts(probs: npt.ArrayLike) -> Floats:
    """How unsure a model is of each item, float64 (n,): 1 less the margin between its two best classes, 0 to 1.

    Parameters
    ----------
    probs : float array (n, k)
        Predicted probabilities; a row of NaN, of an item that was not predicted, is 1.

    Examples
    --------
    >>> doubts([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]).tolist()
    [1.0, 0.0]
    """
    rows = np.asarray(probs, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] < 2:
        return np.ones(len(rows))
    best = np.partition(rows, -2, axis=1)[:, -2:]
    return np.clip(np.nan_to_num(1.0 - (best[:, 1] - best[:, 0]), nan=1.0), 0.0, 1.0)


def says(n_labelled: int, n_classes: int) -> float:
    """How much the doubt of a model that learned from so many labels decides, 0 (nothing) to 1.

    As labels per class over half a label more than that: with fewer than one a model doubts everything that it has not
    seen, and what is typical tells more (G. Hacohen et al., "Active learning on a budget", ICML 2022). 0 below two
    classes.

    Examples
    --------
    >>> says(5, 10), says(20, 10)
    (0.5, 0.8)
    """
    return n_labelled / (n_labelled + _HALF * n_classes) if n_classes > 1 else 0.0


def worth(doubt: npt.ArrayLike, say: float) -> Floats:
    """How much there is to be learned of each item, 0 to 1, from a model's doubt (n,) and how much that decides.

    Examples
    --------
    >>> worth([1.0, 0.5, 0.0], 0.8).round(2).tolist()
    [1.0, 0.25, 0.2]
    """
    return np.asarray((1.0 - say) + say * np.asarray(doubt, dtype=np.float64) ** _DECIDED)


def labelling_order(
    points: npt.ArrayLike,
    labelled: npt.ArrayLike,
    *,
    n: int,
    weight: npt.ArrayLike | None = None,
    units: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
) -> LabellingOrder:
    """Items to label next, chosen one by one so that together they stand for what is not known yet.

    An item stands for another by the square of their cosine, within its 64 nearest. Each item without a label
    counts by its weight, less what the best labelled or chosen one stands for it already; the next is the one that
    adds most (greedy maximisation of a submodular sum, at least 1 - 1/e of the best: G. Nemhauser et al., Mathematical
    Programming 1978; evaluated lazily: M. Minoux, 1978). With equal weights these are typical items of regions that no
    label is in (G. Hacohen et al., "Active learning on a budget", ICML 2022); with those of a model's doubt, borders
    between classes.

    Parameters
    ----------
    points : float array (n_items, c)
        Compared by cosine.
    labelled : bool array (n_items,)
        Items that have a label: they stand for others, and are not chosen.
    n : int
        Items wanted.
    weight : float array (n_items,), optional
        How much there is to be learned of each, 0 to 1, as of ``worth``; by default all the same.
    units : int array (n_items,), optional
        Copies share a number: one of them is chosen at most, and none of what has a labelled copy.
    groups : int array (n_items,), optional
        -1 for none. Items of one group come at most twice as often as if all groups gave the same, while others are
        left.

    Examples
    --------
    >>> points = [[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1]]
    >>> labelling_order(points, [False] * 5, n=2).rows.tolist()
    [2, 3]
    >>> labelling_order(points, [True, False, False, False, False], n=1).rows.tolist()
    [3]
    """
    known = np.asarray(labelled, dtype=bool)
    everything = np.asarray(points, dtype=np.float32)
    unit = np.arange(len(known)) if units is None else np.asarray(units, dtype=np.int64)
    free = np.flatnonzero(~known & ~np.isin(unit, unit[known]))
    free = free[np.sort(np.unique(unit[free], return_index=True)[1])]
    if len(free) > (most := max(MOST_COMPARED, 2 * n)):
        free = np.sort(np.random.default_rng(seed).choice(free, most, replace=False))
    own = everything[free]
    labels = everything[known]
    if len(labels) > MOST_COMPARED:
        labels = labels[np.random.default_rng(seed).choice(len(labels), MOST_COMPARED, replace=False)]
    counts = np.ones(len(free)) if weight is None else np.maximum(np.asarray(weight, dtype=float)[free], _LEAST)
    stood_for = np.zeros(len(free))
    if known.any() and len(free):
        stood_for = _standing(nearest_of(own, labels)[1][:, 0])
    group = np.full(len(free), -1) if groups is None else np.asarray(groups, dtype=np.int64)[free]
    rows, gain = _greedy(_links(own), counts, stood_for, group, n)
    return LabellingOrder(free[rows], gain, _stands_for(own, labels, rows))


def _standing(cosine: npt.ArrayLike) -> Floats:
    return np.maximum(np.asarray(cosine, dtype=np.float64), 0.0) ** _SHARPNESS


def _links(points: npt.NDArray[np.float32]) -> csc_array:
    """How far a column's item stands for a row's, among the 64 nearest of the row's and itself."""
    from scipy.sparse import coo_array

    m = len(points)
    ids, cosine = nearest_neighbours(points, k=_N_NEIGHBOURS)
    row = np.concatenate([np.arange(m), np.repeat(np.arange(m), ids.shape[1])])
    column = np.concatenate([np.arange(m), ids.ravel()])
    value = np.concatenate([np.ones(m), _standing(cosine.ravel())])
    return coo_array((value, (row, column)), shape=(m, m)).tocsc()


def _greedy(
    links: csc_array, weight: Floats, stood_for: Floats, group: npt.NDArray[np.int64], n: int
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Columns in the order in which they are chosen, and what each adds."""
    m, covered = len(weight), stood_for.copy()
    least_each = np.ceil(_SHARE_OF_GROUP * n / max(1, len(np.unique(group[group >= 0]))))
    taken: dict[int, int] = {}
    rows: list[int] = []
    gains: list[float] = []

    def adds(column: int) -> tuple[slice, npt.NDArray[np.int64], float]:
        part = slice(links.indptr[column], links.indptr[column + 1])
        at = links.indices[part]
        return part, at, float(weight[at] @ np.maximum(links.data[part] - covered[at], 0.0))

    waiting = [(-adds(column)[2], column, 0) for column in range(m)]
    heapq.heapify(waiting)
    late: list[tuple[float, int, int]] = []
    while len(rows) < min(n, m):
        if not waiting:  # only of groups that gave their part are any left
            waiting, late, least_each = late, [], np.inf
            heapq.heapify(waiting)
        gain, column, at_step = heapq.heappop(waiting)
        if group[column] >= 0 and taken.get(group[column], 0) >= least_each:
            late.append((gain, column, at_step))
            continue
        part, at, now = adds(column)
        if at_step < len(rows) and waiting and -now > waiting[0][0]:
            heapq.heappush(waiting, (-now, column, len(rows)))
            continue
        covered[at] = np.maximum(covered[at], links.data[part])
        taken[group[column]] = taken.get(group[column], 0) + 1
        rows.append(column)
        gains.append(now)
    return np.array(rows, dtype=np.int64), np.array(gains, dtype=np.float64)


def _stands_for(
    own: npt.NDArray[np.float32], labelled: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    nearest = nearest_of(own, np.concatenate([own[rows], labelled]))[0][:, 0]
    nearest[rows] = np.arange(len(rows))
    return np.bincount(nearest[nearest < len(rows)], minlength=len(rows)).astype(np.int64)
