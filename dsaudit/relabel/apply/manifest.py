"""A manifest that gets new columns and keeps all else, character for character."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any, Protocol

from dsaudit.dataset.arrow import ARROW_SUFFIXES, arrow_table
from dsaudit.dataset.csv import CSV_SUFFIXES, csv_text, numbered
from dsaudit.dataset.embedded import holds_bytes
from dsaudit.dataset.excel import EXCEL_SUFFIXES
from dsaudit.dataset.jsonl import JSON_SUFFIXES, json_text
from dsaudit.dataset.record import typed_cell
from dsaudit.dataset.text import manifest_suffix, manifest_text
from dsaudit.errors import UsageError
from dsaudit.relabel.cells import defused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from dsaudit.dataset.columns import Choice, Role
    from dsaudit.dataset.csv import CsvText
    from dsaudit.dataset.jsonl import JsonText
    from dsaudit.dataset.table import Table

_BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 1_000
FORMATS = {
    **{suffix: "tsv" if suffix in (".tsv", ".tab") else "csv" for suffix in CSV_SUFFIXES},
    **dict.fromkeys(JSON_SUFFIXES, "jsonl"),
    **dict.fromkeys(ARROW_SUFFIXES, "parquet"),
    **dict.fromkeys(EXCEL_SUFFIXES, "excel"),
}
"""What a manifest is written as, by suffix."""


class Sheet(Protocol):
    """Rows and named columns, in the order of the source."""

    format: str
    names: list[str]
    n: int
    guessed: Mapping[Role, str]
    """Columns that look like a part, where the sheet has no names of columns."""

    def column(self, name: str) -> list[Any]:
        """Cells of one column, None for what is not there."""
        ...

    def edited(self, columns: Mapping[str, Sequence[Any]], keep: Sequence[bool]) -> bytes:
        """The sheet in its own format, with ``columns`` replaced or added at the end, of the rows to ``keep``."""
        ...

    def corrected(
        self, changes: Mapping[str, Mapping[int, str | None]]
    ) -> tuple[dict[str, Sequence[Any]], list[tuple[str, int]]]:
        """Columns with other values in some rows, each of the type of its column, for ``edited``; and column and row of
        values that cannot be of it, which stay as they are."""
        ...


def read_sheet(path: Path, choice: Choice) -> Sheet:
    """A manifest that ``dataset.open.read_rows`` could read."""
    suffix = manifest_suffix(path)
    kind = FORMATS[suffix]
    if kind == "parquet":
        with arrow_table(path) as table:
            return ParquetSheet(table.read())
    if kind == "excel":
        from dsaudit.relabel.apply.workbook import WorkbookSheet

        return WorkbookSheet(path)
    with path.open("rb") as file:
        head = file.read(4)
    read = manifest_text(path)
    mark = _BOM if head[:3] == _BOM else b""
    if kind == "jsonl":
        found = json_text(read.text, path.name)
        if len(found.raw) == found.n:
            return JsonSheet(found, has_mark=bool(mark))
        return sheet_of({name: found.column(name) for name in found.names})
    if head.startswith(tuple(_WIDE)):
        mark = next(m for m in _WIDE if head.startswith(m))
        codec = _WIDE[mark]
    else:
        codec = {"windows-1252": "cp1252"}.get(read.encoding, "utf-8")
    return CsvSheet(csv_text(read.text, path.name, suffix, choice), kind, mark=mark, codec=codec)


_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Marks that a text may begin with, the longer first, and what it is written in again."""


