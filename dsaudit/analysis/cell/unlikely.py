"""Cells that the rest of their row does not let expect: each column foretold from the others by trees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.hint import Hint, of_rows
from dsaudit.analysis.cell.number import plainly, with_number
from dsaudit.analysis.cell.tail import p_beyond, p_wrong, scaled
from dsaudit.analysis.cell.unit import dimension

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

_TAUGHT = 3_000
"""Rows that trees learn from."""
_LOOKED = 200_000
"""Rows that are looked at, of larger tables."""
_SIDE, MOST_TOLD = 60, 60
"""Columns from which one is foretold, and columns that are: of wide tables those that hang together most."""
_TREES = 60
_LEAST_TOLD = 0.02
"""Share of the uncertainty about a category that the rest of the row must take away to tell anything."""
_RARE = 0.2
"""Probability of a value to be wrong, by how rare it is alone, from which it counts: any has 0.09."""
_CLASSES = 30
_NOISE = 0.09
"""Share of wrong values beside which the least probability that trees give a value counts."""
_FACTORS = (
    *((10.0, 0.0, "10 times"), (100.0, 0.5, "100 times"), (1000.0, 0.0, "1,000 times"), (0.1, 0.6, "a tenth")),
    *((0.01, 0.7, "a hundredth"), (0.001, 0.6, "a thousandth"), (2.20462, 1.5, "in pounds, not kilograms")),
    *((1 / 2.20462, 1.5, "in kilograms, not pounds"), (2.54, 1.5, "in centimetres, not inches")),
    *(
        (1 / 2.54, 1.5, "in inches, not centimetres"),
        (1.609344, 1.5, "in kilometres, not miles"),
        (60.0, 1.5, "60 times"),
    ),
    *(
        (1 / 1.609344, 1.5, "in miles, not kilometres"),
        (-1.0, 1.0, "with the wrong sign"),
        (0.3048, 1.5, "in metres, not feet"),
    ),
    *((1 / 0.3048, 1.5, "in feet, not metres"),),
)
"""Factors by which numbers go wrong, what taking one for the truth costs beside the next, and what it is called."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What the rest of the rows lets expect of a column of numbers.

    Attributes
    ----------
    x, mean, spread : float arrays (n,)
        The numbers, what is expected, and how far off that usually is, all on the scale of the heap; NaN where none.
    log : bool
        Whether that scale is the logarithm.
    skill : float
        Share of the variation that the others tell, 0 to 1.
    """

    x: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    log: bool
    skill: float


def unlikely(
    columns: Sequence[CodedColumn], doubted: npt.NDArray[np.float32] | None = None, *, seed: int = 0
) -> tuple[list[Hint], dict[int, Foretold]]:
    """Hints against single cells, and what is expected of each column of numbers.

    Parameters
    ----------
    doubted : float array (n, columns), optional
        Probability that cells are wrong, from elsewhere: what is rather wrong teaches nothing.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> table = pd.DataFrame({"kg": [str(50 + k % 40) for k in range(200)],
    ...     "lb": [str(2 * (50 + k % 40)) for k in range(200)]})
    >>> table.loc[3, "lb"] = "999"
    >>> [(hint.column, hint.rows[hint.p > 0.5].tolist()) for hint in unlikely(columns_of(table))[0]]
    [(0, []), (1, [3])]
    """
    hints: list[Hint] = []
    expected: dict[int, Foretold] = {}
    n = columns[0].n
    if n < 40:
        return hints, expected
    untold: set[int] = set()
    for last in (False, True):
        # what is wrong makes the rest of its row look wrong: the most doubted cell of each row is left out
        features, able = _features(columns, doubted)
        hints, expected = [], {}
        told = _told(features, able, len(columns))
        for j, column in enumerate(columns):
            rng = np.random.default_rng([seed, j])
            others = [i for i in told.get(j, ()) if j not in untold and not _twin(columns[i], column)]
            if column.role == "number":
                expected[j] = _foretold_number(column, features[:, others], features[:, j], rng)
                hints += _far(j, column, expected[j])
                tells = expected[j].skill > 0
            elif column.role == "category" and others:
                hints += (own := _foretold_class(j, column, features[:, others], doubted, rng))
                tells = bool(own)
            else:
                continue
            if not tells:  # a few cells fewer will not change that
                untold.add(j)
        if not last:
            found = np.zeros((n, len(columns)), np.float32)
            for hint in hints:
                np.maximum.at(found[:, hint.column], hint.rows, hint.p.astype(np.float32))
            worst = found.argmax(1)
            sure = found[np.arange(n), worst] > 0.5
            if not sure.any():
                break
            doubted = np.zeros_like(found) if doubted is None else doubted.copy()
            doubted[np.flatnonzero(sure), worst[sure]] = 1.0
    return hints, expected


def _features(
    columns: Sequence[CodedColumn], doubted: npt.NDArray[np.float32] | None
) -> tuple[npt.NDArray[np.float32], list[int]]:
    """The table in numbers (n, columns), NaN for what is unknown or doubted; and the columns that can tell another."""
    made = np.full((columns[0].n, len(columns)), np.nan, np.float32)
    able = []
    for j, column in enumerate(columns):
        if column.role == "number":
            own = column.numbers.read
        elif column.role == "date":
            own = column.dates.day
        elif column.role == "category" and len(column.values) <= 1_000:
            order = np.argsort(np.argsort(-column.counts, kind="stable"), kind="stable").astype(float)
            own = np.where(column.nothing, np.nan, order)
        else:
            continue
        with np.errstate(over="ignore"):
            made[:, j] = np.clip(own, -1e30, 1e30).astype(np.float32)[column.codes]
        if doubted is not None:
            made[doubted[:, j] > 0.5, j] = np.nan
        if np.isfinite(made[:, j]).sum() >= 20:
            able.append(j)
    return made, able


def _told(features: npt.NDArray[np.float32], able: list[int], k: int) -> dict[int, list[int]]:
    """Of each column that is foretold the others that tell it; in wide tables those of like order, by ranks."""
    if k <= _SIDE:
        return {j: [i for i in able if i != j] for j in range(k)}
    some = features[:: max(1, len(features) // 2_000), :][:, able]
    ranks = np.argsort(np.argsort(np.nan_to_num(some, nan=float(np.nanmin(some))), axis=0), axis=0).astype(np.float32)
    ranks = (ranks - ranks.mean(axis=0)) / np.maximum(ranks.std(axis=0), 1e-9)
    like = np.abs(ranks.T @ ranks) / len(ranks)
    np.fill_diagonal(like, -1.0)
    most = np.argsort(-like.max(axis=0), kind="stable")[:MOST_TOLD]
    return {able[m]: sorted(able[i] for i in np.argsort(-like[m], kind="stable")[:_SIDE]) for m in most}


def _twin(a: CodedColumn, b: CodedColumn) -> bool:
    """Whether two columns are one: told from each other they tell nothing of errors that both have."""
    return len(a.values) == len(b.values) and bool((a.codes == b.codes).all())


def _rows(n: int, able: npt.NDArray[np.bool_], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows that teach, and the others that are looked at."""
    looked = np.arange(n) if n <= _LOOKED else np.sort(rng.choice(n, _LOOKED, replace=False))
    own = looked[able[looked]]
    taught = own if len(own) <= _TAUGHT else np.sort(rng.choice(own, _TAUGHT, replace=False))
    return taught, np.setdiff1d(looked, taught, assume_unique=True)


