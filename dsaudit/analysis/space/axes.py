"""Principal axes of embeddings that people can read: those that come back, and what goes along with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.stats import rankdata, t

from dsaudit.analysis.row_batches import batches
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

MOST_AXES, LEAST_SHARE = 6, 0.05
"""Axes looked at, and the share of the variance from which one is."""
_SAME = 0.9
"""Correlation of places along two axes, one from each half, from which on they are one axis."""
_HALVINGS, _CANDIDATES = 3, 12
_MOST_ROWS, _CELLS_AT_ONCE = 20_000, 4_000_000
_LEAST_UNITS = 12
"""Groups, or single items, that each half needs."""
_FROM_NUMBER, _FROM_WORD = 0.3, 0.4
"""Size of a coefficient from which on it is worth a name."""
_MOST_TESTED, _MOST_NAMED = 6, 3
"""Numbers, and words of either end, that one half proposes for an axis, and those that are told."""
_ALIKE = 0.8
"""Rank correlation of two numbers from which on the second says nothing new."""
_END, _LEAST_WITH, _LEAST_UNITS_WITH = 0.1, 6, 5
_ITEMS, _OUTERMOST = 6, 0.05
_ALPHA = 0.05

Word = tuple[str, str]
"""Column and value; the column is empty for a word of a text."""


def readable_axes(
    space: npt.ArrayLike,
    *,
    variance: float,
    units: npt.ArrayLike,
    numbers: pd.DataFrame,
    words: Sequence[Collection[Word]],
    seed: int = 0,
) -> dict[str, Any]:
    """Axes that carry at least 5 % of the variance, at most 6, with what goes along with them.

    Nothing is said of an axis that does not come back: its items are halved three times, whole units on one side, axes
    are fitted on each half, and places along the two must correlate by .9 or more (Tucker's congruence, see U.
    Lorenzo-Seva and J. ten Berge, Methodology 2006) with more variance in the other half than the largest axis of noise
    would have (J. Horn, Psychometrika 1965; its limit by V. Marchenko and L. Pastur, 1967).

    What goes along with an axis is proposed by one half and judged on the other, along the axis of the first: numbers
    by Spearman's rank correlation, words by the rank-biserial correlation (E. Cureton, Psychometrika 1956). Intervals
    take units as drawn, not items (sandwich of the influences, on Fisher's scale, with Student's t); all that was
    proposed for all axes shares one chance of .05 of a false name (Bonferroni).

    Parameters
    ----------
    space : float array (n, c)
        As from ``embedding_space``: principal components, by falling variance.
    variance : float
        Of the standardised embeddings in all, see ``n_varying``.
    units : int array (n,)
        What must not be torn apart, such as a speaker's items.
    numbers : DataFrame of n rows
        Measurements, NaN for none.
    words : sequence of length n
        Of each item; empty for an item of which nobody knows.

    Returns
    -------
    dict
        ``n`` (items), ``n_lost`` (axes that carry enough and do not come back) and ``axes``: ``number`` (from 1, by
        variance), ``share`` of the variance (0 to 1), ``same`` (least correlation between the halves, 0 to 1), ``low``
        and ``high`` (rows that stand for its ends), ``numbers`` (``name``, ``coefficient``: Estimate, -1 to 1, above 0
        where it rises towards the high end) and ``words`` (``column``, ``word``, ``end``: low or high, ``share`` of the
        tenth at that end that has it, ``elsewhere`` that of all others, ``coefficient`` as above).

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> size = rng.normal(size=300)
    >>> space = np.stack([4 * size, rng.normal(size=300)], axis=1)
    >>> said = [{("", "long")} if one > 0 else {("", "short")} for one in size]
    >>> found = readable_axes(
    ...     space, variance=17.0, units=np.arange(300), numbers=pd.DataFrame({"length_s": size}), words=said
    ... )
    >>> axis = found["axes"][0]
    >>> len(found["axes"]), [one["name"] for one in axis["numbers"]], axis["numbers"][0]["coefficient"].low > 0.9
    (1, ['length_s'], True)
    >>> [(one["word"], one["end"]) for one in axis["words"]]
    [('short', 'low'), ('long', 'high')]
    """
    rows, unit = np.asarray(space), np.unique(np.asarray(units), return_inverse=True)[1]
    share = rows[:, :MOST_AXES].var(axis=0, dtype=np.float64) / max(variance, 1e-12)
    wide = np.flatnonzero(share >= LEAST_SHARE)
    some = drawn_units(unit, seed)
    drawn = rows[some].astype(np.float64)  # of millions there is no second copy
    halves = [half_of(unit[some], seed + k) for k in range(_HALVINGS)]
    if any(min(len(np.unique(unit[some][own])) for own in (half, ~half)) < _LEAST_UNITS for half in halves):
        return {"n": len(rows), "n_lost": len(wide), "axes": []}
    fitted = [(_axes(drawn[half]), _axes(drawn[~half])) for half in halves]
    bound = (1.0 + np.sqrt(variance / (len(some) / 2))) ** 2
    back = {int(j): _same(drawn, int(j), list(zip(halves, fitted, strict=True)), least=bound) for j in wide.tolist()}
    kept = [j for j, same in back.items() if same >= _SAME]
    first, second = some[halves[0]], some[~halves[0]]
    told = _Told(numbers, words, unit, first, second)
    for j in kept:
        told.propose(j, _along(rows, _nearest(drawn, j, fitted[0][0])))
    axes = [
        {
            "number": j + 1,
            "share": float(share[j]),
            "same": float(back[j]),
            "low": _ends(-rows[:, j].astype(np.float64), rows, unit),
            "high": _ends(rows[:, j].astype(np.float64), rows, unit),
            "numbers": told.numbers_of(j),
            "words": told.words_of(j),
        }
        for j in kept
    ]
    return {"n": len(rows), "n_lost": len(wide) - len(kept), "axes": axes}


def drawn_units(unit: Ints, seed: int, *, most: int = _MOST_ROWS) -> Ints:
    """Rows that are looked at, int64 (m,): all, or of more than ``most`` whole units drawn at random.

    Examples
    --------
    >>> len(drawn_units(np.repeat(np.arange(10), 5), 0, most=20))
    20
    """
    if len(unit) <= most:
        return np.arange(len(unit))
    size = np.bincount(unit)
    order = np.random.default_rng(seed).permutation(len(size))
    chosen = np.zeros(len(size), dtype=bool)
    chosen[order[np.cumsum(size[order]) <= most]] = True
    return np.flatnonzero(chosen[unit])


def half_of(unit: Ints, seed: int) -> npt.NDArray[np.bool_]:
    """Which rows are on the first side: units (n,) are dealt in random order to the side that has fewer rows so far.

    Examples
    --------
    >>> side = half_of(np.array([0, 0, 1, 1]), 0)
    >>> bool(side[0] == side[1]), int(side.sum())
    (True, 2)
    """
    own, place = np.unique(unit, return_inverse=True)
    size = np.bincount(place)
    order = np.random.default_rng(seed).permutation(len(own))
    order = order[np.argsort(-size[order], kind="stable")]
    first, load = np.zeros(len(own), dtype=bool), [0, 0]
    for one in order.tolist():
        side = 0 if load[0] <= load[1] else 1
        first[one] = side == 0
        load[side] += int(size[one])
    return np.asarray(first[place])


def _axes(rows: Floats) -> Floats:
    """Principal axes of rows, as columns, by falling variance."""
    centred = rows - rows.mean(axis=0)
    return np.asarray(np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :_CANDIDATES])


def _same(rows: Floats, j: int, halvings: list[Any], *, least: float) -> float:
    """Least correlation of the axis ``j`` as either half has it; 0 where one half hardly varies along the other's."""
    found = 1.0
    for half, (one, other) in halvings:
        a, b = _nearest(rows, j, one), _nearest(rows, j, other)
        if min((rows[~half] @ a).var(), (rows[half] @ b).var()) < least:
            return 0.0
        found = min(found, abs(_correlation(rows @ a, rows @ b)))
    return found