class CsvSheet:
    """CSV or TSV. A row gets its new cells appended; its own text is not parsed and written again."""

    def __init__(self, found: CsvText, format: str, *, mark: bytes, codec: str = "utf-8") -> None:
        self.format, self.names, self.n, self.guessed = format, found.names, len(found.rows), found.guessed
        self._found, self._mark, self._codec = found, mark, codec
        self._in_place: set[str] = set()

    def column(self, name: str) -> list[Any]:
        """Cells as text."""
        return list(self._found.column(name))

    def corrected(
        self, changes: Mapping[str, Mapping[int, str | None]]
    ) -> tuple[dict[str, Sequence[Any]], list[tuple[str, int]]]:
        """See ``Sheet``: what people typed is defused, what the column holds elsewhere stays as it is."""
        columns: dict[str, Sequence[Any]] = {}
        for name, of_row in changes.items():
            cells = self.column(name)
            held = set(cells)
            for k, value in of_row.items():
                text = value or ""
                cells[k] = text if text in held or not isinstance(typed_cell(text, float), str) else defused(text)
            columns[name] = cells
        self._in_place = set(columns)
        return columns, []

    def edited(self, columns: Mapping[str, Sequence[Any]], keep: Sequence[bool]) -> bytes:
        """See ``Sheet``."""
        found, d = self._found, self._found.delimiter
        own = {self.names.index(name): cells for name, cells in columns.items() if name in self.names}
        added = [cells for name, cells in columns.items() if name not in self.names]
        start, stop = found.header
        out = found.lines[:start] if stop > start else []
        head, end = _without_end("".join(found.lines[start:stop]) or d.join(numbered(self.names, found.guessed)))
        end = end or _without_end(found.lines[0])[1] or "\n"
        out.append(head + "".join(d + self._cell(name) for name in columns if name not in self.names) + end)
        passed = iter([*found.passed, len(found.lines)])
        at = next(passed)
        for k, ((first, last), fields) in enumerate(zip(found.spans, found.rows, strict=True)):
            while at < first:  # what was no row stays as it is
                out += found.lines[at : at + 1] if at >= stop else []
                at = next(passed)
            if not keep[k]:
                continue
            row, row_end = _without_end("".join(found.lines[first:last]))
            cells = self._raw_cells(row, fields, literal=first in found.literal)
            if own or first in found.literal or len(cells) != len(self.names):
                cells = [*cells[: len(self.names)], *[""] * (len(self.names) - len(cells))]
                for place, values in own.items():
                    if fields[place] != (text := cell(values[k])):
                        cells[place] = self._like(cells[place], text, keep=self.names[place] in self._in_place)
                row = d.join(cells)
            out.append(row + "".join([d + self._cell(cell(values[k])) for values in added]) + (row_end or end))
        try:
            return self._mark + "".join(out).encode(self._codec)
        except UnicodeEncodeError:  # what came in is not in the encoding that the rest is in
            mark = self._mark if self._codec == "utf-8" else b""
            return mark + "".join(out).encode("utf-8", "surrogatepass")

    def _like(self, was: str, text: str, *, keep: bool) -> str:
        """A cell in quotes where it needs them, or where the one before had some to ``keep``."""
        made = self._cell(text)
        quote = keep and self._found.quoting and was.startswith('"') and not made.startswith('"')
        return f'"{made}"' if quote else made

    def _raw_cells(self, row: str, fields: Sequence[str], *, literal: bool) -> list[str]:
        d = self._found.delimiter
        if literal:  # with more cells behind it a lone quote would no longer be told
            return [quoted(text, d) for text in fields]
        return raw_fields(row, d) if self._found.quoting else row.split(d)

    def _cell(self, text: str) -> str:
        d = self._found.delimiter
        return quoted(text, d) if self._found.quoting else " ".join(text.replace(d, " ").splitlines())


