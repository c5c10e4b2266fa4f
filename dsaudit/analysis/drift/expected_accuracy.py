"""How often a model is right of items without a label, from how sure it is of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Floats = npt.NDArray[np.float64]

_CAUTION, _HELD = 1.0, 1e-3
_CLIP = 1e-6
_N_LUCK = 50


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
    x = _log_odds(sureness)
    return np.asarray(_curves(x, right, np.ones((1, len(x))))(_log_odds(asked))[0])


def _curves(x: Floats, right: npt.ArrayLike, weight: Floats) -> Callable[[Floats], Floats]:
    """Logistic curves through the items (n,), one for each row of weights (b, n): of points (m,) the values (b, m)."""
    y, z, middle = np.asarray(right, dtype=np.float64), x - x.mean(), x.mean()
    # towards the sureness itself by a little, so that all right or all wrong has an answer
    level, slope = np.zeros(len(weight)), np.zeros(len(weight))
    for _ in range(50):
        p = _logistic(level[:, None] + slope[:, None] * z)
        off, bend = weight * (y - p), weight * np.maximum(p * (1 - p), 1e-9)
        down, across = off.sum(axis=1) - _HELD * level, off @ z - _CAUTION * (slope - 1)
        a, b, c = bend.sum(axis=1) + _HELD, bend @ z, bend @ z**2 + _CAUTION
        steps = np.stack([c * down - b * across, a * across - b * down]) / (a * c - b * b)
        level, slope = level + steps[0].clip(-2, 2), slope + steps[1].clip(-2, 2)
        if np.abs(steps).max() < 1e-8:
            break
    return lambda points: _logistic(level[:, None] + slope[:, None] * (points - middle))


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x.clip(-500, 500))))


def _log_odds(p: npt.ArrayLike) -> Floats:
    q = np.clip(np.asarray(p, dtype=np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(np.log(q / (1 - q)))


def expected_accuracy(
    sureness: npt.ArrayLike, right: npt.ArrayLike, found: Units, drawn: Floats, *, seed: int = 0
) -> Estimate:
    """Accuracy that is to be expected of the current items, 0 to 1, with its 95 % interval.

    Confidence-based performance estimation, as NannyML calls it: the mean of ``probability_right``. The interval is for
    the accuracy of these very items, as their labels would tell it: it holds what the curve may be off by, learned from
    units of the reference drawn anew, and the luck of the current items, those of one unit as far together as in the
    reference. It holds where the model is as right as it is sure; what looks like nothing that it has met may be worse.

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
    >>> round(found.value, 2), found.low < 0.85, found.high > 0.95
    (0.9, True, True)
    """
    from scipy.special import stdtrit

    s, y, now = np.asarray(sureness, dtype=np.float64), np.asarray(right, dtype=bool), found.current
    heard, asked = np.flatnonzero(~now & np.isfinite(s)), np.flatnonzero(now & np.isfinite(s))
    if not len(heard) or not len(asked):
        return Estimate(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    x, z = _log_odds(s[heard]), _log_odds(s[asked])
    q = _curves(x, y[heard], np.ones((1, len(x))))(z)[0]
    # one item right and one wrong more, at chance: that there is none proves nothing of the next unit
    more = rng.exponential(size=(len(drawn), 2))
    weight = np.hstack([drawn[:, found.of_item[heard]], more])
    again = _curves(np.append(x, [x.mean()] * 2), np.append(y[heard], [True, False]), weight)(z)
    p = probability_right(s[heard], y[heard], s[heard])
    together = _together(y[heard] - p, p * (1 - p), found.of_item[heard])
    sizes = np.bincount(found.of_item[asked])
    # of a unit all items are right, or wrong, together as far as those of the reference are
    spread = (again * (1 - again)).mean(axis=1)
    luck = np.sqrt(spread * (sizes * (1 + (sizes - 1) * together)).sum()) / len(asked)
    held = np.bincount(found.of_item[heard])
    chance = stdtrit(max(2.0, held.sum() ** 2 / (held**2).sum() - 1), (np.arange(_N_LUCK) + 0.5) / _N_LUCK)
    value = float(q.mean())
    low, high = np.quantile(again.mean(axis=1) + np.multiply.outer(chance, luck), [0.025, 0.975]).tolist()
    return Estimate(value, max(0.0, min(low, value)), min(1.0, max(high, value)))


def _together(off: Floats, spread: Floats, unit: npt.NDArray[np.int64]) -> float:
    """How far items of one unit are right or wrong together, 0 to 1: correlation of what the curve is off by."""
    sizes, sums = np.bincount(unit), np.bincount(unit, weights=off)
    pairs = (sums**2).sum() - (off**2).sum()
    root = np.bincount(unit, weights=np.sqrt(spread))
    most = (root**2).sum() - spread.sum()
    return float(np.clip(pairs / most, 0.0, 1.0)) if most > 0 and sizes.max() > 1 else 0.0
