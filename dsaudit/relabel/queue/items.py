"""The items of a run by position: a table in memory; of many a file, of which a row is read when it is asked for."""

# ruff: noqa: D102

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import values_of_lists
from dsaudit.dataset.record import KNOWN_AS
from dsaudit.errors import DsauditError
from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.memory import key
from dsaudit.relabel.queue.words import Places, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt
    import pyarrow as pa

    from dsaudit.store.rows import StoredRows
    from dsaudit.store.run import Run

    Keep = Callable[[Callable[[str], npt.NDArray[Any]]], npt.NDArray[np.bool_]]

T = TypeVar("T")
ID = "item_id"
DOUBTED_BELOW = 0.5
"""Pairwise confidence, 0 to 1, under which another class is more probable than the given one. On recordings with
planted label errors 2 to 3 in 100 labels between here and .65 were wrong, and fewer above."""
_STATED = ("pairwise_confidence", "candidate", "suggestion", "p_wrong", "p_suggested")
_CODED = ("label", "split")
"""Columns of few words: each item's is held as a number."""


class ClosedError(DsauditError):
    """What runs beside a review is of no use any more."""


def items_of(run: Run) -> Items:
    """The items of a run, none where it has none."""
    rows = run.rows("items")
    return Items(run.items, run) if rows is None or KNOWN_AS in rows.names else StoredItems(run, rows)


