"""Rows as one frame: what the columns of a table are told from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.dataset.record import record_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EXACT = 2**53


def frame_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows of a table as a frame, in their order, with the columns in the order in which they come.

    A column of nothing but numbers holds float64, or int64 where all are whole and none is missing; any other holds
    objects as they were read: texts, numbers, None.

    Parameters
    ----------
    rows : sequence of mapping
        Cells by name, see ``dsaudit.dataset.record.record_of``.

    Examples
    --------
    >>> frame_of([{"age": 31, "town": "Bern"}, {"age": None, "town": "Graz"}]).dtypes.astype(str).to_dict()
    {'age': 'float64', 'town': 'object'}
    """
    names = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in names}, index=range(len(rows)))


def _column(cells: Sequence[Any]) -> pd.Series[Any]:
    held = {type(cell) for cell in cells} - {type(None)}
    if held == {int} and None not in cells and max(map(abs, cells)) < _EXACT:
        return pd.Series(cells, dtype=np.int64)
    if held and held <= {int, float} and all(cell is None or abs(cell) < _EXACT or cell != cell for cell in cells):
        return pd.Series(cells, dtype=np.float64)
    return pd.Series(cells, dtype=object)


def shown(row: Mapping[str, Any]) -> str:
    """A row as people read it, a line for each column.

    >>> print(shown({"age": 31.0, "town": None}))
    age: 31.0
    town:
    """
    return "\n".join(f"{name}: {'' if cell is None else cell}".rstrip() for name, cell in row.items())


def read_row(text: str) -> dict[str, Any]:
    """The cells of a row out of the text that its address holds.

    >>> read_row('{"age":31}')
    {'age': 31}
    """
    return record_of(text)