class JsonSheet:
    """JSON objects by line or in an array. New members are put before the last brace, old ones keep their spelling."""

    format = "jsonl"

    def __init__(self, found: JsonText, *, has_mark: bool) -> None:
        self._mark = _BOM if has_mark else b""
        self._raw, self._objects = found.raw, [json.loads(raw) for raw in found.raw]
        self.guessed: Mapping[Role, str] = {}
        self.names, self.n, self._array = found.names, found.n, found.unit == "row"

    def column(self, name: str) -> list[Any]:
        """Cells as JSON has them."""
        return [o.get(name) for o in self._objects]

    def corrected(
        self, changes: Mapping[str, Mapping[int, str | None]]
    ) -> tuple[dict[str, Sequence[Any]], list[tuple[str, int]]]:
        """See ``Sheet``; a name such as ``content.body`` is of a field within an object."""
        columns: dict[str, Any] = {}
        for name, of_row in changes.items():
            own = name in self.names
            top, *inner = [name] if own else name.split(".")
            cells = columns.setdefault(top, self.column(top))
            held = [value for o in self._objects[:_LOOKED_AT] if (value := _within(o, [top, *inner])) is not None]
            usual = type(held[0]) if held else str
            for k, text in of_row.items():
                was = _within({top: cells[k]}, [top, *inner])
                cells[k] = _put(cells[k], inner, typed_cell(text, usual if was is None else type(was)))
        return columns, []

    def edited(self, columns: Mapping[str, Sequence[Any]], keep: Sequence[bool]) -> bytes:
        """See ``Sheet``."""
        out = []
        for k, raw in enumerate(self._raw):
            if not keep[k]:
                continue
            line = raw
            own = self._objects[k]
            members = {
                name: json.dumps(values[k], ensure_ascii=False)
                for name, values in columns.items()
                if name not in own or own[name] != values[k]  # what stays keeps its spelling
            }
            if any(name in own for name in members):
                for name, start, stop in reversed(member_spans(line)):
                    if name in members:
                        line = line[:start] + members[name] + line[stop:]
                members = {name: text for name, text in members.items() if name not in own}
            brace = line.rindex("}")
            comma = ", " if line[:brace].rstrip() != "{" else ""
            more = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {text}" for name, text in members.items())
            out.append(line[:brace] + (comma + more if more else "") + line[brace:])
        text = "[\n" + ",\n".join(out) + "\n]\n" if self._array else "".join(f"{line}\n" for line in out)
        return self._mark + text.encode("utf-8", "backslashreplace")


class ParquetSheet:
    """An Arrow table: types and metadata of the other columns stay."""

    format = "parquet"

    def __init__(self, table: Any) -> None:
        self._table = table
        self.guessed: Mapping[Role, str] = {}
        self.names = [str(name) for name in table.column_names]
        self.n = int(table.num_rows)

    def column(self, name: str) -> list[Any]:
        """Cells as Python has them."""
        return list(self._table.column(self.names.index(name)).to_pylist())

    def corrected(
        self, changes: Mapping[str, Mapping[int, str | None]]
    ) -> tuple[dict[str, Sequence[Any]], list[tuple[str, int]]]:
        """See ``Sheet``; the columns are Arrow's."""
        columns: dict[str, Any] = {}
        unfit = []
        for name, of_row in changes.items():
            old = self._table.column(self.names.index(name)).combine_chunks()
            values = {k: _arrow_value(of_row[k], old.type) for k in sorted(of_row)}
            unfit += [(name, k) for k, value in values.items() if value is None]
            columns[name] = _replaced(old, {k: value for k, value in values.items() if value is not None})
        return columns, unfit

    def edited(self, columns: Mapping[str, Sequence[Any]], keep: Sequence[bool]) -> bytes:
        """See ``Sheet``."""
        import pyarrow as pa

        table = self._table
        for name, values in columns.items():
            if name in self.names:
                place = self.names.index(name)
                field = table.schema.field(place)
                array = values if isinstance(values, pa.Array) else _array(values, like=field.type)
                table = table.set_column(place, field if array.type == field.type else name, array)
            else:
                table = table.append_column(name, values if isinstance(values, pa.Array) else _array(values))
        return _parquet(table.filter(pa.array(list(keep), pa.bool_())))


