"""Columns of numbers that follow from others: a factor, a sum, a product; and the rows in which they do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from dsaudit.analysis.cell.dependency import pairs_beside
from dsaudit.analysis.cell.hint import Hint, of_rows
from dsaudit.analysis.cell.number import plainly

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

How = Literal["factor", "sum", "product"]

_SAMPLE = 300
_MOST = 40
"""Columns of numbers, beyond which only factors are looked for."""
_HOLDS = 0.9
_BY_CHANCE = 0.4
"""Share of rows in which it would hold with the rows of one column mixed, from which it says nothing."""
_CONFIRMED = 0.2
"""What is left of a doubt about a number that fits an equation with others."""


@dataclass(frozen=True)
class Derived:
    """``column`` is the factor, the sum or the product of others in nearly all rows.

    Attributes
    ----------
    column : int
        Place of the column.
    of : tuple of int
        Places of the columns that it follows from.
    how : str
        factor: ``scale`` times the only one. sum, product: of all.
    scale : float
    holds : bool array (n,)
        Rows in which it does.
    asked : bool array (n,)
        Rows in which all are numbers.
    """

    column: int
    of: tuple[int, ...]
    how: How
    scale: float
    holds: npt.NDArray[np.bool_]
    asked: npt.NDArray[np.bool_]

    def words(self, columns: Sequence[CodedColumn]) -> str:
        """The equation as people write it."""
        names = [columns[j].name for j in self.of]
        if self.how == "factor":
            return f"{names[0]} times {self.scale:.6g}"
        return (" + " if self.how == "sum" else " × ").join(names)


def derived(columns: Sequence[CodedColumn], *, seed: int = 0) -> list[Derived]:
    """The equations between columns of numbers that nine rows in ten keep, within what rounding allows.

    Looked for are one number times another column, sums and products of two columns, and sums of several that stand
    side by side. Each column is named once, as what comes of the others where it stands behind them.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> table = pd.DataFrame({"net": [37 * k % 101 for k in range(90)], "tax": [k * k % 53 for k in range(90)]})
    >>> table["gross"] = table["net"] + table["tax"]
    >>> [(one.column, one.of, one.how) for one in derived(columns_of(table.astype(str)))]
    [(2, (0, 1), 'sum')]
    """
    able = [j for j, c in enumerate(columns) if c.role == "number" and (c.counts > 0).sum() >= 5]
    if len(able) < 2 or columns[0].n < 30:
        return []
    search = _Search(columns, able, seed)
    return search.found()


class _Search:
    def __init__(self, columns: Sequence[CodedColumn], able: list[int], seed: int) -> None:
        self.able, self.n_columns = able, len(columns)
        self.x = {j: columns[j].numbers.read[columns[j].codes] for j in able}
        self.off = {j: 0.5 * 10.0 ** -_places(columns[j]) for j in able}
        rng = np.random.default_rng(seed)
        n = columns[0].n
        self.some = np.arange(n) if n <= _SAMPLE else np.sort(rng.choice(n, _SAMPLE, replace=False))
        self.mixed = self.some[rng.permutation(len(self.some))]
        self.of_column: dict[int, Derived] = {}
        self.used: set[frozenset[int]] = set()

    def found(self) -> list[Derived]:
        for a, b in pairs_beside(self.able, self.n_columns):
            self._factor(b, a)
        if len(self.able) <= _MOST:
            for a, b in combinations(self.able, 2):
                self._of_all((a, b), "sum")
                self._of_all((a, b), "product")
            for length in range(3, len(self.able)):
                for begin in range(len(self.able) - length + 1):
                    self._of_all(tuple(self.able[begin : begin + length]), "sum")
        return [self.of_column[j] for j in sorted(self.of_column)]

    def _factor(self, j: int, i: int) -> None:
        if i in self.of_column or j in self.of_column:
            return
        x, y = self.x[i][self.some], self.x[j][self.some]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (y / x)[np.isfinite(y / x) & (x != 0) & (y != 0)]
        if len(ratio) < 20:
            return
        scale = float(np.median(ratio))
        rounded = float(f"{scale:.3g}")
        if scale and abs(rounded / scale - 1) < 1e-4:
            scale = rounded
        self._try(j, (i,), "factor", scale)

    def _of_all(self, of: tuple[int, ...], how: How) -> None:
        made = self._made(of, how, 1.0, self.some)
        for j in self.able:
            if j in of or j in self.of_column or frozenset((*of, j)) in self.used:
                continue
            own = self.x[j][self.some]
            both = np.isfinite(made) & np.isfinite(own)
            with np.errstate(invalid="ignore"):
                near = np.abs(own - made) <= self._slack(j, of, how, 1.0, self.some)
            if both.sum() >= 20 and near[both].mean() >= _HOLDS:
                self._try(j, of, how, 1.0)

    def _try(self, j: int, of: tuple[int, ...], how: How, scale: float) -> None:
        every = np.arange(len(self.x[j]))
        asked = np.isfinite(self.x[j]) & np.all([np.isfinite(self.x[i]) for i in of], axis=0)
        if asked.sum() < 30:
            return
        holds = asked & self._holds(j, of, how, scale, every, every)
        if holds.sum() < _HOLDS * asked.sum():
            return
        by_chance = self._holds(j, of, how, scale, self.mixed, self.some)[asked[self.some] & asked[self.mixed]].mean()
        if by_chance > _BY_CHANCE:
            return
        if how != "factor":  # one of them may add nothing: then it is the same as the others
            for left in of:
                rest = tuple(i for i in of if i != left)
                if self._holds(j, rest, how, 1.0, every, every)[asked].mean() > _HOLDS - 0.15:
                    return
        self.of_column[j] = Derived(j, of, how, scale, holds, asked)
        self.used.add(frozenset((*of, j)))

    def _made(
        self, of: tuple[int, ...], how: How, scale: float, rows: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        parts = np.stack([self.x[i][rows] for i in of])
        made: npt.NDArray[np.float64] = parts.sum(axis=0) if how == "sum" else parts.prod(axis=0) * scale
        return made

    def _slack(
        self, j: int, of: tuple[int, ...], how: How, scale: float, rows: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """How far off rounding alone may take it."""
        off = np.full(len(rows), 1.05 * self.off[j])
        made = np.abs(self._made(of, how, scale, rows))
        for i in of:
            if how == "sum":
                off += self.off[i]
            else:
                with np.errstate(divide="ignore", invalid="ignore"):
                    off += np.nan_to_num(made / np.abs(self.x[i][rows]) * self.off[i], posinf=0.0)
        return off + 1e-9 * made

    def _holds(
        self,
        j: int,
        of: tuple[int, ...],
        how: How,
        scale: float,
        own: npt.NDArray[np.int64],
        rows: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.bool_]:
        with np.errstate(invalid="ignore"):
            off = np.abs(self.x[j][own] - self._made(of, how, scale, rows))
            made: npt.NDArray[np.bool_] = off <= self._slack(j, of, how, scale, rows)
        return made


def _places(column: CodedColumn) -> int:
    """Decimals that it is written with."""
    texts = column.values[~np.isnan(column.numbers.plain)][:2_000]
    return int(np.percentile([len(v.partition(".")[2]) for v in texts] or [0], 95))


def underivable(
    columns: Sequence[CodedColumn], found: Sequence[Derived], doubted: npt.NDArray[np.float32]
) -> list[Hint]:
    """Hints against the numbers of rows in which an equation does not hold: the most doubted is to blame.

    Parameters
    ----------
    doubted : float array (n, columns)
        Probability that each cell is wrong, from elsewhere.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> table = pd.DataFrame({"eur": [k * k % 97 + 1 for k in range(60)]})
    >>> table["cent"] = table["eur"] * 100
    >>> table.loc[7, "cent"] = 11
    >>> columns = columns_of(table.astype(str))
    >>> hints = underivable(columns, derived(columns), np.zeros((60, 2), np.float32))
    >>> [(hint.column, hint.rows.tolist(), hint.repair.tolist()) for hint in hints]
    [(1, [7], ['5000']), (0, [7], ['0'])]
    """
    hints: list[Hint] = []
    for one in found:
        rows = np.flatnonzero(one.asked & ~one.holds)
        if not len(rows):
            continue
        members = (one.column, *one.of)
        sure = 0.98 if len(rows) <= 0.02 * one.asked.sum() else 0.8
        blame = doubted[rows][:, list(members)].astype(float) + 0.1
        blame /= blame.sum(axis=1, keepdims=True)
        numbers = {j: columns[j].numbers.read[columns[j].codes[rows]] for j in members}
        for at, j in enumerate(members):
            repair = np.array([_plainly(v, _places(columns[j])) for v in _solved(one, j, numbers)], dtype=object)
            why = f"{columns[one.column].name} is {one.words(columns)} in {int(one.holds.sum()):,} other rows"
            hints += of_rows("derived", j, rows, sure * blame[:, at], why=why, repair=repair, sure=0.85)
    return hints


def _solved(one: Derived, j: int, numbers: dict[int, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """What the equation asks for in the place of one of its numbers."""
    total, rest = numbers[one.column], [numbers[i] for i in one.of if i != j]
    with np.errstate(divide="ignore", invalid="ignore"):
        if one.how == "sum":
            parts = np.sum(rest, axis=0) if rest else np.zeros(len(total))
            return parts if j == one.column else total - parts
        parts = one.scale * (np.prod(rest, axis=0) if rest else np.ones(len(total)))
        return np.asarray(parts if j == one.column else total / parts)


def _plainly(value: float, places: int) -> str | None:
    return plainly(round(value, places)) if np.isfinite(value) else None


def confirmed(hints: Sequence[Hint], found: Sequence[Derived]) -> list[Hint]:
    """The hints, with less doubt about numbers that an equation with others confirms.

    >>> from dsaudit.analysis.cell.hint import of_rows
    >>> doubt = of_rows("number", 2, np.array([0, 1]), np.array([0.5, 0.5]), why="far out")
    >>> holds = np.array([True, False])
    >>> (one,) = confirmed(doubt, [Derived(2, (0, 1), "sum", 1.0, holds, np.array([True, True]))])
    >>> bool(one.p[0] < one.p[1])
    True
    """
    fits: dict[int, npt.NDArray[np.bool_]] = {}
    for one in found:
        for j in (one.column, *one.of):
            fits[j] = fits[j] | one.holds if j in fits else one.holds

    def weighed(hint: Hint) -> Hint:
        if hint.kind != "number" or hint.column not in fits:
            return hint
        return replace(hint, p=np.where(fits[hint.column][hint.rows], _CONFIRMED * hint.p, hint.p))

    return [weighed(hint) for hint in hints]
