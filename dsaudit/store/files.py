"""Writing files whole or not at all, JSON and digests that are the same for the same values."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.errors import StoreError
from dsaudit.store.memory import let_go, room

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    import pandas as pd
    from pyarrow.parquet import ParquetWriter


_ROWS_AT_ONCE = 65_536
_ROWS_LOOKED_UP, _FEW_COLUMNS = 8_192, 64
"""Rows that are read to look one up, in tables of so many columns at most; wide ones are read whole."""


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's refusals to write below ``path`` into one clear ``StoreError``.

    Examples
    --------
    >>> from pathlib import Path
    >>> with writing(Path("results")):
    ...     raise PermissionError(13, "Permission denied")
    Traceback (most recent call last):
        ...
    dsaudit.errors.StoreError: cannot write results to results: permission denied
    """
    try:
        yield
    except OSError as error:
        reason = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EROFS: "the file system is read-only",
            errno.EACCES: "permission denied",
            errno.EPERM: "permission denied",
            errno.ENOTDIR: "a part of the path is a file, not a folder",
            errno.EEXIST: "a file is in the way",
        }.get(error.errno or 0, error.strerror or str(error))
        raise StoreError(
            f"cannot write results to {path}: {reason}", hint="choose another place with --out DIR"
        ) from error


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a temporary file beside ``path``, then rename it over ``path``.

    Examples
    --------
    >>> from pathlib import Path
    >>> path = Path("words.txt")
    >>> write_atomic(path, lambda partial: partial.write_text("yes"))
    >>> path.read_text(), sorted(p.name for p in Path().iterdir())
    ('yes', ['words.txt'])
    """
    with _whole(path) as partial:
        write(partial)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path``, renamed over it when the block ends well."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with writing(path.parent):
            yield partial
            partial.replace(path)
    finally:
        with contextlib.suppress(OSError):  # on a read-only file system not even what is not there can be taken away
            partial.unlink(missing_ok=True)


def write_new(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file that is not there yet, or is to be replaced.

    Raises
    ------
    StoreError
        There is one, or it cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> write_new(Path("words.txt"), b"yes", force=False)
    >>> write_new(Path("words.txt"), b"no", force=False)
    Traceback (most recent call last):
        ...
    dsaudit.errors.StoreError: words.txt exists
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder", hint="name a file")
    if path.exists() and not force:
        raise StoreError(f"{path} exists", hint="choose another --output, or replace it with --force")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda p: p.write_bytes(data))


def to_json(value: object, *, indent: int | None = 1) -> str:
    """Deterministic JSON: sorted keys, NaN and infinities as null, numpy numbers as numbers.

    Examples
    --------
    >>> to_json({"b": float("nan"), "a": 1.5}, indent=None)
    '{"a": 1.5, "b": null}'
    """
    return json.dumps(_plain(value), indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    if hasattr(value, "items"):
        return _plain(dict(value))
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def digest(*parts: object) -> str:
    """32 hex digits that identify ``parts`` (strings, bytes, numbers, JSON-ready values).

    Examples
    --------
    >>> len(digest("a", 1)), digest("ab", "c") == digest("a", "bc")
    (32, False)
    """
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else _text(part).encode("utf-8", "surrogatepass")
        h.update(len(data).to_bytes(8, "little"))
        h.update(data)
    return h.hexdigest()


def _text(part: object) -> str:
    """What ``to_json`` makes of it; of what most parts are, at a tenth of the price."""
    if type(part) is int:
        return str(part)
    return encode_basestring(part) if type(part) is str else to_json(part, indent=None)


def digest_file(path: Path) -> str:
    """Digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def digest_frame(frame: pd.DataFrame) -> str:
    """Digest of a table's index, columns and values, in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> digest_frame(pd.DataFrame({"a": [1, 2]})) == digest_frame(pd.DataFrame({"a": [2, 1]}))
    False
    """
    import pandas as pd

    # to look each up among its kind takes longer than to hash it, but a missing one would then be the word nan
    missing = any(column.hasnans for _, column in frame.items())
    rows = pd.util.hash_pandas_object(frame, index=True, categorize=missing).to_numpy()
    return digest([str(c) for c in frame.columns], rows.tobytes())