def sheet_of(columns: Mapping[str, Sequence[Any]]) -> Sheet:
    """A sheet made of columns, for a dataset that has no manifest."""
    import pyarrow as pa

    return ParquetSheet(pa.table({name: _array(values) for name, values in columns.items()}))


def sheet_of_table(table: Table, choice: Choice, *, n: int) -> Sheet:
    """The tables in a folder that were read as one, with all of their columns, and empty rows up to ``n``.

    One that is taken whole is kept character for character.
    """
    kept = [places for _, places in table.files]
    sheets = [_without_bytes(path) or read_sheet(path, choice) for path, _ in table.files]
    if len(sheets) == 1 and n == sheets[0].n == len(kept[0]) and not isinstance(sheets[0], ParquetSheet):
        return sheets[0]
    columns: dict[str, list[Any]] = {} if sheets else {name: list(cells) for name, cells in table.columns.items()}
    told = [_told(sheet) for sheet in sheets]
    for name in dict.fromkeys(name for names in told for name in names):
        columns[name] = []
        for names, sheet, places in zip(told, sheets, kept, strict=True):
            cells = sheet.column(names[name]) if name in names else None
            columns[name] += [None if cells is None else cells[k] for k in places]
    roles = table.roles
    if roles.path not in columns and not any(sheet.guessed for sheet in sheets):
        columns[roles.path] = list(table.columns[roles.path])
    if roles.split in columns:  # of which one table may have a column, and another's name tells it
        columns[roles.split] = list(table.columns[roles.split])
    return sheet_of({name: [*cells, *[None] * (n - len(cells))] for name, cells in columns.items()})


def _told(sheet: Sheet) -> dict[str, str]:
    """Own names of the columns of a sheet by those that they are written under."""
    names = numbered(sheet.names, sheet.guessed) if sheet.guessed else sheet.names
    return dict(zip(names, sheet.names, strict=True))


def _without_bytes(path: Path) -> Sheet | None:
    """A Parquet or Arrow table without the columns that hold files themselves; None for any other."""
    if FORMATS[manifest_suffix(path)] != "parquet":
        return None
    with arrow_table(path) as table:
        schema = table.schema_arrow
        return ParquetSheet(table.read(columns=[name for name in schema.names if not holds_bytes(schema, name)]))


def sheet_of_frame(frame: pd.DataFrame) -> Sheet:
    """A sheet made of a DataFrame and, where it has a name, its index."""
    if frame.index.name is not None and frame.index.name not in frame.columns:
        frame = frame.reset_index()
    cells = {str(name): [v.tolist() if getattr(v, "ndim", 0) else v for v in frame[name]] for name in frame.columns}
    return sheet_of({name: [None if v != v else v for v in column] for name, column in cells.items()})


def rendered(sheet: Sheet, format: str, columns: Mapping[str, Sequence[Any]], keep: Sequence[bool]) -> bytes:
    """``sheet`` with ``columns`` replaced or added, as the bytes of a file of ``format``.

    Raises
    ------
    UsageError
        The sheet cannot be written in that format.
    """
    if format == sheet.format:
        return sheet.edited(columns, keep)
    if len(set(sheet.names)) < len(sheet.names):
        raise UsageError(f"columns of the same name cannot be written as {format}", hint="keep the manifest's format")
    told = {n: v.to_pylist() if hasattr(v, "to_pylist") else list(v) for n, v in columns.items()}
    table = {name: sheet.column(name) for name in sheet.names} | told
    if sheet.guessed:
        table = dict(
            zip([*numbered(sheet.names, sheet.guessed), *list(table)[len(sheet.names) :]], table.values(), strict=True)
        )
    chosen = {name: [v for v, k in zip(values, keep, strict=True) if k] for name, values in table.items()}
    if format == "parquet":
        import pyarrow as pa

        return _parquet(pa.table({name: _array(values) for name, values in chosen.items()}))
    for name, values in chosen.items():
        if any(
            isinstance(v, bytes) or (isinstance(v, dict) and any(isinstance(b, bytes) for b in v.values()))
            for v in values
        ):
            raise UsageError(f"column {name!r} holds binary data", hint="give --output a name that ends in .parquet")
    rows = zip(*chosen.values(), strict=True)
    if format == "jsonl":
        lines = (json.dumps(dict(zip(chosen, row, strict=True)), ensure_ascii=False, default=str) for row in rows)
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    d = "\t" if format == "tsv" else ","
    lines = (d.join(quoted(cell(v), d) for v in row) for row in (tuple(chosen), *rows))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")


