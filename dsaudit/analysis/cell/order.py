"""Rules between columns that nearly all rows keep: one number or date is never below another, a key never repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.dependency import beside
from dsaudit.analysis.cell.hint import Hint, of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

_SAMPLE = 50_000


@dataclass(frozen=True, slots=True)
class Order:
    """The values of ``low`` are not above those of ``high``, but for ``n_broken`` of ``n_rows`` rows."""

    low: int
    high: int
    n_rows: int
    n_broken: int


Lines = dict[int, "npt.NDArray[np.float64]"]


def lines_of(columns: Sequence[CodedColumn], doubted: npt.NDArray[np.float32] | None = None) -> Lines:
    """Numbers or days by row, of each column of such; NaN where there is none, or one that is rather wrong.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> {j: line.tolist() for j, line in lines_of(columns_of(pd.DataFrame({"x": ["1", "4"], "y": ["a", "b"]}))).items()}
    {0: [1.0, 4.0]}
    """
    found: Lines = {}
    for j, column in enumerate(columns):
        if column.role in {"number", "date"}:
            own = column.numbers.read if column.role == "number" else column.dates.day
            found[j] = (
                own[column.codes] if doubted is None else np.where(doubted[:, j] > 0.5, np.nan, own[column.codes])
            )
    return found


def orders(
    columns: Sequence[CodedColumn], doubted: npt.NDArray[np.float32] | None = None, *, seed: int = 0
) -> list[Order]:
    """Pairs of columns of which one is hardly ever above the other, though by chance it would be.

    Parameters
    ----------
    doubted : float array (n, columns), optional
        Probability that cells are wrong, from elsewhere: what is rather wrong says nothing of an order.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> start = [f"2021-{m:02d}-{d:02d}" for m in range(1, 11) for d in range(1, 11)]
    >>> end = [f"2021-{m:02d}-{d + 5:02d}" for m in range(1, 11) for d in range(1, 11)]
    >>> end[7] = "2021-01-02"
    >>> orders(columns_of(pd.DataFrame({"start": start, "end": end})))
    [Order(low=0, high=1, n_rows=100, n_broken=1)]
    """
    lines = lines_of(columns, doubted)
    rng = np.random.default_rng(seed)
    n = columns[0].n if columns else 0
    some = np.arange(n) if n <= _SAMPLE else np.sort(rng.choice(n, _SAMPLE, replace=False))
    mixed = some[rng.permutation(len(some))]
    found = []
    for i, a in lines.items():
        for j, b in lines.items():
            if i == j or columns[i].role != columns[j].role or not beside(i, j, len(columns)):
                continue
            with np.errstate(invalid="ignore"):
                held = np.isfinite(a[some]) & np.isfinite(b[some])
                above = (a[some] > b[some])[held].mean() if held.sum() >= 50 else 1.0
                if above > 0.02:
                    continue
                chance = (a[some] > b[mixed])[held].mean()
                lines_apart = np.abs(np.nanmedian(b) - np.nanmedian(a)) > 3 * (np.nanstd(b) + np.nanstd(a))
                if chance < max(0.12, 6 * above) or lines_apart:
                    continue
                whole = np.isfinite(a) & np.isfinite(b)
                found.append(Order(i, j, int(whole.sum()), int((a > b)[whole].sum())))
    return found


def out_of_order(
    columns: Sequence[CodedColumn], found: Sequence[Order], doubted: npt.NDArray[np.float32] | None = None
) -> list[Hint]:
    """Both cells of rows that break an order: either may be wrong, unless something else says which.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> table = pd.DataFrame({"start": [f"2021-03-{k % 27 + 1:02d}" for k in range(200)],
    ...     "end": [f"2021-03-{k % 27 + 2:02d}" for k in range(200)]})
    >>> table.loc[5, "end"] = "2020-03-01"
    >>> columns = columns_of(table)
    >>> [hint.rows.tolist() for hint in out_of_order(columns, orders(columns))]
    [[5], [5]]
    """
    hints: list[Hint] = []
    lines = lines_of(columns, doubted)
    for one in found:
        a, b = lines[one.low], lines[one.high]
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(a > b)
        # one of the two is wrong, but for what the order lets through by nature
        p = np.full(len(rows), 0.5 * (1.0 - min(20.0 * max(one.n_broken / one.n_rows - 0.01, 0.0), 0.4)))
        low, high = columns[one.low].name, columns[one.high].name
        for place in (one.low, one.high):
            hints += of_rows("order", place, rows, p, why=f"{low} is above {high}, which {one.n_rows:,} rows forbid")
    return hints


def repeated_keys(place: int, column: CodedColumn) -> list[Hint]:
    """Values that stand twice in a column where hardly any does.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": [f"K{k}" for k in range(100)] + ["K7"]}))
    >>> [hint.rows.tolist() for hint in repeated_keys(0, column)]
    [[7, 100]]
    """
    if column.role not in {"code", "number"} or column.distinct < 0.98 or column.distinct == 1.0 or column.n < 50:
        return []
    numbers = column.numbers.read
    if column.role == "number" and not (
        (numbers[~np.isnan(numbers)] % 1 == 0).all() and np.ptp(numbers[~np.isnan(numbers)]) > 3 * column.n
    ):
        return []
    rows = np.flatnonzero((column.counts > 1)[column.codes] & ~column.nothing[column.codes])
    return of_rows("key", place, rows, np.full(len(rows), 0.3), why="a key that stands twice")