class Items:
    """Items in memory, and the tables of their run.

    Parameters
    ----------
    table : DataFrame by ``item_id``
    run : Run, optional
        Whose items they are.

    Examples
    --------
    >>> import pandas as pd
    >>> items = Items(pd.DataFrame({"label": ["no", None]}, index=["a", "b"]))
    >>> items.column("label"), items.positions(["b", "x"]).tolist(), items.at("item_id", np.array([1])).tolist()
    (['no', None], [1, -1], ['b'])
    """

    many = False
    """Whether only what is asked for is read."""

    def __init__(self, table: pd.DataFrame, run: Run | None = None) -> None:
        self._table, self._run = table, run

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def column(self, name: str) -> Sequence[str | None]:
        """A column by position, what is no text as None."""
        return texts(self._of(name))

    @property
    def hashes(self) -> Sequence[str | None]:
        """The content hash under which people's decisions speak of each item."""
        return texts(known_hashes(self._table))

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where an item stands, by id."""
        return {str(item_id): k for k, item_id in enumerate(self.column(ID))}

    def known_as(self, about: str) -> Sequence[int]:
        """Positions of the items that ``memory.key`` gives this name."""
        return self._known.get(about, ())

    @cached_property
    def _known(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for k, (item_id, content_hash) in enumerate(zip(self.column(ID), self.hashes, strict=True)):
            found[key(str(item_id), content_hash)].append(k)
        return dict(found)

    def make_ready(self) -> None:
        """Do what would keep the first decision waiting; may run beside all else."""
        _ = self._known

    def close(self) -> None:
        """Have what runs beside all else end."""

    def at(self, name: str, ks: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """Values of a column at many positions, what is no text as None."""
        return np.array(texts(self._of(name).take(ks)), dtype=object)

    def coded(self, name: str) -> tuple[npt.NDArray[np.integer[Any]], list[str]]:
        """A column as numbers, -1 for None, and the word that each stands for."""
        codes, words = pd.factorize(np.array(self.column(name), dtype=object))
        return codes, [str(word) for word in words]

    def positions(self, ids: Iterable[str]) -> npt.NDArray[np.int64]:
        """Where items stand, -1 for nowhere."""
        return self._table.index.get_indexer(pd.Index(ids, dtype=object)).astype(np.int64, copy=False)

    def holding(self, text: str) -> Iterator[tuple[int, str]]:
        """Position and id of items that may have ``text`` in it."""
        del text
        return ((k, str(item_id)) for k, item_id in enumerate(self.column(ID)))

    def table(self, name: str, columns: Sequence[str], where: Any = None) -> pd.DataFrame:
        """Those columns of a table of the run, as far as it has them; of many rows only those that fit ``where``.

        The conditions are as ``pyarrow.parquet.read_table`` takes them.
        """
        del where
        found: pd.DataFrame = getattr(self._run, name)
        return found[[column for column in columns if column in found]]

    def chosen(
        self, name: str, columns: Sequence[str], keep: Keep | None = None
    ) -> tuple[npt.NDArray[np.integer[Any]], dict[str, npt.NDArray[Any]]]:
        """Positions of the items of some rows of a table of the run, and columns of these rows as far as it has them.

        ``keep`` tells which rows, given what reads a column of numbers.
        """
        found: pd.DataFrame = getattr(self._run, name)
        k = self.places_in(name)
        here = (k >= 0) & (True if keep is None else keep(lambda column: found[column].to_numpy()))
        return k[here], {c: found[c].to_numpy()[here] for c in columns if c in found}

    @property
    def doubted(self) -> tuple[npt.NDArray[np.integer[Any]], dict[str, npt.NDArray[Any]]]:
        """Positions of the items whose label is doubted or in the run's own cut, and what is stated of them."""

        def doubtful(read: Callable[[str], npt.NDArray[Any]]) -> npt.NDArray[np.bool_]:
            return np.asarray((read("pairwise_confidence") < DOUBTED_BELOW) | read("candidate").astype(bool))

        return self.chosen("label_quality", _STATED, doubtful)

    @cached_property
    def members(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """How many items each finding of the run names, and the positions of all of them, -1 for none."""
        lengths, ids = values_of_lists(self._run.findings["item_ids"])  # type: ignore[union-attr]
        return lengths, self.positions(ids)

    def columns(self, name: str, start: str) -> list[str]:
        """Columns of a table of the run whose names begin so; none of a table without rows."""
        found: pd.DataFrame = getattr(self._run, name)
        return [str(column) for column in found if str(column).startswith(start)] if len(found) else []

    def numbers(self, name: str, columns: Sequence[str]) -> Iterator[npt.NDArray[np.float32]]:
        """Columns of numbers of a table of the run, part by part, float32 (rows, columns)."""
        yield getattr(self._run, name)[list(columns)].to_numpy(dtype=np.float32)

    def count(self, name: str) -> int:
        """Rows of a table of the run."""
        return len(getattr(self._run, name))

    def places_in(self, name: str) -> npt.NDArray[np.integer[Any]]:
        """Position of the item of each row of a table of the run, -1 for none."""
        return self.positions(getattr(self._run, name).index)

    def row_of(self, name: str, k: int, columns: Sequence[str]) -> dict[str, Any] | None:
        """Those columns of one item in a table of the run; None where it is not in there."""
        found: pd.DataFrame = getattr(self._run, name)
        at = found.index.get_indexer(self._table.index[[k]])[0]
        return None if at < 0 else {column: found[column].iloc[at] for column in columns if column in found}

    def _of(self, name: str) -> Any:
        return self._table.index if name == ID else self._table[name]


class StoredItems(Items):
    """Items of which a row is read when it is asked for. Columns of few words are held as numbers, ids as hashes."""

    many = True

    _run: Run

    def __init__(self, run: Run, rows: StoredRows) -> None:
        self._run, self._rows = run, rows
        self._coded: dict[str, tuple[npt.NDArray[np.integer[Any]], list[str]]] = {}
        self._placed: dict[str, Places] = {}
        self._rows_of: dict[str, npt.NDArray[np.integer[Any]]] = {}
        self._lock, self._coding = threading.Lock(), threading.Lock()
        self._closed = False
        ahead = ThreadPoolExecutor(1)
        self._doubted = ahead.submit(self._ahead)  # beside what else a review begins with
        ahead.shutdown(wait=False)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows.names

    def column(self, name: str) -> Sequence[str | None]:
        return _Coded(*self.coded(name)) if name in _CODED else _Stored(self._rows, name)

    @property
    def hashes(self) -> Sequence[str | None]:
        return self.column("content_hash")

    @property
    def place(self) -> Places:
        return self._places(ID)

    def known_as(self, about: str) -> Sequence[int]:
        if about.startswith("id:"):
            return [k for k in self._places(ID).all(about.removeprefix("id:")) if not self.hashes[k]]
        return self._places("content_hash").all(about)

    def make_ready(self) -> None:
        import pyarrow as pa

        for name in ("content_hash", ID):
            self._places(name)
        pa.default_memory_pool().release_unused()

    def _places(self, name: str) -> Places:
        with self._lock:
            if name not in self._placed:
                column = _Stored(self._rows, name)
                self._placed[name] = Places(column, self._going(column.parts()))
            return self._placed[name]

    def close(self) -> None:
        self._closed = True

    def _going(self, parts: Iterable[T]) -> Iterator[T]:
        for part in parts:
            if self._closed:
                raise ClosedError("the review is over")
            yield part

    def at(self, name: str, ks: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        if name in _CODED:
            codes, words = self.coded(name)
            return np.asarray(np.array([*words, None], dtype=object)[codes[ks]])
        return np.asarray(_strings(self._rows.at(name, ks)).to_numpy())

    def coded(self, name: str) -> tuple[npt.NDArray[np.integer[Any]], list[str]]:
        with self._coding:
            if name not in self._coded:
                self._coded[name] = self._as_numbers(name)
            return self._coded[name]

    def _as_numbers(self, name: str) -> tuple[npt.NDArray[np.integer[Any]], list[str]]:
        place: dict[str | None, int] = {None: -1}
        found = [np.empty(0, np.int32)]
        for part in self._rows.stream(name):
            for chunk in _encoded(part).chunks:
                words = [*chunk.dictionary.to_pylist(), None]
                number = np.array([place.setdefault(word, len(place) - 1) for word in words], np.int32)
                found.append(number[chunk.indices.fill_null(len(words) - 1).to_numpy()])
        codes = np.concatenate(found)
        return codes.astype(np.int16) if len(place) < 2**15 else codes, [word for word in place if word is not None]

    def positions(self, ids: Iterable[str]) -> npt.NDArray[np.int64]:
        import pyarrow as pa

        return self._positions(pa.array(list(ids), pa.large_string()))

    def _positions(self, ids: pa.Array) -> npt.NDArray[np.int64]:
        import pyarrow.compute as pc

        wanted = ids.dictionary_encode()
        found = np.full(len(wanted.dictionary), -1, dtype=np.int64)
        start = 0
        for part in _of_at_least(len(found), self._rows.stream(ID)) if len(found) else ():
            column = _strings(part)
            at = pc.index_in(column, value_set=wanted.dictionary.cast(column.type))
            found[at.drop_null().to_numpy()] = start + np.flatnonzero(at.is_valid().to_numpy())
            start += len(column)
        return np.asarray(found[wanted.indices.to_numpy()])

    @property
    def doubted(self) -> tuple[npt.NDArray[np.integer[Any]], dict[str, npt.NDArray[Any]]]:
        return self._doubted.result()

    def _ahead(self) -> tuple[npt.NDArray[np.integer[Any]], dict[str, npt.NDArray[Any]]]:
        for name in _CODED:
            self.coded(name)
        return super().doubted

    @cached_property
    def members(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = self._run.rows("findings")
        parts = list(rows.stream("item_ids")) if rows else []
        lists = pa.chunked_array([chunk for part in parts for chunk in part.chunks], pa.list_(pa.string()))
        lengths = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
        ids = pc.list_flatten(lists).combine_chunks()
        return lengths, self._positions(ids)

    def holding(self, text: str) -> Iterator[tuple[int, str]]:
        import pyarrow.compute as pc

        start = 0
        for part in self._rows.stream(ID):
            own = _strings(part)
            for k in np.flatnonzero(pc.match_substring(own, text, ignore_case=True).to_numpy()).tolist():
                yield start + k, own[k].as_py()
            start += len(own)

    def table(self, name: str, columns: Sequence[str], where: Any = None) -> pd.DataFrame:
        return self._run.columns_of(name, columns, where=where)

    def chosen(
        self, name: str, columns: Sequence[str], keep: Keep | None = None
    ) -> tuple[npt.NDArray[np.integer[Any]], dict[str, npt.NDArray[Any]]]:
        rows, k = self._run.rows(name), self.places_in(name)
        if rows is None:
            return k, {}
        here = k >= 0
        if keep is not None:
            here &= keep(lambda column: np.concatenate([part.to_numpy() for part in rows.stream(column)]))
        at = np.flatnonzero(here)
        there = [column for column in columns if column in rows.names]
        if len(at) == len(rows):
            return k, {c: np.concatenate([part.to_numpy() for part in rows.stream(c)]) for c in there}
        return k[at], {c: rows.at(c, at).to_numpy() for c in there}

    def columns(self, name: str, start: str) -> list[str]:
        rows = self._run.rows(name)
        return [column for column in rows.names if column.startswith(start)] if rows else []

    def numbers(self, name: str, columns: Sequence[str]) -> Iterator[npt.NDArray[np.float32]]:
        rows = self._run.rows(name)
        for parts in self._going(zip(*map(rows.stream, columns), strict=True)) if rows else ():
            yield np.stack([part.to_numpy() for part in parts], axis=1).astype(np.float32, copy=False)

    def count(self, name: str) -> int:
        return len(self._run.rows(name) or ())

    def places_in(self, name: str) -> npt.NDArray[np.integer[Any]]:
        if name not in self._rows_of:
            found = self._in_one_pass(name)
            same = next((known for known in self._rows_of.values() if np.array_equal(known, found)), found)
            self._rows_of[name] = same
        return self._rows_of[name]

    def _in_one_pass(self, name: str) -> npt.NDArray[np.integer[Any]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        rows, own = self._run.rows(name), self._rows.stream(ID)
        found, window, start = [np.empty(0, np.int32)], pa.chunked_array([], pa.large_string()), 0
        for part in rows.stream(rows.index) if rows else ():
            column = _strings(part).cast(pa.large_string())
            while True:  # items are in one order everywhere, so that one pass over both finds them
                same = len(window) >= len(column) and window.slice(0, len(column)).equals(column)
                at = (
                    pa.array(np.arange(len(column))) if same else pc.index_in(column, value_set=window.combine_chunks())
                )
                more = next(own, None) if at.null_count else None
                if more is None:
                    break
                window = pa.chunked_array([*window.chunks, *_strings(more).cast(pa.large_string()).chunks])
            here = at.fill_null(-1).to_numpy().astype(np.int32)
            found.append(np.where(here >= 0, here + start, -1))
            passed = int(here.max(initial=-1)) + 1
            window, start = window.slice(passed), start + passed
        return np.concatenate(found)

    def row_of(self, name: str, k: int, columns: Sequence[str]) -> dict[str, Any] | None:
        rows = self._run.rows(name)
        there = [column for column in columns if rows and column in rows.names]
        if rows is None or not there:
            return None
        at = rows.find(str(self.column(ID)[k]), k, len(self))
        return None if at is None else rows.row(at, there)


def _of_at_least(n: int, parts: Iterable[pa.ChunkedArray]) -> Iterator[pa.ChunkedArray]:
    """Parts of a column together, so that each has ``n`` rows, but for the last: for each, what is looked for in it is
    made ready anew."""
    import pyarrow as pa

    waiting: list[pa.Array] = []
    for part in parts:
        waiting += part.chunks
        if sum(map(len, waiting)) >= n:
            yield pa.chunked_array(waiting)
            waiting = []
    if waiting:
        yield pa.chunked_array(waiting)


class _Stored(Sequence["str | None"]):
    """A column of a file, each word read when it is asked for."""

    def __init__(self, rows: StoredRows, name: str) -> None:
        self._rows, self._name = rows, name

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, k: int) -> str | None: ...
    @overload
    def __getitem__(self, k: slice) -> list[str | None]: ...
    def __getitem__(self, k: int | slice) -> str | list[str | None] | None:
        if isinstance(k, slice):
            return [self[j] for j in range(*k.indices(len(self)))]
        found = self._rows.row(range(len(self))[k], [self._name])[self._name]
        return found if isinstance(found, str) else None

    def __iter__(self) -> Iterator[str | None]:
        for part in self.parts():
            yield from part

    def parts(self) -> Iterator[npt.NDArray[np.object_]]:
        """All words, some thousands at a time."""
        return (_strings(part).to_numpy() for part in self._rows.stream(self._name))


class _Coded(Sequence["str | None"]):
    """A column held as numbers."""

    def __init__(self, codes: npt.NDArray[np.integer[Any]], words: list[str]) -> None:
        self._codes, self._words = codes, [*words, None]

    def __len__(self) -> int:
        return len(self._codes)

    @overload
    def __getitem__(self, k: int) -> str | None: ...
    @overload
    def __getitem__(self, k: slice) -> list[str | None]: ...
    def __getitem__(self, k: int | slice) -> str | list[str | None] | None:
        return (
            [self._words[c] for c in self._codes[k].tolist()] if isinstance(k, slice) else self._words[self._codes[k]]
        )


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as categories."""
    import pyarrow as pa

    held = pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type)
    return column if held else _strings(column).dictionary_encode()


def _strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as they are, of another kind of column nothing."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    return pa.chunked_array([pa.nulls(len(column), pa.string())])