def _foretold_number(
    column: CodedColumn, X: npt.NDArray[np.float32], own: npt.NDArray[np.float32], rng: np.random.Generator
) -> Foretold:
    from sklearn.ensemble import ExtraTreesRegressor

    x, log = scaled(column.numbers.read[column.codes])
    n = len(x)
    teaches = np.isfinite(own) & np.isfinite(x)
    mean, spread = np.full(n, np.nan), np.full(n, np.nan)
    x_all = np.where(np.isfinite(x), x, np.nan)
    if teaches.sum() < 40:
        return Foretold(x_all, mean, spread, log, 0.0)
    low, high = np.percentile(x[teaches], [0.5, 99.5])
    taught, other = _rows(n, teaches, rng)
    skill = 0.0
    if X.shape[1]:
        forest = ExtraTreesRegressor(
            _TREES, min_samples_leaf=2, max_features=0.7, bootstrap=True, oob_score=True, random_state=0
        )
        y = np.clip(x[taught], low, high)
        forest.fit(X[taught], y)
        mean[taught] = forest.oob_prediction_
        if len(other):
            mean[other] = forest.predict(X[other])
        rest = np.median(np.abs(y - mean[taught]))
        skill = float(np.clip(1.0 - rest / max(np.median(np.abs(y - np.median(y))), 1e-12), 0.0, 1.0))
    if skill < 0.05:
        return Foretold(x_all, mean, spread, log, 0.0)
    known = np.isfinite(x[taught])
    order = np.argsort(mean[taught][known], kind="stable")
    off = np.abs(x[taught] - mean[taught])[known][order]
    bins = np.array_split(np.arange(len(order)), max(1, min(10, len(order) // 40)))
    middle = [mean[taught][known][order][b].mean() for b in bins]
    usual = float(np.median(off))
    typical = [max(float(np.median(off[b])), 0.3 * usual, 1e-9) * 1.48 for b in bins]
    spread = np.interp(mean, middle, typical)
    return Foretold(x_all, mean, spread, log, skill)


def _far(j: int, column: CodedColumn, expected: Foretold) -> list[Hint]:
    """Numbers far out of their heap, or far from what the rest of their row lets expect."""
    x = expected.x
    alone = p_beyond(x)
    p, out = p_wrong(alone), np.full(len(x), "out of the range of its column", object)
    with np.errstate(invalid="ignore"):
        z = (x - expected.mean) / expected.spread
    if expected.skill > 0:
        given = p_wrong(p_beyond(z) ** 0.9)
        out = np.where(given > p, "not what the rest of its row lets expect", out)
        p = np.maximum(p, given)
    sign = _signs(column)
    raw = column.numbers.read[column.codes]
    if sign:
        odd = np.sign(raw) == -sign
        p = np.where(odd, np.maximum(p, 0.85), p)
        out = np.where(odd, "the others have the other sign", out)
    # what many rows have in common is a value, not a slip
    often = column.counts[column.codes]
    p = np.where(often > max(5, 0.005 * column.n), p * 0.3, p)
    rows = np.flatnonzero(p >= 0.05)
    repair, sure = np.full(len(rows), None, object), np.zeros(len(rows))
    places = _places(column)
    warm = all(dimension(unit) == "temperature" for unit in column.numbers.units)
    low, mid, high = np.percentile(x[np.isfinite(x)], [10, 50, 90]) if len(rows) else (0.0, 0.0, 0.0)
    alone_ = float(mid), max(float(high - low) / 2.56, 1e-12)
    for i, row in enumerate(rows[:20_000]):
        own = float(expected.mean[row]), float(expected.spread[row])
        usual = own if np.isfinite(own).all() else alone_
        repair[i], sure[i], words = _factor(float(raw[row]), usual, places, log=expected.log, warm=warm)
        if words:
            out[row] = words
            p[row] = 1 - (1 - p[row]) * 0.6
        if repair[i] and column.numbers.unit[column.codes[row]]:
            repair[i] = with_number(column.values[column.codes[row]], float(repair[i]))
    return of_rows("number", j, rows, p[rows], why=out[rows], repair=repair, sure=sure)


def _places(column: CodedColumn) -> int:
    """Decimals of nearly all of its numbers."""
    texts = column.values[~np.isnan(column.numbers.plain)][:5_000]
    return int(np.percentile([len(v.partition(".")[2]) for v in texts] or [0], 95))


def _signs(column: CodedColumn) -> int:
    """The sign that all but a handful of its numbers have; 0 where there is none."""
    numbers = column.numbers.read
    held = ~np.isnan(numbers)
    n = column.counts[held].sum()
    for sign in (1, -1):
        odd = column.counts[held & (np.sign(numbers) == -sign)].sum()
        if 0 < odd <= 0.01 * n:
            return sign
    return 0


def _factor(
    number: float, usual: tuple[float, float], places: int, *, log: bool, warm: bool
) -> tuple[str | None, float, str]:
    """The unit or factor by which a number would be as expected: the number then, how sure that is, in words.

    It must come out with no more decimals than the column has. ``usual``: what is expected, and its spread, of its
    logarithm where ``log``. ``warm``: it may be a temperature.
    """
    mean, spread = usual
    tried = [(number / factor, cost, words) for factor, cost, words in _FACTORS]
    if warm:
        tried += [((number - 32) / 1.8, 0.8, "in °F, not °C"), (number * 1.8 + 32, 1.6, "in °C, not °F")]

    def far(value: float) -> float:
        if log and value <= 0:
            return float("inf")
        return abs(((math.log(value) if log else value) - mean) / spread)

    best: tuple[float, float, str] | None = None
    for value, cost, words in tried:
        text = f"{value:.9g}"
        if (
            float(text) == round(float(text), places)
            and far(value) < 2.5
            and (best is None or far(value) + cost < best[0])
        ):
            best = far(value) + cost, float(text), words
    if best is None or far(number) < 3.5:
        return None, 0.0, ""
    return plainly(best[1]), 0.8, f"{best[2]}: {plainly(best[1])} is as expected"


def _foretold_class(
    j: int,
    column: CodedColumn,
    X: npt.NDArray[np.float32],
    doubted: npt.NDArray[np.float32] | None,
    rng: np.random.Generator,
) -> list[Hint]:
    from sklearn.ensemble import ExtraTreesClassifier

    held = ~column.nothing & (column.counts >= 3)
    classes = np.flatnonzero(held)[np.argsort(-column.counts[held], kind="stable")][:_CLASSES]
    if len(classes) < 2 or column.counts[classes].sum() < 0.7 * column.n:
        return []
    label = np.full(len(column.values), -1)
    label[classes] = np.arange(len(classes))
    y = label[column.codes]
    teaches = y >= 0
    if doubted is not None:
        teaches &= doubted[:, j] <= 0.5
    if teaches.sum() < 40:
        return []
    taught, other = _rows(len(y), teaches, rng)
    present = np.unique(y[taught])
    if len(present) < 2:
        return []
    forest = ExtraTreesClassifier(
        _TREES, min_samples_leaf=2, max_features=0.5, bootstrap=True, oob_score=True, random_state=0
    )
    forest.fit(X[taught], y[taught])
    k = len(classes)
    probs = np.zeros((len(y), k), np.float32)
    probs[np.ix_(taught, forest.classes_)] = np.nan_to_num(forest.oob_decision_function_)
    if len(other):
        probs[np.ix_(other, forest.classes_)] = forest.predict_proba(X[other])
    rows = np.concatenate([taught, other])
    rows = np.sort(rows[(y[rows] >= 0) & (probs[rows].sum(1) > 0.5)])
    smooth, tells = _tempered((probs[rows] * _TREES + 0.3) / (_TREES + 0.3 * k), y[rows])
    given, top = smooth[np.arange(len(rows)), y[rows]], smooth.argmax(1)
    p = _NOISE / k * (1 - given) / ((1 - _NOISE) * given + _NOISE / k)
    kept = (p > (0.05 if tells else _RARE)) & (top != y[rows])
    rows, p, top, best = rows[kept], p[kept], top[kept], smooth[kept].max(1)
    repair = column.values[classes[top]]
    words = "the rest of its row is like rows with" if tells else "rare, where nearly all rows have"
    why = np.array([f"{words} {value!r}" for value in repair], object)
    return of_rows("unlikely", j, rows, p, why=why, repair=repair, sure=best * 0.9)


def _tempered(probs: npt.NDArray[np.float32], y: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.float64], bool]:
    """The probabilities drawn towards the shares of the classes, as far as makes what is there likeliest; and whether
    that is any better than the shares alone."""
    shares = np.bincount(y, minlength=probs.shape[1]) / len(y)
    own, usual = probs[np.arange(len(y)), y], shares[y]
    drawn = np.array([0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])
    # the worst few are what is looked for: they may not decide
    fit = [np.sort(np.log((1 - a) * own + a * usual + 1e-12))[len(y) // 30 :].mean() for a in drawn]
    a = drawn[int(np.argmax(fit))]
    made: npt.NDArray[np.float64] = (1 - a) * probs.astype(np.float64) + a * shares
    return made, bool(max(fit) > (1 - _LEAST_TOLD) * fit[-1])
