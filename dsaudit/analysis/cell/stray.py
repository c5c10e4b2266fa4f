"""Rows of a table that hold no record: totals, notes, titles, the names of the columns again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

_TOTAL = re.compile(
    r"^\W*(?:(?:sub|grand|part|partial|running|overall|page)[\s_-]*)?(?:totals?|sum|summe|zwischensumme|gesamt(?:summe)?|"
    r"insgesamt|endsumme|total g[eé]n[eé]ral|somme|sous-total|totale|subtotale|suma|razem|totaal|subtotaal|итого|всего|"
    r"合計|小計|总计|小计|average|mean|durchschnitt|mittelwert|moyenne|media|count|anzahl)\b",
    re.IGNORECASE,
)
_FILLED = 0.9
_FEW = 0.02


def strays(columns: Sequence[CodedColumn]) -> dict[int, str]:
    """Rows that hold no record, with what they are.

    A total begins with a word for it and lacks what other rows have, or its numbers are sums of rows above it. A note
    or a title has one cell alone where nearly all rows are full. A row of names has those of its columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> table = pd.DataFrame({"shop": [f"Shop {k}" for k in range(30)], "town": ["Ulm", "Bern"] * 15, "staff":
    ...     [str(k % 9 + 1) for k in range(30)]})
    >>> table.loc[30] = ["Total, all shops", "", "147"]
    >>> table.loc[31] = ["Source: made up.", "", ""]
    >>> strays(columns_of(table))
    {30: 'a total', 31: 'a note'}
    """
    n, k = (columns[0].n, len(columns)) if columns else (0, 0)
    if n < 20 or k < 2:
        return {}
    held = np.stack([~column.blank[column.codes] for column in columns])
    usual = held.mean(axis=1) >= _FILLED
    lacking = (~held & usual[:, None]).sum(axis=0)
    found: dict[int, str] = {}
    if usual.sum() >= 2:
        alone = np.flatnonzero((held.sum(axis=0) == 1) & (lacking >= usual.sum() - 1))
        if len(alone) <= _FEW * n + 2:
            found |= dict.fromkeys(alone.tolist(), "a note")
    for row in _named(columns).tolist():
        found[row] = "the names of the columns"
    for row in _counted(columns, held):
        if lacking[row] >= 1 or _sums(columns, row):
            found[row] = "a total"
    return dict(sorted(found.items()))


def _named(columns: Sequence[CodedColumn]) -> npt.NDArray[np.int64]:
    """Rows that hold the names of most columns."""
    same = np.stack([(column.values == column.name)[column.codes] for column in columns]).sum(axis=0)
    return np.flatnonzero(same >= max(2, 0.6 * len(columns)))


def _counted(columns: Sequence[CodedColumn], held: npt.NDArray[np.bool_]) -> list[int]:
    """Rows whose first cell begins with a word for a total, where few do."""
    begins = np.zeros(columns[0].n, bool)
    first = held.argmax(axis=0)
    for j, column in enumerate(columns):
        told = np.fromiter((bool(_TOTAL.match(v)) for v in column.values), bool, len(column.values))
        if told.any():
            begins |= told[column.codes] & (first == j)
    return np.flatnonzero(begins).tolist() if begins.sum() <= _FEW * len(begins) + 2 else []


def _sums(columns: Sequence[CodedColumn], row: int) -> bool:
    """Whether a number of the row is the sum of those above it, from some row on."""
    for column in columns:
        if column.role != "number":
            continue
        x = column.numbers.read[column.codes[: row + 1]]
        above = np.cumsum(np.nan_to_num(x[:row][::-1]))
        if np.isfinite(x[row]) and x[row] and len(above) > 2 and np.isclose(above[1:], x[row], rtol=1e-6).any():
            return True
    return False
