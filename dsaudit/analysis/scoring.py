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


def _curve(value: npt.ArrayLike, bad: float, healthy: float, direction: float) -> npt.NDArray[np.float64]:
    x: Any = np.asarray(value, dtype=np.float64)
    scale = max(abs(healthy - bad), 1e-9) / 3.0
    return np.asarray(0.5 * (1.0 + np.tanh(direction * (x - bad) / scale / 2.0)), dtype=np.float64)