def _nearest(rows: Floats, j: int, axes: Floats) -> Floats:
    """The axis along which places are most like those along axis ``j``, the same way round."""
    fit = np.array([_correlation(rows[:, j], rows @ axis) for axis in axes.T])
    best = int(np.abs(fit).argmax())
    return np.asarray(axes[:, best] * (1.0 if fit[best] >= 0 else -1.0))


def _along(rows: npt.NDArray[Any], axis: Floats) -> Floats:
    parts = batches(len(rows), rows.shape[1], cells=_CELLS_AT_ONCE, of=rows)
    return np.concatenate([rows[part].astype(np.float64) @ axis for part in parts])


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def _ends(place: Floats, rows: npt.NDArray[Any], unit: Ints) -> list[int]:
    """Rows of the outermost part that lie along this axis more than along others, one of a unit."""
    outer = np.argsort(-place, kind="stable")[: max(2 * _ITEMS, round(_OUTERMOST * len(place)))]
    purity = place[outer] / np.maximum(np.linalg.norm(rows[outer].astype(np.float64), axis=1), 1e-12)
    chosen: dict[int, int] = {}
    for row in outer[np.argsort(-purity, kind="stable")].tolist():
        chosen.setdefault(int(unit[row]), int(row))
    return list(chosen.values())[:_ITEMS]