def frame_to_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write atomically, with the index; many rows a part at a time, so that there is no second copy of them."""
    with _whole(path) as partial, _Table(partial) as table:
        table.add(frame)


@contextlib.contextmanager
def growing_parquet(path: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """The same of a table whose parts come one after another, at least one: all of the same columns and types, without
    their index.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> with growing_parquet(Path("grown.parquet")) as add:
    ...     add(pd.DataFrame({"a": [1, 2]}))
    ...     add(pd.DataFrame({"a": [3]}))
    >>> pd.read_parquet("grown.parquet")["a"].tolist()
    [1, 2, 3]
    """
    with _whole(path) as partial, _Table(partial, indexed=False) as table:
        yield table.add


class _Table:
    """A Parquet file that is written ``_ROWS_AT_ONCE`` rows at a time while they come; with few, at once."""

    def __init__(self, path: Path, *, indexed: bool = True) -> None:
        self._path, self._indexed = path, indexed
        self._waiting: list[pd.DataFrame] = []
        self._n_waiting = 0
        self._writer: ParquetWriter | None = None
        # numbers of vectors do not come again: a dictionary of them takes eight times as long and half as much again
        self._options: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish()
        elif self._writer is not None:
            self._writer.close()

    def add(self, frame: pd.DataFrame) -> None:
        self._waiting.append(frame)
        self._n_waiting += len(frame)
        while self._n_waiting > _ROWS_AT_ONCE:
            self._write()

    def _finish(self) -> None:
        if self._writer is None and not _lists_in(self._waiting[0]):
            frame = self._joined(self._waiting)
            frame.to_parquet(self._path, engine="pyarrow", use_dictionary=not _are_vectors(frame), **self._options)
        else:
            self._write().close()

    def _joined(self, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        import pandas as pd

        return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=not self._indexed)

    def _write(self) -> ParquetWriter:
        """Write the next block of rows."""
        import pyarrow as pa

        if self._writer is None:
            self._writer = self._begun(self._waiting[0])
        schema = self._writer.schema
        taken, n = [], 0
        while self._waiting and n < _ROWS_AT_ONCE:
            frame = self._waiting.pop(0)
            taken.append(frame.iloc[: _ROWS_AT_ONCE - n])
            n += len(taken[-1])
            if len(taken[-1]) < len(frame):
                self._waiting.insert(0, frame.iloc[len(taken[-1]) :])
        self._n_waiting -= n
        rows = _of_its_own(self._joined(taken))
        lists = _lists_in(rows)
        plain = [field for field in schema if field.name not in lists]
        table = pa.Table.from_pandas(rows.drop(columns=lists), schema=pa.schema(plain, metadata=schema.metadata))
        for name in lists:
            table = table.append_column(schema.field(name), _plain_lists(rows[name], schema.field(name).type))
        table = table.select(schema.names).replace_schema_metadata(schema.metadata)
        self._writer.write_table(
            table, row_group_size=_ROWS_LOOKED_UP if len(schema) <= _FEW_COLUMNS else _ROWS_AT_ONCE
        )
        if _are_vectors(rows):
            let_go(rows.to_numpy())
        return self._writer

    def _begun(self, frame: pd.DataFrame) -> ParquetWriter:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        # what reads the file knows no lists that Arrow holds, but cells; one row tells what kind they are of
        lists = {name: frame[name].iloc[:1].astype(object).reindex(frame.index) for name in _lists_in(frame)}
        schema = pa.Schema.from_pandas(frame.assign(**lists), preserve_index=None if self._indexed else False)
        if frame.attrs:
            schema = schema.with_metadata((schema.metadata or {}) | {b"PANDAS_ATTRS": json.dumps(frame.attrs).encode()})
        return ParquetWriter(self._path, schema, use_dictionary=not _are_vectors(frame), **self._options)


def _lists_in(frame: pd.DataFrame) -> list[str]:
    """Columns of lists that Arrow holds."""
    import pandas as pd

    return [str(name) for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.ArrowDtype)]


def _are_vectors(frame: pd.DataFrame) -> bool:
    return all(dtype == "float32" for dtype in frame.dtypes)


def _of_its_own(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with no other categories than theirs: every part of a file holds those of its columns."""
    import pandas as pd

    many = {
        str(name): rows[name].cat.remove_unused_categories()
        for name, dtype in rows.dtypes.items()
        if isinstance(dtype, pd.CategoricalDtype) and len(dtype.categories) > len(rows)
    }
    return rows.assign(**many) if many else rows


def _read_wide(path: Path) -> pd.DataFrame | None:
    """A table in several parts whose columns are all floats of one kind, read a part at a time; None for others."""
    import pandas as pd
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, page_checksum_verification=True) as file:
        schema, n_parts = file.schema_arrow, file.metadata.num_row_groups
        index = (schema.pandas_metadata or {}).get("index_columns", [])
        names = [name for name in schema.names if name not in index]
        kinds = {schema.field(name).type for name in names}
        if n_parts < 2 or len(kinds) != 1 or str(kind := kinds.pop()) not in ("float", "double"):
            return None
        shape = file.metadata.num_rows, len(names)
        values = room(shape, kind.to_pandas_dtype(), folder=path.parent)
        first = 0
        for part in range(n_parts):
            rows = file.read_row_group(part, columns=names)
            for k, column in enumerate(rows.select(names).columns):
                values[first : first + len(rows), k] = column.to_numpy()
            first += len(rows)
            let_go(values)
    told = pd.read_parquet(path, engine="pyarrow", columns=[])
    found = pd.DataFrame(values, index=told.index, columns=names, copy=False)
    found.attrs = told.attrs
    return found


def _plain_lists(column: pd.Series[Any], kind: Any) -> Any:
    """Lists that Arrow holds, of categories perhaps, as lists of this kind."""
    import pyarrow as pa

    made = pa.array(column)
    held = made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
    values = held.flatten()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    lengths = held.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    starts = pa.array([0, *lengths.cumsum().tolist()], type=pa.int32())
    return pa.ListArray.from_arrays(starts, values.cast(kind.value_type)).cast(kind)


def read_parquet(
    path: Path, *, columns: list[str] | None = None, filters: list[tuple[str, str, Any]] | None = None
) -> pd.DataFrame | None:
    """The table, or those columns and rows of it, or None where the file is damaged.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> frame_to_parquet(pd.DataFrame({"a": [1, 2]}), Path("whole.parquet"))
    >>> _ = Path("damaged.parquet").write_bytes(Path("whole.parquet").read_bytes()[:-9])
    >>> read_parquet(Path("whole.parquet"))["a"].tolist(), read_parquet(Path("damaged.parquet"))
    ([1, 2], None)
    """
    import pandas as pd

    try:
        if columns is None and filters is None and (wide := _read_wide(path)) is not None:
            return wide
        # a few rows are looked for part by part: side by side, all parts are in memory before one is gone through
        few: dict[str, Any] = {} if filters is None else {"use_threads": False, "pre_buffer": False}
        return pd.read_parquet(
            path, engine="pyarrow", columns=columns, filters=filters, page_checksum_verification=True, **few
        )
    except Exception:  # damage shows in many ways
        return None
