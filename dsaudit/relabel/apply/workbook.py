"""A workbook of Excel in which single cells change. Formulas stay what they are, and nothing written becomes one."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.excel import sheet_of
from dsaudit.dataset.record import plain_cell, told_names, typed_cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dsaudit.dataset.columns import Role


class WorkbookSheet:
    """The first sheet that holds cells, see ``manifest.Sheet``."""

    format = "excel"

    def __init__(self, path: Path) -> None:
        frame, _ = sheet_of(path)
        self._path, self._first = path, int(frame.attrs["first"])
        self.names, _ = told_names([str(name) for name in frame.columns])
        self._place = dict(zip(self.names, frame.attrs["places"], strict=True))
        self._frame = frame.set_axis(self.names, axis=1)
        self.n = len(frame)
        self.guessed: Mapping[Role, str] = {}
        self._own: dict[tuple[int, int], Any] = {}

    def column(self, name: str) -> list[Any]:
        """Cells as they were read."""
        return [plain_cell(cell) for cell in self._frame[name]]

    def corrected(
        self, changes: Mapping[str, Mapping[int, str | None]]
    ) -> tuple[dict[str, Sequence[Any]], list[tuple[str, int]]]:
        """See ``manifest.Sheet``."""
        unfit = []
        for name, of_row in changes.items():
            for k, text in of_row.items():
                was = self._frame[name].iloc[k]
                value = _like(text, was)
                if value is None and text is not None:
                    unfit.append((name, k))
                else:
                    self._own[k + self._first, self._place[name] + 1] = value
                    self._frame.iat[k, self.names.index(name)] = value
        return {}, unfit

    def edited(self, columns: Mapping[str, Sequence[Any]], keep: Sequence[bool]) -> bytes:
        """See ``manifest.Sheet``; all rows are kept."""
        from openpyxl import load_workbook

        book = load_workbook(self._path, keep_vba=self._path.suffix.lower() == ".xlsm")
        sheet = next(s for s in book.worksheets if any(c is not None for row in s.values for c in row))
        cells = dict(self._own)
        end = max(self._place.values(), default=0) + 1
        for name, values in columns.items():
            if name not in self._place:
                end += 1
                cells[self._first - 1, end] = name
            at = self._place[name] + 1 if name in self._place else end
            cells |= {(k + self._first, at): value for k, value in enumerate(values)}
        for (row, column), value in cells.items():
            cell = sheet.cell(row, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # a text, whatever it begins with
        made = io.BytesIO()
        book.save(made)
        return made.getvalue()


def _like(text: str | None, was: Any) -> Any:
    """What people wrote, as a cell of the type of the one before; None for what is no date where one was."""
    if text is None or was is None or isinstance(was, str):
        return typed_cell(text, float if was is None and text is not None and _is_number(text) else str)
    if isinstance(was, date):  # a datetime is one
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if isinstance(was, datetime) else moment.date()
    return typed_cell(text, type(was))


def _is_number(text: str) -> bool:
    return not isinstance(typed_cell(text, int), str)
