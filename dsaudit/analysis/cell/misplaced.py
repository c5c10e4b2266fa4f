"""Values in the wrong column: two exchanged, or a row moved along by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.form import shape
from dsaudit.analysis.cell.hint import Hint, of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.analysis.cell.column import CodedColumn
    from dsaudit.analysis.cell.unlikely import Foretold

_PRIOR = -7.0
"""Log odds that a row is so damaged, before it is looked at."""
_MOST = 40
_MOST_ROWS = 2_000_000
_ILL = -3.0
"""Log likelihood below which a value does not stand well."""
_ALONE = -8.6
"""What a value is as likely as at least that is wrong by itself: one in a hundred is, and may then be anything."""
_LOST = -4.0
"""Log likelihood of a value that came from nowhere."""


class Standing:
    """How likely a value of one column is in the place of another, in some rows."""

    def __init__(self, columns: Sequence[CodedColumn], expected: dict[int, Foretold]) -> None:
        self.columns, self.expected, self.rows = columns, expected, np.arange(columns[0].n)
        self._shapes: dict[int, tuple[pd.Index, npt.NDArray[np.int64], npt.NDArray[np.float64]]] = {}
        self._known: dict[int, pd.Index] = {}
        self._heaps: dict[int, Heap] = {}

    def __call__(self, i: int, j: int, *, alone: bool = False) -> npt.NDArray[np.float32]:
        """Log likelihood of the values of column ``j`` in the place of column ``i``, of each row.

        ``alone``: whatever the rest of the row is, for that may be as wrong.
        """
        made = self._by_value(i, j)[self.columns[j].codes[self.rows]]
        if self.columns[i].role == "number":
            made = made + self._density(i, j, alone=alone)
        return made.astype(np.float32)

    def _by_value(self, i: int, j: int) -> npt.NDArray[np.float64]:
        here, there = self.columns[i], self.columns[j]
        n = here.n
        blank = (here.counts[here.blank].sum() + 0.2) / n
        if here.role == "number":
            as_number = float(here.counts[~np.isnan(here.numbers.read)].sum() / n)
            numeric = ~np.isnan(here.numbers.read if i == j else there.numbers.plain)
            other = max(1.0 - as_number - blank, 0.3 / n)
            return np.log(np.where(there.blank, blank, np.where(numeric, max(as_number, 1e-6), other)))
        if here.role in {"category", "constant"}:
            if i == j:
                return np.log((here.counts - 0.6) / n)
            at = self._index(i).get_indexer(self._index(j))
            return np.log((np.where(at >= 0, here.counts[at], 0) + 0.1) / n)
        forms, _, share = self._shaped(i)
        own, codes, _ = self._shaped(j)
        at = forms.get_indexer(own)
        found = np.where(at >= 0, share[at], 0.0)[codes]
        return np.where(there.blank, np.log(blank), np.log(found + 0.3 / n))

    def _index(self, i: int) -> pd.Index:
        import pandas as pd

        if i not in self._known:
            self._known[i] = pd.Index(self.columns[i].values, dtype=object)
        return self._known[i]

    def _shaped(self, i: int) -> tuple[pd.Index, npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Patterns of a column, that of each value, and the share of rows that has each."""
        import pandas as pd

        if i not in self._shapes:
            column = self.columns[i]
            codes, forms = pd.factorize(np.array([shape(v[:60]) for v in column.values], dtype=object))
            self._shapes[i] = pd.Index(forms), codes, np.bincount(codes, weights=column.counts) / column.n
        return self._shapes[i]

    def _density(self, i: int, j: int, *, alone: bool) -> npt.NDArray[np.float64]:
        """Of numbers: how like their new column they are, and how near to what the row lets expect there."""
        there, own = self.columns[j], self.expected.get(i)
        if own is None:
            return np.zeros(len(self.rows))
        x = (there.numbers.read if i == j else there.numbers.plain)[there.codes[self.rows]]
        if own.log:
            x = np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), np.where(np.isfinite(x), _below(own.x), np.nan))
        heap = self._heaps.setdefault(i, Heap(own.x))
        made = heap(x)
        if not alone:
            with np.errstate(invalid="ignore"):
                mean, spread = own.mean[self.rows], own.spread[self.rows]
                z = (x - mean) / spread
                near = -2.5 * np.log1p(z * z / 4.0) - np.log(spread / heap.wide)
            told = np.isfinite(near) & np.isfinite(made)
            made[told] = np.logaddexp(near[told], made[told]) - np.log(2)
        return np.where(np.isfinite(x), made, 0.0)


