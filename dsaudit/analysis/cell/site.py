"""Numbers that one value of another column has in another unit: a site that weighs in grams, a device set to °F."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.dependency import BESIDE
from dsaudit.analysis.cell.dependency import beside as near
from dsaudit.analysis.cell.hint import Hint, of_rows
from dsaudit.analysis.cell.number import plainly, with_number
from dsaudit.analysis.cell.unit import dimension, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

    Floats = npt.NDArray[np.float64]

_ROWS = 8
"""Of a value that is heard."""
_VALUES = (4, 200)
"""Of a column by which numbers may differ in unit."""
_MOST_APART = 1 / 3
"""Share of the values that may have another unit."""
_BEYOND = 6.0
"""How much further from the middle of the others a value stands than these do, in their spread."""
_NEAR = 0.35
"""How far from the middle of the others numbers in the right unit are, in the spread of the rows."""
_P = 0.9
_FACTORS = {
    10.0: "10 times", 100.0: "100 times", 1000.0: "1,000 times", 0.1: "a tenth of", 0.01: "a hundredth of",
    0.001: "a thousandth of", 2.20462: "in pounds beside", 1 / 2.20462: "in kilograms beside",
    2.54: "in centimetres beside", 1 / 2.54: "in inches beside", 1.609344: "in kilometres beside",
    1 / 1.609344: "in miles beside", 3.28084: "in feet beside", 0.3048: "in metres beside", 60.0: "60 times",
    25.4: "in millimetres beside", 1 / 25.4: "in inches beside",
    1 / 60.0: "a sixtieth of",
}  # fmt: skip


def other_units(columns: Sequence[CodedColumn], beside: Sequence[CodedColumn] | None = None) -> list[Hint]:
    """Hints against the numbers of a value of another column that are those of all others but for a unit.

    The median of one value stands far from those of all others, which agree among themselves, and by a usual factor,
    or from °C to °F, both it and the spread become theirs. ``beside``: columns whose values are tried, where others.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"site": [f"S{k % 6}" for k in range(240)], "kg": rng.normal(70, 9, 240).round(1)})
    >>> table.loc[table["site"] == "S2", "kg"] *= 1000
    >>> (hint,) = other_units(columns_of(table.astype(str)))
    >>> hint.column, len(hint.rows), hint.why[0]
    (1, 40, "1,000 times those of other values of site than 'S2'")
    """
    hints: list[Hint] = []
    every = columns if beside is None else beside
    given = [
        (j, c)
        for j, c in enumerate(every)
        if c.role == "category" and _VALUES[0] <= (c.counts >= _ROWS).sum() <= _VALUES[1]
    ]
    for place, column in enumerate(columns):
        if column.role != "number" or (column.counts > 0).sum() < _ROWS:
            continue
        x = column.numbers.read[column.codes]
        told: set[int] = set()
        for j, one in given:
            if j >= BESIDE and not near(place, j, len(every)):  # sites stand in front as a rule
                continue
            for code, convert, words in _apart(one, x, warm=_warm(column)):
                rows = np.flatnonzero((one.codes == code) & np.isfinite(x))
                rows = rows[[row not in told for row in rows.tolist()]]
                told |= set(rows.tolist())
                texts, right = column.strings(rows), convert(x[rows])
                bare = [plainly(float(f"{v:.6g}")) for v in right]
                repair = np.array(
                    [
                        with_number(text, float(v)) if column.numbers.unit[column.codes[row]] else v
                        for text, v, row in zip(texts, bare, rows, strict=True)
                    ],
                    dtype=object,
                )
                why = f"{words} those of other values of {one.name} than {str(one.values[code])[:40]!r}"
                hints += of_rows("unit", place, rows, np.full(len(rows), _P), why=why, repair=repair, sure=0.9)
    return hints


def _warm(column: CodedColumn) -> bool:
    """Whether it may hold temperatures: by its unit, or by its name."""
    name = column.name.casefold()
    units = {dimension(unit) for unit in column.numbers.units} | {dimension(unit_of(column.name))}
    return "temperature" in units or "temp" in name


def _apart(given: CodedColumn, x: Floats, *, warm: bool) -> list[tuple[int, _Conversion, str]]:
    """Values of a column whose numbers are in another unit: code, what converts them, in words."""
    often = np.flatnonzero((given.counts >= _ROWS) & ~given.nothing).tolist()
    own = {k: x[(given.codes == k) & np.isfinite(x)] for k in often}
    own = {k: some for k, some in own.items() if len(some) >= _ROWS}
    if len(own) < _VALUES[0]:
        return []
    middle = np.array([np.median(some) for some in own.values()])
    usual = float(np.median(middle))
    far = _far(middle)
    if (middle > 0).all():  # values that grow by factors lie far apart by nature
        far &= _far(np.log(middle))
    odd = [k for k, is_far in zip(own, far, strict=True) if is_far]
    rest = [some for k, some in own.items() if k not in odd]
    if not odd or len(odd) > _MOST_APART * len(own):
        return []
    low, high = np.percentile(np.concatenate(rest), [10, 90])
    wide = max(float(high - low), 1e-9)
    found = []
    for k in odd:
        if low <= np.median(own[k]) <= high:
            continue
        tried = [_Conversion(1 / factor, 0.0, words) for factor, words in _FACTORS.items()]
        if warm:
            tried += [_Conversion(1 / 1.8, -32 / 1.8, "in °F beside"), _Conversion(1.8, 32.0, "in °C beside")]
        fits = [(abs(float(np.median(one(own[k]))) - usual) / wide, one) for one in tried]
        off, best = min(fits, key=lambda fit: fit[0])
        own_wide = float(np.ptp(np.percentile(best(own[k]), [10, 90])))
        if off <= _NEAR and 0.4 * wide <= own_wide <= 2.5 * wide:
            found.append((k, best, best.words))
    return found


def _far(middle: Floats) -> npt.NDArray[np.bool_]:
    """Which of some medians stand apart from the others."""
    off = np.abs(middle - np.median(middle))
    spread = max(1.4826 * float(np.median(off)), 1e-3 * float(np.median(np.abs(middle))))
    made: npt.NDArray[np.bool_] = off > _BEYOND * spread
    return made


class _Conversion:
    """A number times a factor and a constant more."""

    def __init__(self, factor: float, more: float, words: str) -> None:
        self.factor, self.more, self.words = factor, more, words

    def __call__(self, x: Floats) -> Floats:
        return x * self.factor + self.more
