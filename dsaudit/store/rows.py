"""Rows of a table of a run by their position: of its file only the parts are read in which they lie."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pyarrow as pa

_FEW_COLUMNS = 16
"""Columns that are read together when one of them is asked for."""
_KEPT_BYTES = 16 * 2**20
_ROWS_AT_ONCE = 2**17
_LOOKED_AT = 8
"""Parts in which an item is looked for that should be there, before it is looked for in all."""


class StoredRows:
    """A Parquet file as it lies. Safe to use from several threads.

    Parameters
    ----------
    path : Path
    coded : sequence of str
        Columns of few words, which are read as categories.

    Raises
    ------
    RunError
        It is damaged; this may be found out when it is read.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from dsaudit.store.files import frame_to_parquet
    >>> frame_to_parquet(pd.DataFrame({"label": ["no", "yes"]}, index=["a", "b"]), Path("items.parquet"))
    >>> rows = StoredRows(Path("items.parquet"))
    >>> len(rows), rows.row(1, ["label"]), rows.at("label", np.array([1, 0])).to_pylist()
    (2, {'label': 'yes'}, ['yes', 'no'])
    """

    def __init__(self, path: Path, *, coded: Sequence[str] = ()) -> None:
        from pyarrow.parquet import ParquetFile

        self._path = path
        self._open = partial(ParquetFile, path, page_checksum_verification=True, read_dictionary=list(coded))
        self._own = threading.local()
        with self._undamaged():
            self._file = file = self._open()
        self._schema, self._told = file.schema_arrow, file.metadata
        told = self._told
        self.index = next(
            (c for c in (self._schema.pandas_metadata or {}).get("index_columns", []) if isinstance(c, str)), ""
        )
        self.names: list[str] = self._schema.names
        lengths = [told.row_group(part).num_rows for part in range(told.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        block = self._starts[:-1] // _ROWS_AT_ONCE
        self._blocks = [list(map(int, np.flatnonzero(block == b))) for b in np.unique(block)]
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, str], pa.ChunkedArray] = OrderedDict()
        self._bytes = 0
        self._in_order = False

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stream(self, name: str) -> Iterator[pa.ChunkedArray]:
        """A column, many rows at a time; none of it is kept."""
        for parts in self._blocks:
            yield self._columns(parts, [name]).column(name)

    def at(self, name: str, places: npt.NDArray[np.int64]) -> pa.ChunkedArray:
        """Values of a column at many places, in their order; each part is read once."""
        import pyarrow as pa

        order = np.argsort(places, kind="stable")
        ends = np.searchsorted(places[order], self._starts)
        found = []
        for block in self._blocks:
            if not (parts := [part for part in block if ends[part + 1] > ends[part]]):
                continue
            sizes = self._starts[np.array(parts) + 1] - self._starts[parts]
            missing = np.repeat(self._starts[parts] - np.cumsum(sizes) + sizes, np.diff(ends)[parts])
            here = places[order[ends[parts[0]] : ends[parts[-1] + 1]]] - missing
            found.append(self._columns(parts, [name]).column(name).take(pa.array(here)))
        chunks = [chunk for column in found for chunk in column.chunks]
        kind = self._schema.field(name).type
        column = pa.chunked_array(chunks, type=kind)
        return column if (np.diff(order) > 0).all() else column.take(pa.array(np.argsort(order, kind="stable")))

    def row(self, place: int, names: Sequence[str]) -> dict[str, Any]:
        """Those columns of one row; parts of the file that rows were asked from lately are at hand."""
        part = self._part_of(place)
        at = int(place - self._starts[part])
        return {name: column[at].as_py() for name, column in zip(names, self._kept_parts(part, names), strict=True)}

    def find(self, item_id: str, k: int, n: int) -> int | None:
        """Place of the item that is the one at ``k`` of the ``n`` that the run has; None where the table lacks it.

        Tables have their items in the order of the run's, so that it lies at most as many rows before ``k`` as are
        missing. That they have is found out at the first item that is not there; else all rows are gone through.
        """
        import pyarrow.compute as pc

        if not len(self):
            return None
        here = min(k, len(self) - 1)
        first, last = (self._part_of(max(0, place)) for place in (here - max(0, n - len(self)), here))
        guess = self._part_of(min(k * len(self) // n, here))
        near = sorted(range(first, last + 1), key=lambda part: abs(part - guess))[:_LOOKED_AT]
        if self._in_order and last - first < _LOOKED_AT:
            parts = near
        else:
            parts = [*near, *sorted(set(range(len(self._starts) - 1)) - set(near))]
        for part in parts:
            if part in near:
                (column,) = self._kept_parts(part, [self.index])
            else:
                column = self._columns([part], [self.index]).column(0)
            if (at := int(pc.index(column, item_id).as_py())) >= 0:
                return int(self._starts[part]) + at
        self._in_order = True
        return None

    def _part_of(self, place: int) -> int:
        return int(np.searchsorted(self._starts, place, side="right")) - 1

    def _columns(self, parts: Sequence[int], names: Sequence[str]) -> pa.Table:
        with self._undamaged():
            if not hasattr(self._own, "file"):  # each thread reads for itself, and waits for no other
                self._own.file = self._open(metadata=self._told)
            return self._own.file.read_row_groups(parts, columns=list(names), use_threads=False)

    @contextmanager
    def _undamaged(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise RunError(f"{self._path} is damaged", hint="run the audit again") from error

    def _kept_parts(self, part: int, names: Sequence[str]) -> list[pa.ChunkedArray]:
        with self._lock:
            if missing := [name for name in names if (part, name) not in self._kept]:
                if len(self.names) <= _FEW_COLUMNS:
                    missing = [name for name in self.names if (part, name) not in self._kept]
                with self._undamaged():  # many threads ask for rows, and one reader serves them all in turn
                    read = self._file.read_row_group(part, columns=missing, use_threads=False)
                self._kept |= {(part, name): read.column(name) for name in missing}
                self._bytes += read.nbytes
            found = [self._kept[part, name] for name in names]
            for name in names:
                self._kept.move_to_end((part, name))
            while self._bytes > _KEPT_BYTES and len(self._kept) > len(self.names):
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
            return found
