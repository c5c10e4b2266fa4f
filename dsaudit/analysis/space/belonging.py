"""Whether an item is at all what the others are, told without trusting its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

MIN_CLASS = 20
"""Items from which on a class has a core of its own; those of smaller ones are held against all items."""
_ROUNDS = 10
_MOST_IN_CORE = 20_000
_CELLS_AT_ONCE, _WHOLE_UP_TO = 4_000_000, 2**24
_LIMIT = 18.0
_ABSENT_WEIGHT, _VOTE_WEIGHT = 0.4, 4.0
"""What a deviation of the activity counts beside one in space, and a neighbourhood all of other labels where labels
are learnt. Chosen on half of the classes of bench_belongs."""


def foreignness(
    views: Sequence[npt.ArrayLike],
    labels: npt.ArrayLike,
    *,
    directions: Sequence[npt.ArrayLike] = (),
    rows: npt.NDArray[np.int64] | None = None,
    neighbours: npt.NDArray[np.int64] | None = None,
    presence: Sequence[npt.ArrayLike] = (),
) -> npt.NDArray[np.float64]:
    """How far each item lies from the core of its class, float64 (n,), in spreads of that core; higher is more foreign.

    The core is the closer half of a class around its own mean, found by turns from the larger of two clusters (the
    concentration step of P. Rousseeuw & K. Van Driessen, "A Fast Algorithm for the Minimum Covariance Determinant
    Estimator", 1999). Less than half of the class may be foreign and alike among themselves, as silence is: they have
    near neighbours and no say in the core. An item counts as far as it is in that of the views in which it is farthest.
    The core of a class of more than 20,000 is that of so many, drawn.

    Parameters
    ----------
    views : sequence of float arrays (n, d)
        The same items in several spaces.
    labels : array of str (n,)
        None is a label, too.
    directions : sequence of float arrays (n, d)
        More views, in which only the direction of each row counts, and rows of zeros stay.
    rows : int64 array (n,), optional
        Rows of the views that the items are, where they have more than these.
    neighbours : int64 array (n, k), optional
        Rows of the nearest others. Those of another label count as much as neighbours agree beyond chance.
    presence : sequence of float arrays (n,)
        Measurements that are low where an item holds little of anything. NaN says nothing.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (60, 8)), rng.normal(3, 0.1, (40, 8))])  # the 40 are denser
    >>> far = foreignness([X], np.full(100, "cry", dtype=object))
    >>> bool(far[60:].min() > far[:60].max())
    True
    """
    names = pd.Series(np.asarray(labels, dtype=object), dtype=object).fillna("")
    n = len(names)
    if not n:
        return np.empty(0)
    total, at = np.full(n, -np.inf), np.arange(n) if rows is None else rows
    seen = [(np.asarray(view), False) for view in views]
    for view in map(np.asarray, directions):
        seen.append((view, True) if view.size > _WHOLE_UP_TO else (_directions(view), False))
    for members, own in _classes(names):
        for view, of_length_one in seen:
            far = np.log(np.maximum(_from_core(view, at[members], of_length_one=of_length_one), 1e-9))
            total[members[own]] = np.maximum(total[members[own]], _deviation(far)[own])
        for values in presence:
            low = -np.asarray(values, dtype=np.float64)[members]
            total[members[own]] += _ABSENT_WEIGHT * np.nan_to_num(np.maximum(_deviation(low), 0.0))[own]
    if neighbours is not None and neighbours.size:
        total += _VOTE_WEIGHT * _disagreement(names, neighbours)
    return total


def _classes(names: pd.Series) -> list[tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]]:
    """Rows that are compared with one another, and which of them are judged by that."""
    every = np.arange(len(names))
    found, small = [], np.zeros(len(names), dtype=bool)
    for rows in names.groupby(names, sort=True).indices.values():
        members = np.sort(np.asarray(rows, dtype=np.int64))
        if len(members) < MIN_CLASS:
            small[members] = True
        else:
            found.append((members, np.ones(len(members), dtype=bool)))
    return [*found, (every, small)] if small.any() else found


def _from_core(
    view: npt.NDArray[np.floating], members: npt.NDArray[np.int64], *, of_length_one: bool
) -> npt.NDArray[np.float64]:
    """Distance of each member's row to the mean of the closer half."""

    def points_of(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.asarray(_directions(view[rows]) if of_length_one else view[rows], dtype=np.float64)

    drawn = members
    if len(members) > _MOST_IN_CORE:
        drawn = np.sort(np.random.default_rng(0).choice(members, _MOST_IN_CORE, replace=False))
    points = points_of(drawn)
    centre = points[_larger_half(points)].mean(axis=0)
    for _ in range(_ROUNDS):
        far = _far(points, centre)
        nearer = points[far <= np.median(far)].mean(axis=0)
        if np.array_equal(nearer, centre):
            break
        centre = nearer
    if drawn is members:
        return _far(points, centre)
    parts = batches(len(members), view.shape[1], cells=_CELLS_AT_ONCE, of=view)
    return np.concatenate([_far(points_of(members[part]), centre) for part in parts])


def _far(points: npt.NDArray[np.float64], centre: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    apart = points - centre
    return np.asarray(np.sqrt(np.einsum("nd,nd->n", apart, apart)))  # a third of the time of linalg.norm


def _directions(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))


def _larger_half(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """The larger of two clusters, by 2-means from both sides of the first axis: what is densest need not be most."""
    apart = points - points.mean(axis=0)
    axis = apart[np.einsum("nd,nd->n", apart, apart).argmax()]
    for _ in range(2 * _ROUNDS):
        axis = apart.T @ (apart @ axis)
        axis = axis / max(float(np.linalg.norm(axis)), 1e-12)
    side = apart @ axis > 0
    for _ in range(_ROUNDS):
        if side.all() or not side.any():
            return np.ones(len(points), dtype=bool)
        one, other = apart[side].mean(axis=0), apart[~side].mean(axis=0)
        side = apart @ (other - one) < (other @ other - one @ one) / 2.0  # nearer to one
    return np.asarray(side if side.mean() >= 0.5 else ~side)


def _deviation(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """By the lowest quarter, which is of the class even where half of it is foreign; NaN stays NaN."""
    known = value[np.isfinite(value)]
    if not len(known):
        return np.full(len(value), np.nan)
    low, middle = np.percentile(known, [5, 25])
    scale = max(middle - low, 1e-3 * (1.0 + abs(middle)))
    return np.asarray(np.clip((value - middle) / scale, None, _LIMIT))


def _disagreement(names: pd.Series, neighbours: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Share of the neighbours with another label, times how much more than chance neighbours agree in all."""
    code, classes = pd.factorize(names)
    share = np.bincount(code, minlength=len(classes)) / len(code)
    chance = float((share**2).sum())
    agree = (code[neighbours] == code[:, None]).mean(axis=1)
    learnt = (float(agree.mean()) - chance) / max(1.0 - chance, 1e-9)
    return np.asarray((1.0 - agree) * np.clip(learnt, 0.0, 1.0))
