"""How often a model is right of items without a label, from how sure it is of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Floats = npt.NDArray[np.float64]

_CAUTION = 1.0
_CLIP = 1e-6


def probability_right(sureness: npt.ArrayLike, right: npt.ArrayLike, asked: npt.ArrayLike) -> Floats:
    """Probability that the model is right, float64 (m,), 0 to 1, given how sure it is.

    A logistic curve of the log odds of the sureness, learned from held-out items (J. Platt, 1999): beyond the range of
    these it goes on, which a table of bins cannot.

    Parameters
    ----------
    sureness : float array (n,)
        Largest probability of each held-out item, 0 to 1.
    right : bool array (n,)
        Whether its class is the label.
    asked : float array (m,)
        Sureness of the items that are asked about.

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.repeat([0.6, 0.9], 100)  # the model is right of 60 and of 80 in a hundred
    >>> right = np.concatenate([np.arange(100) < 60, np.arange(100) < 80])
    >>> probability_right(sure, right, [0.6, 0.9]).round(2).tolist()
    [0.6, 0.8]
    """
    x, y, z = _log_odds(sureness), np.asarray(right, dtype=np.float64), _log_odds(asked)
    middle = x.mean()
    rows, weight = np.column_stack([np.ones(len(x)), x - middle]), np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-rows @ weight))
        # towards the sureness itself by a little, so that all right or all wrong has an answer
        slope = rows.T @ (y - p) - [0.0, _CAUTION * (weight[1] - 1)]
        bend = (rows.T * np.maximum(p * (1 - p), 1e-9)) @ rows + np.diag([1e-3, _CAUTION])
        step = np.linalg.solve(bend, slope - [1e-3 * weight[0], 0.0])
        weight = weight + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(1 / (1 + np.exp(-(weight[0] + weight[1] * (z - middle)))))


def _log_odds(p: npt.ArrayLike) -> Floats:
    q = np.clip(np.asarray(p, dtype=np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(np.log(q / (1 - q)))


def expected_accuracy(sureness: npt.ArrayLike, right: npt.ArrayLike, found: Units, drawn: Floats) -> Estimate:
    """Accuracy that is to be expected of the current items, 0 to 1, with its 95 % interval.

    Confidence-based performance estimation, as NannyML calls it: the mean of ``probability_right``. Whole units of
    both sets are drawn anew for the interval. It holds where the model is as right as it is sure; what looks like
    nothing that it has met may be worse than that.

    Parameters
    ----------
    sureness : float array (n,)
        Of the items of both sets, the reference's held out first; NaN where the model says nothing.
    right : bool array (n,)
        Of the reference's; the others are not looked at.
    found : Units
    drawn : float array (b, u)
        As from ``Units.drawn``.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.drift.unit import units
    >>> two = units([None] * 200, [None] * 50)
    >>> sure = np.concatenate([np.repeat([0.6, 0.9], 100), np.full(50, 0.9)])
    >>> right = np.concatenate([np.arange(100) < 60, np.arange(100) < 90, np.zeros(50, bool)])
    >>> found = expected_accuracy(sure, right, two, two.drawn(100))
    >>> round(found.value, 2), found.low < 0.9 < found.high
    (0.9, True)
    """
    s, y, now = np.asarray(sureness, dtype=np.float64), np.asarray(right, dtype=bool), found.current
    heard, asked = np.flatnonzero(~now & np.isfinite(s)), np.flatnonzero(now & np.isfinite(s))
    if not len(heard) or not len(asked):
        return Estimate(float("nan"), float("nan"), float("nan"))
    q = probability_right(s[heard], y[heard], s[asked])
    p = probability_right(s[heard], y[heard], s[heard])
    value = float(q.mean())
    # what the curve may be off by in the reference, and whom chance put into the current set
    n_units = found.n_reference + found.n_current
    off = np.bincount(found.of_item[heard], weights=y[heard] - p, minlength=n_units)
    known = np.bincount(found.of_item[heard], minlength=n_units)
    said = np.bincount(found.of_item[asked], weights=q, minlength=n_units)
    sizes = np.bincount(found.of_item[asked], minlength=n_units)
    again = (drawn @ said) / np.maximum(drawn @ sizes, 1) + (drawn @ off) / np.maximum(drawn @ known, 1)
    low, high = np.quantile(again, [0.025, 0.975]).tolist()
    return Estimate(value, max(0.0, min(low, value)), min(1.0, max(high, value)))
