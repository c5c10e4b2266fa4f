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


class Cells:
    """Cells of a column of bytes, of which one batch is held: reading on from it costs no more than the bytes."""

    def __init__(self, table: ArrowTable, column: int) -> None:
        self._table, self._name = table, table.schema_arrow.names[column]
        groups = getattr(table, "metadata", None)
        sizes = [groups.row_group(k).num_rows for k in range(groups.num_row_groups)] if groups is not None else []
        self._starts = [0, *accumulate(sizes)]
        self._group, self._at = -1, 0
        self._batch: pa.Array | None = None
        self._batches: Iterator[pa.RecordBatch] = iter(())

    def bytes_of(self, row: int) -> bytes | None:
        """The bytes in the cell of a row; None where it holds none.

        Raises
        ------
        IndexError
            There is no such row.
        """
        group = bisect_right(self._starts, row) - 1 if len(self._starts) > 1 else 0
        if group != self._group or row < self._at:
            self._begin(group)
        while self._batch is None or row >= self._at + len(self._batch):
            self._at += 0 if self._batch is None else len(self._batch)
            batch = next(self._batches, None)
            if batch is None:
                self._group = -1
                raise IndexError(row)
            self._batch = batch.column(0)
        cell = self._batch[row - self._at].as_py()
        found = cell.get("bytes") if isinstance(cell, dict) else cell
        return None if found is None else bytes(found)

    def _begin(self, group: int) -> None:
        self._group, self._at, self._batch = group, self._starts[group], None
        if len(self._starts) > 1:
            if group >= len(self._starts) - 1:
                self._batches = iter(())
                return
            parquet: Any = self._table
            self._batches = parquet.iter_batches(batch_size=_ROWS, row_groups=[group], columns=[self._name])
        else:
            self._batches = self._table.iter_batches(batch_size=_ROWS, columns=[self._name])
