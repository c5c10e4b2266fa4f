"""Manifests as sheets of Excel. A formula is never worked out: what Excel kept of it is read, or else its text."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.dataframe import read_dataframe
from dsaudit.dataset.names import counted
from dsaudit.errors import DatasetError, MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from dsaudit.dataset.columns import Choice
    from dsaudit.dataset.table import Table

EXCEL_SUFFIXES = (".xlsx", ".xlsm")


def read_excel(path: Path, choice: Choice) -> Table:
    """Read the first sheet that holds cells.

    Raises
    ------
    DatasetError
        Not Excel, damaged, or no known column.
    MissingExtraError
        openpyxl is not installed.
    """
    frame, notes = sheet_of(path)
    table = read_dataframe(frame, choice)
    numbers = range(frame.attrs["first"], frame.attrs["first"] + len(frame))
    told = (*notes, *table.notes)
    return replace(table, source="excel", where=path.name, layout="a sheet of Excel", numbers=numbers, notes=told)


def sheet_of(path: Path, *, most: int | None = None) -> tuple[pd.DataFrame, list[str]]:
    """The cells of the first sheet that holds some, at most so many rows, and what there is to say of it.

    Raises
    ------
    DatasetError, MissingExtraError
        As of ``read_excel``.
    """
    if find_spec("openpyxl") is None:
        raise MissingExtraError(
            f"{path.name} is a sheet of Excel, which needs openpyxl",
            hint="pip install 'dsaudit[excel]', or save it as CSV",
        )
    import pandas as pd
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        # as texts first: only where there are formulas is it read a second time for what Excel kept of them
        rows, sheets, name = _rows(load_workbook(path, read_only=True), most)
        formulas = [(i, k) for i, row in enumerate(rows) for k, cell in enumerate(row) if _is_formula(cell)]
        if formulas:
            kept, _, _ = _rows(load_workbook(path, read_only=True, data_only=True), most)
            for i, k in formulas:
                if i < len(kept) and k < len(kept[i]) and kept[i][k] is not None:
                    rows[i][k] = kept[i][k]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        said = str(error).splitlines()[0] if str(error) else "damaged"
        raise DatasetError(
            f"{path.name} is not a readable sheet of Excel: {said}", hint="save it again, or as CSV"
        ) from error
    first = next((k for k, row in enumerate(rows) if any(cell is not None for cell in row)), None)
    if first is None:
        raise DatasetError(f"{path.name} is empty", hint="it needs a line of column names and one row per item")
    width = max(len(row) for row in rows)
    names = ["" if cell is None else str(cell).strip() for cell in [*rows[first], *[None] * (width - len(rows[first]))]]
    body = [[*row, *[None] * (width - len(row))] for row in rows[first + 1 :]]
    while body and all(cell is None for cell in body[-1]):
        body.pop()
    frame = pd.DataFrame(body, columns=pd.Index(names, dtype=object), dtype=object)
    used = [k for k in range(width) if names[k] or any(row[k] is not None for row in body)]
    frame = frame.iloc[:, used]
    frame.attrs |= {"first": first + 2, "places": used}
    notes = [f"of {len(sheets)} sheets {name!r} is read: save another as a file of its own"] if len(sheets) > 1 else []
    if formulas:
        notes.append(f"{counted(len(formulas), 'formula')}, not worked out: what Excel kept of each is read")
    return frame, notes


def _rows(book: Any, most: int | None) -> tuple[list[list[Any]], list[str], str]:
    """The rows of the first sheet that holds cells, the names of all sheets, and its own."""
    try:
        for sheet in book.worksheets:
            rows = [list(row) for row in sheet.iter_rows(max_row=most, values_only=True)]
            if any(cell is not None for row in rows for cell in row):
                return rows, book.sheetnames, sheet.title
        return [], book.sheetnames, ""
    finally:
        book.close()


def _is_formula(cell: object) -> bool:
    return (isinstance(cell, str) and cell.startswith("=") and len(cell) > 1) or type(cell).__name__ == "ArrayFormula"
