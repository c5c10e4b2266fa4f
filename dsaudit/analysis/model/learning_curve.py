"""Accuracy over the number of labels, and what twice as many are expected to bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

FRACTIONS = (0.125, 0.25, 0.5, 1.0)
"""Shares of the training items of each fold that are learned from."""
STEEP = 0.08
"""Where the last doubling brought more than this share of all items, nothing is said of the next."""
POINTS, _FOUR_IN_FIVE = 0.015, 1.2816
"""How near to the truth what is said of the next doubling should be in four of five cases, and how many standard
deviations of a normal law that is."""
_N_RESAMPLES = 500
_Z95 = 1.96
_FITTED = 3
_LASTING = 0.75
"""Of the exponent for the next doubling: errors that no label mends weigh more with every one."""
_LEAST_OF_CLASS = 20


@dataclass(frozen=True, slots=True)
class Growth:
    """What learning from more labels brought, and what twice as many are expected to bring.

    Attributes
    ----------
    now : Estimate
        Share that is right with all labels, 0 to 1.
    doubled : Estimate
        Share expected with twice as many; the interval holds what the sample and the choice of the law leave open.
    last : float
        Share of items that the last doubling brought, -1 to 1.
    deviation : float
        Standard deviation of the foretold gain less the true one, 0 to 1, as far as it comes from the number of units.
    """

    now: Estimate
    doubled: Estimate
    last: float
    deviation: float


def subset_key(units: npt.ArrayLike, y: npt.ArrayLike, *, seed: int | list[int] = 0) -> Floats:
    """Numbers in 0 … 1 that deal whole units into nested subsets: rows below ``f`` are about that share of every class.

    Parameters
    ----------
    units : int array (n,)
        Items of one unit, such as a speaker's, get the same number.
    y : int array (n,)
        Classes.

    Examples
    --------
    >>> key = subset_key([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 0, 0, 1, 1, 1, 1])
    >>> bool(key[0] == key[1]), int((key < 0.5).sum())
    (True, 4)
    """
    rng = np.random.default_rng(seed)
    label, unit = np.asarray(y), np.unique(np.asarray(units), return_inverse=True)[1]
    key = np.empty(len(label))
    for value in np.unique(label):
        rows = np.flatnonzero(label == value)
        key[rng.permutation(rows)] = (np.arange(len(rows)) + rng.random(len(rows))) / len(rows)
    size = np.bincount(unit)
    order = np.argsort(np.bincount(unit, key) / size, kind="stable")
    share = np.empty(len(size))
    share[order] = (np.cumsum(size[order]) - size[order] / 2) / size.sum()
    return share[unit]


def growth(right: npt.ArrayLike, sizes: npt.ArrayLike, units: npt.ArrayLike, *, seed: int = 0) -> Growth:
    """Extrapolate to twice the labels by a power law of the error through the last three sizes.

    The law (J. Hestness et al., "Deep learning scaling is predictable, empirically", 2017), of whose exponent three
    quarters are believed to last, gives the share of the error that is left of that at the last size. The interval is
    that of 500 resamples of units, widened by half of how far laws through other sizes or of other exponents part.

    Parameters
    ----------
    right : float array (n, m)
        By item and size, 0 to 1: whether it was predicted right, or how often.
    sizes : float array (m,)
        Labels learned from, rising; the last is all.
    units : int array (n,)
        Items of one unit are resampled together.

    Examples
    --------
    >>> hit = np.arange(1000)[:, None] >= 1000 * np.array([0.4, 0.28, 0.2])
    >>> found = growth(hit, [100, 200, 400], range(1000))
    >>> bool(abs(found.doubled.value - 0.846) < 0.002), round(found.last, 2)
    (True, 0.08)
    """
    n = np.asarray(sizes, dtype=np.float64)
    errors = _resampled(np.asarray(right, dtype=np.float64), units, seed=seed)
    after, apart = _foretold(errors, n, 2.0)
    doublings = float(np.log2(n[-1] / n[-2]))
    last = float(errors[0, -2] - errors[0, -1]) / doublings
    drawn = (errors[1:, -2] - errors[1:, -1]).std() / doublings**0.5  # what the next brings is a draw as well
    deviation = float(np.hypot((errors[1:, -1] - after[1:]).std(), drawn))
    return Growth(_estimate(errors[:, -1]), _estimate(after, wider=apart), last, deviation)


def gain(right: npt.ArrayLike, sizes: npt.ArrayLike, units: npt.ArrayLike, *, times: float, seed: int = 0) -> Estimate:
    """By how much the share that is right rises with ``times`` the labels, -1 to 1, by the law of ``growth``.

    What the next items bring is a draw as well: the interval is as wide as that of ``growth`` and, independently of it,
    the deviation of what the last doubling brought, times the square root of the part of a doubling that is asked for.

    Parameters as of ``growth``; two sizes do. ``times`` from 1: beyond 2 laws part, and the interval with them.

    Examples
    --------
    >>> hit = np.arange(1000)[:, None] >= 1000 * np.array([0.4, 0.28, 0.2])
    >>> found = gain(hit, [100, 200, 400], range(1000), times=2.0)
    >>> round(found.value, 3), found.low < found.value < found.high
    (0.046, True)
    """
    errors, n = _resampled(np.asarray(right, dtype=np.float64), units, seed=seed), np.asarray(sizes, dtype=np.float64)
    after, apart = _foretold(errors, n, times)
    found = _estimate(1.0 - errors[:, -1] + after, wider=apart, least=-1.0)
    part = float(np.log2(times) / np.log2(n[-1] / n[-2]))
    drawn = _Z95 * float((errors[1:, -2] - errors[1:, -1]).std()) * part**0.5
    low, high = float(np.hypot(found.value - found.low, drawn)), float(np.hypot(found.high - found.value, drawn))
    return Estimate(found.value, max(-1.0, found.value - low), min(1.0, found.value + high))


def _resampled(hit: Floats, units: npt.ArrayLike, *, seed: int) -> Floats:
    """Error by size (1 + b, m), first of all items and then of resamples of whole units."""
    unit = np.unique(np.asarray(units), return_inverse=True)[1]
    count = np.bincount(unit).astype(np.float64)
    wrong = np.stack([np.bincount(unit, 1.0 - column) for column in hit.T], axis=1)
    drawn = np.random.default_rng(seed).multinomial(len(count), np.full(len(count), 1.0 / len(count)), _N_RESAMPLES)
    error = (wrong.sum(0) / count.sum())[None]
    return np.concatenate([error, (drawn @ wrong) / (drawn @ count)[:, None]])


def _foretold(errors: Floats, sizes: Floats, times: float) -> tuple[Floats, float]:
    """Errors (b,) with ``times`` the labels, and half of how far laws of other sizes or exponents part."""
    after, error = _after(errors, sizes, _FITTED, times=times), errors[:1]
    laws = [
        _after(error, sizes, 2, times=times),
        _after(error, sizes, len(sizes), times=times),
        _after(error, sizes, _FITTED, 1.0, times=times),
        _after(error, sizes, _FITTED, 0.5, times=times),
    ]
    return after, max(abs(float(law[0] - after[0])) for law in laws) / 2


def _estimate(errors: Floats, *, wider: float = 0.0, least: float = 0.0) -> Estimate:
    """Share that is right, from the error and then those of resamples."""
    value = 1.0 - float(errors[0])
    low, high = (1.0 - float(q) for q in np.quantile(errors[1:], [0.975, 0.025]))
    return Estimate(value, max(least, min(value, low) - wider), min(1.0, max(value, high) + wider))


def _after(errors: Floats, sizes: Floats, points: int, lasting: float = _LASTING, *, times: float) -> Floats:
    """Error (b,) with ``times`` the labels, by a law through the last ``points`` sizes of each row of errors (b, m)."""
    x = np.log(sizes[-points:])
    y = np.log(np.maximum(errors[:, -points:], 1e-4))
    slope = ((x - x.mean()) * (y - y.mean(axis=1, keepdims=True))).sum(axis=1) / np.square(x - x.mean()).sum()
    return np.asarray(errors[:, -1] * times ** (lasting * np.minimum(slope, 0.0)))


def learning_curve(
    right: npt.ArrayLike,
    sizes: npt.ArrayLike,
    y: npt.ArrayLike,
    units: npt.ArrayLike,
    *,
    classes: tuple[str, ...],
    seed: int = 0,
) -> dict[str, Any]:
    """Fields of ``dsaudit.store.schema.metrics.LearningCurve``; parameters as of ``growth``.

    Parameters
    ----------
    y : int array (n,)
        Columns of the classes.
    classes : tuple of str

    Examples
    --------
    >>> hit = np.arange(1000)[:, None] >= 1000 * np.array([0.4, 0.28, 0.22])
    >>> found = learning_curve(hit, [100, 200, 400], np.zeros(1000, int), range(1000), classes=("a",))
    >>> found["trusted"], found["sure"], [row[0] for row in found["points"]]
    (True, True, [100, 200, 400])
    """
    hit, label, unit = np.asarray(right, dtype=np.float64), np.asarray(y), np.asarray(units)
    whole = growth(hit, sizes, unit, seed=seed)
    own: list[dict[str, Any]] = []
    for column, name in enumerate(classes):
        rows = label == column
        if rows.sum() >= _LEAST_OF_CLASS:
            found = growth(hit[rows], sizes, unit[rows], seed=seed)
            own.append({"label": name, "n": int(rows.sum()), "recall": found.now, "doubled": found.doubled})
    own.sort(key=lambda row: (row["recall"].value - row["doubled"].value, row["label"]))
    return {
        "points": [(round(float(n)), float(a)) for n, a in zip(np.asarray(sizes), hit.mean(axis=0), strict=True)],
        "now": whole.now,
        "doubled": whole.doubled,
        "last": whole.last,
        "trusted": bool(whole.last <= STEEP),
        "sure": bool(whole.deviation * _FOUR_IN_FIVE <= POINTS),
        "classes": own,
    }