def cell(value: Any) -> str:
    """A value as the text of a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def quoted(text: str, delimiter: str) -> str:
    """Text as a CSV field that reads back as it is."""
    if delimiter in text or '"' in text or "\n" in text or "\r" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def raw_fields(row: str, delimiter: str) -> list[str]:
    """The fields of one CSV row as they are written, quotes and all."""
    if '"' not in row:
        return row.split(delimiter)
    fields: list[str] = []
    start = at = 0
    while True:
        if row.startswith('"', at):
            at += 1
            while (at := row.index('"', at)) + 1 < len(row) and row[at + 1] == '"':
                at += 2
            at += 1
        stop = row.find(delimiter, at)
        if stop < 0:
            return [*fields, row[start:]]
        fields.append(row[start:stop])
        start = at = stop + 1


def member_spans(line: str) -> list[tuple[str, int, int]]:
    """Name and place of the value of every member of the JSON object in ``line``, in order."""
    decode = json.JSONDecoder().raw_decode
    spans = []
    at = _next(line, line.index("{") + 1)
    while line[at] != "}":
        name, at = decode(line, at)
        start = _next(line, line.index(":", at) + 1)
        _, stop = decode(line, start)
        spans.append((name, start, stop))
        at = _next(line, stop)
        if line[at] == ",":
            at = _next(line, at + 1)
    return spans


def _next(line: str, at: int) -> int:
    while line[at] in " \t\r\n":
        at += 1
    return at


def _without_end(raw: str) -> tuple[str, str]:
    body = raw.rstrip("\r\n")
    return body, raw[len(body) :]


def _within(value: Any, keys: Sequence[str]) -> Any:
    """What stands at the end of a way through objects; None where it ends before."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(value: Any, keys: Sequence[str], new: Any) -> Any:
    """The value with another one at the end of a way through the objects in it."""
    if not keys:
        return new
    inner = value if isinstance(value, dict) else {}
    return {**inner, keys[0]: _put(inner.get(keys[0]), keys[1:], new)}


def _arrow_value(text: str | None, of_type: Any) -> Any:
    """A text as an array of one value of Arrow's type; None where it is none of it."""
    import pyarrow as pa

    plain = of_type.value_type if pa.types.is_dictionary(of_type) else of_type
    try:
        return pa.array([text], pa.string()).cast(plain)
    except (pa.ArrowException, ValueError):
        return None


def _replaced(old: Any, values: Mapping[int, Any]) -> Any:
    """An array with other values at some places, which are in order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not values:
        return old
    mask = [False] * len(old)
    for k in values:
        mask[k] = True
    packed = pa.types.is_dictionary(old.type)
    plain = old.dictionary_decode() if packed else old
    made = pc.replace_with_mask(plain, pa.array(mask), pa.concat_arrays(list(values.values())))
    return made.dictionary_encode().cast(old.type) if packed else made


def _array(values: Sequence[Any], *, like: Any = None) -> Any:
    """An Arrow array, of the type it is to be ``like`` where that is one of objects or lists."""
    import pyarrow as pa

    try:
        if like is not None and pa.types.is_nested(like):
            return pa.array(values, like)
        return pa.array(values, pa.string() if all(isinstance(v, str | None) for v in values) else None)
    except (pa.ArrowException, TypeError, ValueError):
        return pa.array([None if v is None else cell(v) for v in values], pa.string())


def _parquet(table: Any) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())
