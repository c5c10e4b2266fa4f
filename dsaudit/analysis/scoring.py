"""From raw measurements to scores between 0 (worst) and 1 (healthy)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def score_above(value: npt.ArrayLike, *, bad: float, healthy: float) -> npt.NDArray[np.float64]:
    """Score of a measurement that is better the higher it is.

    A logistic curve through .5 at ``bad`` and about .95 at ``healthy``, so that scores order items on
    both sides of a threshold, however far away, and a threshold moved later moves no item past another.

    Parameters
    ----------
    value : array_like (n,)
    bad : float
        The threshold: values below are flagged by the caller and score below .5.
    healthy : float
        A value nobody would complain of: its distance from ``bad`` sets how steep the curve is, on
        whichever side it lies.

    Returns
    -------
    float64 array (n,), in [0, 1]; NaN stays NaN.

    Examples
    --------
    >>> score_above([0.0, 10.0, 20.0], bad=10.0, healthy=20.0).round(2).tolist()
    [0.05, 0.5, 0.95]
    """
    return _curve(value, bad, healthy, 1.0)


def score_below(value: npt.ArrayLike, *, bad: float, healthy: float) -> npt.NDArray[np.float64]:
    """Score of a measurement that is better the lower it is; see ``score_above``.

    Examples
    --------
    >>> score_below([0.0, 10.0, 20.0], bad=10.0, healthy=0.0).round(2).tolist()
    [0.95, 0.5, 0.05]
    """
    return _curve(value, bad, healthy, -1.0)


def score_usual(value: npt.ArrayLike, *, tolerance: float, spread: float) -> npt.NDArray[np.float64]:
    """Score of a measurement that is better the nearer it is to the median.

    What is usual is ``spread`` robust standard deviations to either side, each side by itself, and at least
    ``tolerance``. Where values vary by nature they thin out rather than end: there one is odd only where it stands
    apart from the rest by ``tolerance``, or lies twice as far out.

    Parameters
    ----------
    value : array_like (n,)
        Without NaN; logarithms of what varies by factors.
    tolerance : float
    spread : float

    Examples
    --------
    >>> score_usual([1.0, 1.0, 1.0, 1.1, 9.0], tolerance=0.5, spread=4.0).round(2).tolist()
    [0.95, 0.95, 0.95, 0.92, 0.0]
    """
    x = np.asarray(value, dtype=np.float64)
    away, score = x - (np.median(x) if len(x) else 0.0), np.ones(len(x))
    for side in (-1.0, 1.0):
        own = side * away >= 0
        score[own] = _side_score(side * away[own], tolerance, spread)
    return score


def _side_score(away: npt.NDArray[np.float64], tolerance: float, spread: float) -> npt.NDArray[np.float64]:
    """Scores of the items on one side of the median, by their distance from it, 0 and up."""
    if not len(away):
        return away
    usual = max(tolerance, spread * 1.4826 * float(np.median(away)))
    if usual > tolerance:
        order = np.sort(away)
        apart = order[1:][(order[1:] > usual) & (np.diff(order) >= tolerance)]
        usual = min(max(usual, float(apart[0]) * (1 - 1e-9)) if len(apart) else np.inf, 2.0 * usual)
    return score_below(away, bad=usual, healthy=0.0)


def _curve(value: npt.ArrayLike, bad: float, healthy: float, direction: float) -> npt.NDArray[np.float64]:
    x: Any = np.asarray(value, dtype=np.float64)
    scale = max(abs(healthy - bad), 1e-9) / 3.0
    return np.asarray(0.5 * (1.0 + np.tanh(direction * (x - bad) / scale / 2.0)), dtype=np.float64)