class _Told:
    """What one half proposes for axes, judged on the other."""

    def __init__(
        self, numbers: pd.DataFrame, words: Sequence[Collection[Word]], unit: Ints, first: Ints, second: Ints
    ) -> None:
        self._unit, self._first, self._second = unit, first, second
        self._names = [str(name) for name in numbers]
        self._values = numbers.to_numpy(dtype=np.float64)
        self._words = sorted({word for own in words for word in own})
        column = {word: k for k, word in enumerate(self._words)}
        at = [(row, column[word]) for row, own in enumerate(words) for word in own]
        row, col = np.array(at, dtype=np.int64).reshape(-1, 2).T
        shape = (len(words), len(self._words))
        self._has = sparse.csc_array((np.ones(len(row)), (row, col)), shape=shape)
        self._of_column = {
            name: np.array([k for k, word in enumerate(self._words) if word[0] == name])
            for name in sorted({name for name, _ in self._words})
        }
        self._known = {
            name: np.asarray(self._has[:, own].sum(axis=1)).ravel() > 0 for name, own in self._of_column.items()
        }
        self._found: dict[int, tuple[list[Any], list[Any]]] = {}
        self._place: dict[int, Floats] = {}

    def propose(self, j: int, place: Floats) -> None:
        """Ask the first half what goes along with places (n,) along an axis, and measure that on the second."""
        self._place[j] = place
        numbers = [(k, self._number(k, place)) for k in self._likely_numbers(place)]
        words = [(k, self._word(k, place)) for k in self._likely_words(place)]
        self._found[j] = numbers, words

    def numbers_of(self, j: int) -> list[dict[str, Any]]:
        """Numbers that go along with an axis, those that do most first."""
        sure = [(k, made) for k, made in self._found[j][0] if self._holds(made, _FROM_NUMBER)]
        sure.sort(key=lambda one: -abs(one[1][0]))
        return [{"name": self._names[k], "coefficient": _estimate(made)} for k, made in sure[:_MOST_NAMED]]

    def words_of(self, j: int) -> list[dict[str, Any]]:
        """Words of either end, first those that most of the end has and few others."""
        out: list[dict[str, Any]] = []
        for end, side in (("low", -1.0), ("high", 1.0)):
            sure = [one for one in self._found[j][1] if side * one[1][0] > 0 and self._holds(one[1], _FROM_WORD)]
            told = [{**self._shares(k, side * self._place[j]), "coefficient": _estimate(made)} for k, made in sure]
            told.sort(key=lambda one: (one["elsewhere"] - one["share"], one["column"], one["word"]))
            named: list[dict[str, Any]] = []
            for one in told:
                within = any(one["column"] == o["column"] and _overlap(one["word"], o["word"]) for o in named)
                if one["share"] > one["elsewhere"] and not within and len(named) < _MOST_NAMED:
                    named.append({**one, "end": end})
            out += named
        return out

    def _shares(self, k: int, place: Floats) -> dict[str, Any]:
        """A word, the share of the second half's outermost tenth that has it, and that of its others."""
        column, word = self._words[k]
        rows = self._second[self._known[column][self._second]]
        has = self._column(k)[rows]
        order = np.argsort(-place[rows], kind="stable")
        n = max(1, round(_END * len(order)))
        share, elsewhere = float(has[order[:n]].mean()), float(has[order[n:]].mean())
        return {"column": column, "word": word, "share": share, "elsewhere": elsewhere}

    def _column(self, k: int) -> npt.NDArray[np.bool_]:
        has = np.zeros(self._has.shape[0], dtype=bool)
        has[self._has.indices[self._has.indptr[k] : self._has.indptr[k + 1]]] = True
        return has

    def _holds(self, made: tuple[float, float, float], least: float) -> bool:
        value, error, freedom = made
        n_tests = sum(len(numbers) + len(words) for numbers, words in self._found.values())
        if not np.isfinite(error) or abs(value) < least:
            return False
        return bool(abs(np.arctanh(value)) > error * t.ppf(1.0 - _ALPHA / (2 * n_tests), freedom))

    def _likely_numbers(self, place: Floats) -> list[int]:
        found = []
        for k in range(len(self._names)):
            x = self._values[self._first, k]
            known = np.isfinite(x)
            if known.sum() >= 2 * _LEAST_WITH and np.ptp(x[known]) > 0:
                found.append((k, abs(_correlation(rankdata(x[known]), rankdata(place[self._first][known])))))
        found.sort(key=lambda one: -one[1])
        chosen: list[int] = []
        for k, fit in found:
            if fit >= _FROM_NUMBER and not any(self._alike(k, other) for other in chosen):
                chosen.append(k)
        return chosen[:_MOST_TESTED]

    def _alike(self, k: int, other: int) -> bool:
        x, y = self._values[self._first, k], self._values[self._first, other]
        both = np.isfinite(x) & np.isfinite(y)
        return both.sum() > 1 and abs(_correlation(rankdata(x[both]), rankdata(y[both]))) >= _ALIKE

    def _likely_words(self, place: Floats) -> list[int]:
        found: list[tuple[float, float, int]] = []
        for name, own in self._of_column.items():
            rows = self._first[self._known[name][self._first]]
            n, rank = len(rows), rankdata(place[rows])
            has = self._has[:, own][rows]
            with_ = np.asarray(has.sum(axis=0)).ravel()
            fair = np.minimum(with_, n - with_) >= _LEAST_WITH
            total = has.T @ rank
            for k, m, ranks in zip(own[fair].tolist(), with_[fair], total[fair], strict=True):
                r = 2 / n * float(ranks / m - (rank.sum() - ranks) / (n - m))
                if abs(r) >= _FROM_WORD:
                    found.append((r * float(np.sqrt(m / n)), r, k))  # what few items have can name no end
        found.sort(key=lambda one: (one[0], one[2]))
        low = [k for _, r, k in found if r < 0][:_MOST_TESTED]
        return low + [k for _, r, k in reversed(found) if r > 0][:_MOST_TESTED]

    def _number(self, k: int, place: Floats) -> tuple[float, float, float]:
        x, y = self._values[self._second, k], place[self._second]
        known = np.isfinite(x)
        if known.sum() < 2 * _LEAST_WITH or not np.ptp(x[known]) > 0:
            return 0.0, np.nan, 1.0
        a, b = (_standard(rankdata(v[known])) for v in (x, y))
        r = float((a * b).mean())
        return _judged(r, a * b - r * (a * a + b * b) / 2, self._unit[self._second][known])

    def _word(self, k: int, place: Floats) -> tuple[float, float, float]:
        rows = self._second[self._known[self._words[k][0]][self._second]]
        has, unit = self._column(k)[rows], self._unit[rows]
        fewest = min(len(np.unique(unit[has])), len(np.unique(unit[~has])))
        if min(has.sum(), (~has).sum()) < _LEAST_WITH or fewest < _LEAST_UNITS_WITH:
            return 0.0, np.nan, 1.0
        rank, own = rankdata(place[rows]), np.empty(len(rows))
        for side in (has, ~has):
            own[side] = rankdata(place[rows][side])
        # how many of the others lie below an item that has it, and above one that does not (DeLong and others 1988)
        beaten = np.where(has, (rank - own) / (~has).sum(), 1.0 - (rank - own) / has.sum())
        area = float(beaten[has].mean())
        influence = 2 * (beaten - area) / np.where(has, has.mean(), (~has).mean())
        return _judged(2 * area - 1, influence, unit, n_units=fewest)


def _standard(rank: Floats) -> Floats:
    return np.asarray((rank - rank.mean()) / rank.std())


def _judged(r: float, influence: Floats, unit: Ints, *, n_units: int | None = None) -> tuple[float, float, float]:
    """Coefficient, its standard error on Fisher's scale, and degrees of freedom."""
    by_unit = np.bincount(np.unique(unit, return_inverse=True)[1], weights=influence)
    n, freedom = len(by_unit), float(max((n_units or len(by_unit)) - 1, 1))
    r = float(np.clip(r, -0.999, 0.999))
    error = float(np.sqrt((by_unit**2).sum() * n / max(n - 1, 1))) / len(unit)
    return r, max(error / (1.0 - r**2), 1.0 / len(unit)), freedom


def _estimate(made: tuple[float, float, float]) -> Estimate:
    value, error, freedom = made
    middle, half = float(np.arctanh(value)), error * float(t.ppf(0.975, freedom))
    return Estimate(value, float(np.tanh(middle - half)), float(np.tanh(middle + half)))


def _overlap(a: str, b: str) -> bool:
    return f" {a} " in f" {b} " or f" {b} " in f" {a} "
