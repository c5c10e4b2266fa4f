"""Rows as one frame: what the columns of a table are told from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.dataset.record import told_type
from dsaudit.media.personal import redacted
from dsaudit.media.table.column import cell_text, infer_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.media.table.column import TableColumn

_EXACT = 2**53
_ROOM, _LEAST_ROOM, _ALL = 2_000, 60, 24_000
"""Characters that are shown of a cell: at most, at least, and of all cells of a row together."""


def frame_of(rows: Sequence[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """The rows of a table as a frame, in their order, with the columns in the order in which they come.

    A column of nothing but numbers holds float64, or int64 where all are whole and none is missing; any other holds
    objects as they were read: texts, numbers, None. ``attrs["types"]`` are those that the user gave columns.

    Parameters
    ----------
    rows : sequence of mapping
        Cells by name, see ``dsaudit.dataset.record.record_of``; or such a frame, which stays what it is.

    Examples
    --------
    >>> frame_of([{"age": 31, "town": "Bern"}, {"age": None, "town": "Graz"}]).dtypes.astype(str).to_dict()
    {'age': 'float64', 'town': 'object'}
    """
    if isinstance(rows, pd.DataFrame):
        return rows
    orders = dict.fromkeys(map(tuple, rows))
    told = {name: told_type(name) for name in dict.fromkeys(name for order in orders for name in order)}
    if len(orders) == 1:
        columns = zip(*(row.values() for row in rows), strict=True)
        made = {bare: _column(cells) for (bare, _), cells in zip(told.values(), columns, strict=True)}
    else:
        made = {bare: _column([row.get(name) for row in rows]) for name, (bare, _) in told.items()}
    frame = pd.DataFrame(made, index=range(len(rows)))
    frame.attrs["types"] = {bare: of_type for bare, of_type in told.values() if of_type}
    return frame


def columns_of(frame: pd.DataFrame) -> tuple[TableColumn, ...]:
    r"""The columns of a frame that ``frame_of`` made; where the user gave types, these.

    >>> columns_of(frame_of([{"zip\x1fcategory": 8001}, {"zip\x1fcategory": 8002}]))[0].type
    'category'
    """
    return infer_columns(frame, frame.attrs["types"])


def _column(cells: Sequence[Any]) -> pd.Series[Any]:
    held = {type(cell) for cell in cells} - {type(None)}
    if held == {int} and None not in cells and max(map(abs, cells)) < _EXACT:
        return pd.Series(cells, dtype=np.int64)
    if held and held <= {int, float} and all(cell is None or abs(cell) < _EXACT or cell != cell for cell in cells):
        return pd.Series(cells, dtype=np.float64)
    return pd.Series(cells, dtype=object)


def texts_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The cells of a frame as texts, empty for nothing.

    >>> texts_of(pd.DataFrame({"age": [31.0, None]}))["age"].tolist()
    ['31', '']
    """
    made = pd.DataFrame({k: texts(frame.iloc[:, k]) for k in range(frame.shape[1])}, index=frame.index)
    made.columns = frame.columns
    return made


def texts(cells: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """The cells of a column as people would write them; what is missing is empty."""
    codes, values = pd.factorize(cells)
    written = np.array([*(cell_text(value) for value in values), ""], dtype=object)
    made: npt.NDArray[np.object_] = written[codes]
    return made


def shown(row: Mapping[str, Any]) -> str:
    r"""A row as people read it, a line for each column: name, colon, blank, value; nothing behind the colon where it is
    missing. Further lines of a value begin with a tab; personal data are covered. The page's script reads it back.

    >>> shown({"age": 31.0, "town": None, "note": "two\nlines"})
    'age: 31\ntown:\nnote: two\n\tlines'
    """
    return "\n".join(line for _, line in _lines(row))


def places(row: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """Name of each column, and where its lines start and end in the row as it is shown.

    >>> places({"age": 31.0, "town": None})
    [('age', 0, 7), ('town', 8, 13)]
    """
    found, at = [], 0
    for name, line in _lines(row):
        found.append((name, at, at + len(line)))
        at += len(line) + 1
    return found


def _lines(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name of each column, and what is shown of it."""
    room = min(_ROOM, max(_LEAST_ROOM, _ALL // max(len(row), 1)))
    for name, cell in row.items():
        bare = told_type(name)[0]
        text = "" if cell is None else redacted(cell_text(cell))
        text = text if len(text) <= room else f"{text[: room - 2]} …"
        yield bare, f"{heading(bare)}:" + (" " + text.replace("\n", "\n\t") if text else "")


def heading(name: str) -> str:
    r"""The name of a column as it stands before the colon of a line.

    >>> heading("size\nin cm: all")
    'size in cm:\xa0all'
    """
    return name.replace("\n", " ").replace("\t", " ").replace(": ", ":\xa0")
