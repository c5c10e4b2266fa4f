"""What errors cost, where some are worse than others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.model.paired import paired_bootstrap
from dsaudit.errors import ConfigError
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

ANY = "*"


def cost_matrix(costs: Mapping[str, Any], classes: Sequence[str]) -> npt.NDArray[np.float64]:
    """What it costs to take one class for another, float64 (k, k): rows given, columns predicted, 0 on the diagonal.

    Parameters
    ----------
    costs : mapping of str to number
        ``GIVEN:PREDICTED`` to what it costs, 0 or more; ``*`` stands for every class, and what names a class wins over
        it, a pair over both. Any other error costs 1.
    classes : sequence of str, length k

    Raises
    ------
    ConfigError
        It names no pair, or a class that is not there, or the cost is no number.

    Examples
    --------
    >>> cost_matrix({"*:gorilla": 100, "ape:gorilla": 2}, ["ape", "gorilla", "person"]).tolist()
    [[0.0, 2.0, 1.0], [1.0, 0.0, 1.0], [1.0, 100.0, 0.0]]
    """
    matrix = np.ones((len(classes), len(classes)))
    named = {pair: _places(pair, classes) for pair in sorted(costs)}
    for pair in sorted(named, key=lambda pair: sum(len(places) == 1 for places in named[pair])):
        matrix[np.ix_(*named[pair])] = _number(pair, costs[pair])
    np.fill_diagonal(matrix, 0.0)
    return matrix


def costs_of(
    costs: Mapping[str, Any], classes: Sequence[str], others: Sequence[str] = ()
) -> npt.NDArray[np.float64] | None:
    """``cost_matrix`` of ``classes``, where costs may name ``others``, too; None without costs.

    Examples
    --------
    >>> costs_of({"no:rare": 3}, ["no", "yes"], ["no", "rare"]).tolist(), costs_of({}, ["no"])
    ([[0.0, 1.0], [1.0, 0.0]], None)
    """
    if not costs:
        return None
    return cost_matrix(costs, list(dict.fromkeys([*classes, *others])))[: len(classes), : len(classes)]


def expected_cost(
    given: npt.ArrayLike,
    predicted: npt.ArrayLike,
    matrix: npt.NDArray[np.float64],
    *,
    groups: npt.ArrayLike | None = None,
    seed: int = 0,
) -> Estimate:
    """Mean cost of an item with its 95 % interval, by drawing whole groups anew.

    Where no item costs anything, the high end is what the Wilson score allows for a share of 0, at the price of the
    dearest error.

    Parameters
    ----------
    given, predicted : int array (n,)
        Class numbers 0 … k - 1.
    matrix : float64 array (k, k)
        As of ``cost_matrix``.
    groups : array (n,), optional
        Missing values are groups of their own.
    seed : int

    Examples
    --------
    >>> found = expected_cost([0, 0, 1, 1], [0, 1, 1, 1], np.array([[0.0, 8.0], [1.0, 0.0]]))
    >>> found.value, found.low
    (2.0, 0.0)
    """
    cost = matrix[np.asarray(given, dtype=np.int64), np.asarray(predicted, dtype=np.int64)]
    if not len(cost):
        return Estimate(float("nan"), float("nan"), float("nan"))
    found = cost_difference(np.zeros(len(cost)), cost, float(matrix.max()), groups=groups, seed=seed)
    return Estimate(found.value, max(0.0, found.low), found.high)


def cost_difference(
    one: npt.NDArray[np.float64],
    other: npt.NDArray[np.float64],
    dearest: float,
    *,
    groups: npt.ArrayLike | None = None,
    n: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Mean of ``other`` minus that of ``one``, costs of the same items, as of ``paired_bootstrap``.

    Parameters
    ----------
    one, other : float64 array (n,)
    dearest : float
        The most that an item can cost.

    Examples
    --------
    >>> cost_difference(np.array([0.0, 8.0]), np.array([0.0, 2.0]), 8.0).value
    -3.0
    """
    by = dearest or 1.0
    found = paired_bootstrap(one / by, other / by, clusters=groups, n=n, seed=seed)
    return Estimate(found.value * by, found.low * by, found.high * by)


def _places(pair: str, classes: Sequence[str]) -> tuple[list[int], list[int]]:
    """Numbers of the classes that a pair names; the name of a class may have a colon."""
    sides = [(pair[:k].strip(), pair[k + 1 :].strip()) for k, sign in enumerate(pair) if sign == ":"]
    if not sides:
        raise ConfigError(f"costs: {pair!r} is no pair", hint="as in: --cost 'GIVEN:PREDICTED=10', or '*:PREDICTED=10'")
    known = {ANY, *classes}
    named = next((side for side in sides if known.issuperset(side)), None)
    if named is None:
        unknown = next(name for name in sides[0] if name not in known)
        hint = f"classes: {', '.join(classes[:12])}"
        raise ConfigError(f"costs: {pair!r} names {unknown!r}, which is no class here", hint=hint)
    given, predicted = ([k for k, name in enumerate(classes) if side in (ANY, name)] for side in named)
    return given, predicted


def _number(pair: str, cost: Any) -> float:
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not (math.isfinite(cost) and cost >= 0):
        raise ConfigError(f"costs: {pair!r} costs {cost!r}", hint="give a number, 0 or more")
    return float(cost)