class Heap:
    """Log density of a heap of numbers in bins of its middle, smoothed, with heavy tails; 0 for an even spread."""

    def __init__(self, x: npt.NDArray[np.float64]) -> None:
        some = x[np.isfinite(x)]
        low, high = np.percentile(some, [1, 99]).tolist() if len(some) else (0.0, 1.0)
        self.low, self.high = float(low), float(high)
        self.wide = max((self.high - self.low) / 4, 1e-9)
        bins = int(np.clip(len(some) // 20, 5, 30))
        counts = np.histogram(some, bins=bins, range=(self.low, self.low + 4 * self.wide))[0].astype(float)
        smooth = (
            np.convolve(np.pad(counts, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid") + 0.02 * counts.sum() / bins
        )
        self.log = np.log(smooth / smooth.sum() * bins / 4)
        self.ends = np.linspace(self.low, self.low + 4 * self.wide, bins + 1)[1:-1]

    def __call__(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of each number; that of NaN means nothing."""
        out = np.maximum(np.maximum(self.low - x, x - self.high), 0.0) / self.wide
        return np.asarray(self.log[np.digitize(np.nan_to_num(x), self.ends)] - 2.5 * np.log1p(4 * out * out))


def _below(x: npt.NDArray[np.float64]) -> float:
    """Below all: the place of what has no logarithm."""
    some = x[np.isfinite(x)]
    return float(some.min() - 3 * (np.ptp(some) + 1e-9)) if len(some) else 0.0


def misplaced(columns: Sequence[CodedColumn], expected: dict[int, Foretold]) -> list[Hint]:
    """Hints against cells whose values would stand better in each other's place, and rows moved along.

    >>> import numpy as np
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> from dsaudit.analysis.cell.unlikely import unlikely
    >>> table = pd.DataFrame({"name": ["Ann", "Ben", "Cleo"] * 40, "town": ["Bern", "Graz", "Ulm", "Linz"] * 30})
    >>> table.loc[7] = ["Graz", "Ben"]
    >>> columns = columns_of(table)
    >>> [(hint.column, hint.rows.tolist()) for hint in misplaced(columns, unlikely(columns)[1])]
    [(0, [7]), (1, [7])]
    """
    k, n = len(columns), columns[0].n
    if k < 2 or k > _MOST or n < 30 or n > _MOST_ROWS:
        return []
    standing = Standing(columns, expected)
    own = [standing(j, j) for j in range(k)]
    # nothing is gained in rows whose values all stand well where they are
    standing.rows = np.flatnonzero(np.minimum.reduce(own) < _ILL)
    if not len(standing.rows):
        return []
    hints = _moved(columns, standing)
    n, own = len(standing.rows), [one[standing.rows] for one in own]
    best, at = np.full(n, -np.inf, np.float32), np.full((n, 2), -1, np.int16)
    pairs = max(k * (k - 1) // 2, 1)
    for i in range(k):
        for j in range(i + 1, k):
            if "constant" in (columns[i].role, columns[j].role):
                continue
            gain = standing(i, j) + standing(j, i) - np.maximum(own[i], _ALONE) - np.maximum(own[j], _ALONE)
            better = gain > best
            best[better], at[better] = gain[better], (i, j)
    p = _sure(best + _PRIOR + 1.0 - np.log(pairs) / 3)
    rows = np.flatnonzero(p >= 0.05)
    for i, j in {tuple(pair) for pair in at[rows].tolist()}:
        mine = rows[(at[rows, 0] == i) & (at[rows, 1] == j)]
        where = standing.rows[mine]
        for one, other in ((i, j), (j, i)):
            words = f"stands in the place of {columns[other].name!r}, and that here"
            hints += of_rows(
                "exchanged", one, where, p[mine], why=words, repair=columns[other].strings(where), sure=0.9
            )
    return hints


def _sure(logit: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.clip(logit.astype(np.float64), -30, 30)))


def _moved(columns: Sequence[CodedColumn], standing: Standing) -> list[Hint]:
    """Rows whose cells, from one on, stand one too far right or left; the cell that is left over came from nowhere."""
    k = len(columns)
    stay = np.stack([standing(j, j, alone=True) for j in range(k)])
    hints: list[Hint] = []
    for step, side in ((1, "right"), (-1, "left")):
        moved = np.zeros_like(stay)
        for j in range(k):
            if 0 <= j - step < k:
                moved[j] = standing(j - step, j, alone=True) - stay[j]
        left_over = _LOST - stay
        if step == 1:  # the first holds what came from nowhere
            total = np.cumsum(moved[::-1], axis=0)[::-1] - moved + left_over
        else:  # the last does
            moved[k - 1] = left_over[k - 1]
            total = np.cumsum(moved[::-1], axis=0)[::-1]
        total[max(k - 2, 0) :] = -np.inf
        start, best = total.argmax(0), total.max(0)
        p = _sure(best + _PRIOR - np.log(k))
        rows = np.flatnonzero(p >= 0.3)
        for j in range(k):
            mine = rows[start[rows] <= j] if step == 1 else rows[start[rows] < j]
            first = np.setdiff1d(rows[start[rows] <= j], mine)
            source = j + step
            why = f"its row stands one too far {side}"
            if len(mine):
                where = standing.rows[mine]
                repair = columns[source].strings(where) if 0 <= source < k else None
                hints += of_rows("shifted", j, where, p[mine], why=why, repair=repair, sure=0.9)
            if len(first):
                hints += of_rows("shifted", j, standing.rows[first], p[first], why=why)
    return hints
