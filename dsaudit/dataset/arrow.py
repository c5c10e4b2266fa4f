"""Tables in columns, of which a part is read at a time: Parquet, and Arrow as ``datasets`` saves it to disk."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

ARROW_SUFFIXES = (".parquet", ".arrow")


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
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix.lower() != ".arrow":
        with path.open("rb") as file:
            yield pq.ParquetFile(file)
        return
    with pa.memory_map(str(path)) as mapped:
        try:
            reader = pa.ipc.open_stream(mapped)
        except pa.ArrowInvalid:
            mapped.seek(0)
            reader = pa.ipc.open_file(mapped)
        yield HeldTable(reader.read_all())
