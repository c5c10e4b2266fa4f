"""Tables in columns, of which a part is read at a time: Parquet, and Arrow as ``datasets`` saves it to disk."""

from __future__ import annotations

import io
from bisect import bisect_right
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

ARROW_SUFFIXES = (".parquet", ".arrow")
_ROWS, _BUFFER = 32, 1 << 20
"""Rows of bytes that are held at a time, and bytes of a column that are read at a time."""


class ArrowTable(Protocol):
    """What ``pyarrow.parquet.ParquetFile`` can do, too."""

    schema_arrow: pa.Schema

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """These columns, by default all."""
        ...

    def iter_batches(self, batch_size: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Rows of these columns, some at a time."""
        ...


class HeldTable:
    """A table that is in memory, or mapped into it."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.schema_arrow = table.schema

    def __len__(self) -> int:
        return len(self._table)

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """See ``ArrowTable``."""
        return self._table if columns is None else self._table.select([*columns])

    def iter_batches(self, batch_size: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See ``ArrowTable``."""
        return iter(self._table.select([*columns]).to_batches(max_chunksize=batch_size))


@contextmanager
def arrow_table(path: Path) -> Iterator[ArrowTable]:
    """The table in a Parquet or Arrow file, its stream or file format.

    Raises
    ------
    OSError, pyarrow.ArrowException
        It cannot be read.
    """
    with path.open("rb") as file, table_in(file, path.suffix) as table:
        yield table


@contextmanager
def table_in(file: BinaryIO, suffix: str) -> Iterator[ArrowTable]:
    """The same in a stream that can be read from any place on."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if suffix.lower() != ".arrow":
        yield pq.ParquetFile(file, buffer_size=_BUFFER)
        return
    with pa.memory_map(file.name) if isinstance(file, io.IOBase) and file.name else pa.PythonFile(file) as mapped:
        try:
            reader = pa.ipc.open_stream(mapped)
        except pa.ArrowInvalid:
            mapped.seek(0)
            reader = pa.ipc.open_file(mapped)
        yield HeldTable(reader.read_all())


def n_rows(table: ArrowTable) -> int:
    """How many rows a table has, of which none is read."""
    told: Any = table
    n: int = told.metadata.num_rows if hasattr(told, "metadata") else len(told)
    return n


class Cells:
    """Cells of a column of bytes, of which some are held: reading on from them costs no more than the bytes."""

    def __init__(self, table: ArrowTable, column: int) -> None:
        self._table: Any = table
        self._name, self._n = table.schema_arrow.names[column], n_rows(table)
        groups = getattr(table, "metadata", None)
        sizes = [groups.row_group(k).num_rows for k in range(groups.num_row_groups)] if groups is not None else []
        self._starts = [0, *accumulate(sizes[:-1])]
        self._group, self._at = -1, 0
        self._held: pa.Array | None = None
        self._batches: Iterator[pa.RecordBatch] = iter(())

    def bytes_of(self, row: int) -> bytes | None:
        """The bytes in the cell of a row; None where it holds none.

        Raises
        ------
        IndexError
            There is no such row.
        """
        if row >= self._n:
            raise IndexError(row)
        if self._held is None or not self._at <= row < self._at + len(self._held):
            self._hold(row)
        assert self._held is not None
        cell = self._held[row - self._at].as_py()
        found = cell.get("bytes") if isinstance(cell, dict) else cell
        return None if found is None else bytes(found)

    def _hold(self, row: int) -> None:
        if hasattr(self._table, "rows"):
            self._at, self._held = row, self._table.rows(row, _ROWS, self._name)
            return
        group = bisect_right(self._starts, row) - 1
        if group != self._group or row < self._at or self._held is None:
            self._group, self._at, self._held = group, self._starts[group], None
            of = {"row_groups": [group]} if hasattr(self._table, "metadata") else {}
            self._batches = self._table.iter_batches(batch_size=_ROWS, columns=[self._name], **of)
        while self._held is None or row >= self._at + len(self._held):
            self._at += 0 if self._held is None else len(self._held)
            self._held = None  # whatever goes wrong now, it is begun anew
            self._held = next(self._batches).column(0)
