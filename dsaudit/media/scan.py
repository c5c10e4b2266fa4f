"""Measure every item once: in parallel, from the cache where its bytes are known, whatever breaks."""

from __future__ import annotations

import os
import pickle
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dsaudit.dataset.inline import is_inline
from dsaudit.dataset.member import changing_part, container_of, member_of
from dsaudit.dataset.names import safe_text
from dsaudit.dataset.remote import ahead, is_remote, remote_state
from dsaudit.dataset.segment import Segment, file_and_segment, file_of
from dsaudit.engine.local import Crashed
from dsaudit.engine.mapping import is_far, map_batches
from dsaudit.errors import DsauditError, ItemError, MissingItemError
from dsaudit.media.base import Batching, Reading, attempted, readings
from dsaudit.media.courses import COURSE_FIELDS, keep_courses
from dsaudit.media.file import identify, not_fetched, suffix_fits
from dsaudit.media.previews import PREVIEW_FIELDS, keep_drawn
from dsaudit.store.files import digest
from dsaudit.store.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    from dsaudit.media.base import Media
    from dsaudit.rule import Measure
    from dsaudit.store.cache import Cache

    _Columns = dict[str, list[Any]]

_FIRST = ("status", "error", "content_hash", "file_suffix")
_FLUSH_ITEMS = 4096
_FLUSH_S = 20.0
_FILES_AT_ONCE, _CELLS_AT_ONCE, _CELLS_KEPT = 64, 1024, 1 << 15
"""Items in a batch: a cell of a manifest is measured in less time than it takes to send; and cells kept together."""
_BYTES_AT_ONCE = 1 << 22
"""Of files in a batch: a compressed recording may be ten times as long in memory, and several batches wait there."""
_STAMPS_AT_ONCE, _THREADS = 512, 16
"""Addresses of a batch that servers are asked about, and how many at a time."""
_TAKEN, _VECTOR, _PREVIEW, _COURSE = "taken", "vector", "preview", "course"
NOT_READ = "not-read"
"""Status of an item that nobody asked to read."""


class Sink(Protocol):
    """Takes what an encoder is given, as it comes: ``dsaudit.model.embed.Embedder`` is one.

    Attributes
    ----------
    encode : callable or None
        Picklable; vectors, float32 (n, dim), of what ``Media.read`` gives, where that is to stay where it is read, or
        goes from there to a GPU.
    """

    @property
    def encode(self) -> Callable[[Sequence[Any]], npt.NDArray[np.float32]] | None:
        """See above."""
        ...

    def add(self, content_hashes: Sequence[str], taken: Sequence[Any]) -> None:
        """Some items, as ``Media.read`` gives them."""
        ...

    def add_vectors(self, content_hashes: Sequence[str], vectors: Sequence[npt.NDArray[np.float32]]) -> None:
        """Some items, as ``encode`` made them."""
        ...

    def save(self) -> None:
        """Keep what was made of them: a killed run goes on behind it."""
        ...


def measure_items(
    items: pd.DataFrame,
    media: Media,
    *,
    cache: Cache,
    extra: tuple[Measure, ...] = (),
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
    sink: Sink | None = None,
    previews: bool = False,
    read: bool = True,
) -> pd.DataFrame:
    """Measurements of every item; from the same reading of a file what an encoder takes, and its preview.

    Files are read in batches in worker processes, and what was found comes back as Arrow tables. Every 4,096 items or
    20 seconds a part goes to the cache; a run that was killed goes on behind it. A modality that fits on the set gets
    all of it in one batch; what it measures is known again only while no item changes.

    Parameters
    ----------
    items : DataFrame, index ``item_id``, column ``uri``
    media : Media
    cache : Cache
        Measurements are kept by content hash; a file whose size and modification time are known is
        not even opened. Cells of a manifest are measured in less time than it takes to look one up, and are kept by
        many thousands.
    extra : tuple of Measure
        Raw numbers that rules add to the decode.
    jobs : int, optional
        Worker processes; all processors by default.
    progress : callable, optional
        Called with the number of items just done.
    sink : Sink, optional
        Given each content that is read now.
    previews : bool
        Whether to draw each content that is read now, for ``dsaudit.media.previews``.
    read : bool
        False: no file is opened, and those that the cache does not know are ``not-read``.

    Returns
    -------
    DataFrame in the order of ``items``
        ``status`` (``ok``, ``missing``, ``empty``, ``unreadable``, ``too-large``, ``not-fetched``, ``no-decoder`` or
        ``not-read``), ``error`` (str or None), ``content_hash``, ``file_suffix`` and the media's columns; NaN where not
        measured.
    """
    import pandas as pd

    tick = progress or (lambda n: None)
    kind = f"{media.modality}-measurements-{media.measure_version}"
    if extra:
        kind += "-" + digest(*sorted(f"{m.name} {m.version}" for m in extra))[:8]
    whole = isinstance(media, Batching) and media.fits
    place, distinct = pd.factorize(items["uri"])
    uris: list[str] = list(distinct)
    cells = bool(uris) and is_inline(uris[0])  # a manifest has a column of texts or one of paths
    stamps = [] if cells else _stamps(uris, jobs=jobs, ask=read)
    if whole and not cells:
        kind += "-" + digest(*sorted(map(str, stamps)))
    known, at = _remembering(cache, kind, stamps) if stamps else (pd.DataFrame(), np.full(len(uris), -1))
    if whole and (at < 0).any():
        at[:] = -1
    todo = np.flatnonzero(at < 0)
    tick(len(uris) - len(todo))
    failed: dict[int, dict[Hashable, Any]] = {}
    if not cells:
        todo = todo[_by_file([uris[k] for k in todo])]
        if not (whole and read):
            failed = _without_bytes(uris, todo.tolist()) if read else {k: {"status": NOT_READ} for k in todo.tolist()}
        todo = todo[~np.isin(todo, list(failed))]
        tick(len(failed))
    asked = [uris[k] for k in todo.tolist()]
    parts = _Parts(None if cells else cache, kind, media, [stamps[k] for k in todo.tolist()] if stamps else [], sink)
    taken = sink is not None and not cells
    take = _Take(media, extra, taken=taken, preview=previews and not cells)
    if whole:
        tables: Iterator[pa.Table] = map(_table, _whole(take, list(enumerate(asked)), jobs=jobs, trusted=cells))
    elif cells:
        tables = _of_cells(take, asked, cache=cache, kind=kind, jobs=jobs)
    else:
        batches = _batches(asked, n_most=_FILES_AT_ONCE, sized=True)
        encode = None if sink is None else sink.encode
        found = map_batches(take, batches, jobs=jobs, then=None if encode is None else _Encode(encode))
        tables = map(_table, found)
    try:
        for table in tables:
            if is_far():
                _refuse_unseen(table, asked)
            parts.add(table)
            tick(len(table))
            parts.flush_if_due()
    finally:  # an interrupted run keeps what it has
        parts.flush()
    table = _Known.of(known, parts.table())
    at[todo[table.at]] = len(known) + np.arange(len(table.at))
    without = np.flatnonzero(np.isin(place, list(failed))).tolist()
    return _assemble(items, table, np.append(table.last, -1)[at][place], [(k, failed[place[k]]) for k in without])


def _remembering(cache: Cache, kind: str, stamps: Sequence[str | None]) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """What the cache knows by content hash, and the row in it of each that is stamped, -1 where there is none."""
    import pandas as pd

    known, index = cache.rows(kind), cache.rows("files")
    hashes: dict[str | None, str] = dict(index["content_hash"]) if len(index) else {}
    return known, known.index.get_indexer(pd.Index([hashes.get(stamp) for stamp in stamps], dtype=object))


def _without_bytes(uris: Sequence[str], places: Sequence[int]) -> dict[int, dict[Hashable, Any]]:
    """Rows of files at these places that are missing or empty, for which no decoder need be started."""
    found: dict[int, dict[Hashable, Any]] = {}
    for k in places:
        if not is_remote(uris[k]) and not _size(uris[k]):
            try:
                identify(Path(uris[k]))
            except ItemError as error:
                row: dict[Any, Any] = _row(Path(uris[k]), error)
                found[k] = row
    return found


def _by_file(uris: Sequence[str]) -> list[int]:
    """Places, so that what is of a file or inside one comes after each other, in its order, where the first of it is:
    it is read forwards."""
    parted = [file_and_segment(uri) for uri in uris]
    inside = [member_of(path) for path, _ in parted]
    if not any(inside) and not any(segment for _, segment in parted):
        return list(range(len(uris)))
    first: dict[str, int] = {}
    places = []
    for (path, segment), member in zip(parted, inside, strict=True):
        file = path if member is None else member.container
        at = -1 if member is None else member.at
        start = segment.start if isinstance(segment, Segment) else -1.0
        places.append((first.setdefault(file, len(first)), at, start))
    return sorted(range(len(uris)), key=places.__getitem__)


def _batches(uris: Sequence[str], *, n_most: int, sized: bool) -> Iterator[list[tuple[int, str]]]:
    """Positions and uris, in batches of at most so many items and ``_BYTES_AT_ONCE``; one item may have more."""
    batch: list[tuple[int, str]] = []
    n_bytes, last = 0, ""
    for k, uri in enumerate(uris):
        path = file_of(uri)
        size = _size(uri) if sized and path != last else 0
        last = path
        if batch and (len(batch) == n_most or n_bytes + size > _BYTES_AT_ONCE):
            yield batch
            batch, n_bytes = [], 0
        batch.append((k, uri))
        n_bytes += size
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _Take:
    """Reads a batch of items once each: positions and uris to columns with a value for each, whatever breaks.

    No Arrow table: to make one brings pandas along, which takes longer than two dozen short recordings.
    """

    media: Media
    extra: tuple[Measure, ...]
    taken: bool
    preview: bool

    def __call__(self, items: Sequence[tuple[int, str]]) -> _Columns:
        paths = [Path(uri) for _, uri in items]
        with ahead([uri for _, uri in items]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries, about one file among many: what counts is measured
            found = readings(self.media, paths, self.extra, taken=self.taken, preview=self.preview)
        return _columns([{"at": k} | _row(path, one) for (k, _), path, one in zip(items, paths, found, strict=True)])


@dataclass(frozen=True, slots=True)
class _Encode:
    """Puts vectors in the place of what they are made of; none where the encoder fails: whoever asks for them meets
    the same error, where it can be told."""

    encode: Callable[[Sequence[Any]], npt.NDArray[np.float32]]

    def __call__(self, columns: _Columns) -> _Columns:
        taken = columns.pop(_TAKEN, None)
        if taken is None:
            return columns
        there = [k for k, one in enumerate(taken) if one is not None]
        made = attempted(lambda: self.encode([pickle.loads(taken[k]) for k in there]))
        vectors: list[bytes | None] = [None] * len(taken)
        for k, vector in zip(there, made if made is not None else (), strict=made is not None):
            vectors[k] = vector.tobytes()
        return columns | {_VECTOR: vectors}


def _row(path: Path, reading: Reading | Exception) -> dict[str, Any]:
    if not isinstance(reading, Exception):
        found: dict[str, Any] = {**reading.measured, "status": "ok", "error": None}
        if reading.taken is not None:
            found[_TAKEN] = pickle.dumps(reading.taken, protocol=5)
        if reading.preview is not None:
            found[_PREVIEW] = {f: getattr(reading.preview, f) for f in PREVIEW_FIELDS}
        if reading.course is not None:
            found[_COURSE] = dict(zip(COURSE_FIELDS, (reading.course.tobytes(), reading.course.shape[1]), strict=True))
        return found
    if isinstance(reading, ItemError):
        # without the file's name: what is remembered of a content is said of every file that holds it
        row: dict[str, Any] = {
            "status": reading.status,
            "error": reading.message.removeprefix(f"{Path(file_of(path)).name}: "),
        }
    elif isinstance(reading, (MemoryError, OSError)):  # nothing to be remembered of the content
        return {"status": "unreadable", "error": f"it could not be read now: {reading or 'too little memory'}"}
    else:  # a library's words about itself help nobody
        row = {"status": "unreadable", "error": "its content is damaged in a way that its decoder does not expect"}
    try:
        found = identify(path)
        if row["status"] == "unreadable" and not is_inline(str(path)) and (words := not_fetched(path)):
            row = {"status": "not-fetched", "error": words}
        return found | row
    except (OSError, ItemError):
        return row


def _whole(
    take: _Take, items: Sequence[tuple[int, str]], *, jobs: int | None, trusted: bool
) -> Iterator[_Columns | Crashed[tuple[int, str]]]:
    """A batch that must not be parted: without an item that kills its worker, the others are measured anew."""
    while items:
        found = list(map_batches(take, [items], jobs=jobs, trusted=trusted))
        crashed = {one.item for one in found if isinstance(one, Crashed)}
        yield from (one for one in found if isinstance(one, Crashed) or not crashed)
        items = [item for item in items if item not in crashed] if crashed else []


def _of_cells(take: _Take, uris: Sequence[str], *, cache: Cache, kind: str, jobs: int | None) -> Iterator[pa.Table]:
    """Measurements of cells in their order, of which as many as are kept together come from the cache."""
    import pyarrow as pa
    import pyarrow.compute as pc

    starts = range(0, len(uris), _CELLS_KEPT)
    keys = {k: digest(kind, "\n".join(uris[k : k + _CELLS_KEPT])) for k in starts if k + _CELLS_KEPT <= len(uris)}
    kept = {start: table for start, key in keys.items() if (table := cache.part("cells", key)) is not None}
    new = [start for start in starts if start not in kept]
    todo = ((k, uris[k]) for start in new for k in range(len(uris))[start:][:_CELLS_KEPT])
    batches: Iterator[list[tuple[int, str]]] = iter(lambda: list(islice(todo, _CELLS_AT_ONCE)), [])
    results = map(_table, map_batches(take, batches, jobs=jobs, trusted=True))
    for start in starts:
        if (table := kept.pop(start, None)) is not None:
            yield table.set_column(table.column_names.index("at"), "at", pc.add(table["at"], start))
            continue
        own, n = [], 0
        while n < min(_CELLS_KEPT, len(uris) - start):
            own.append(next(results))
            n += len(own[-1])
            yield own[-1]
        table = pa.concat_tables(own, promote_options="permissive")
        if start in keys and "content_hash" in table.column_names and not table["content_hash"].null_count:
            at = pc.subtract(table["at"], start)
            cache.keep_part("cells", keys[start], table.set_column(table.column_names.index("at"), "at", at))


def _crashed(item: tuple[int, str]) -> _Columns:
    row: dict[str, Any] = {"at": item[0], "status": "unreadable", "error": "its decoder crashed on it"}
    try:  # its identity, so that it is remembered
        return _columns([identify(Path(item[1])) | row])
    except (OSError, ItemError):
        return _columns([row])


def _columns(rows: Sequence[Mapping[str, Any]]) -> _Columns:
    def safe(value: Any) -> Any:
        return safe_text(value) if isinstance(value, str) else value

    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [safe(row.get(name)) for row in rows] for name in names}


def _table(found: _Columns | Crashed[tuple[int, str]]) -> pa.Table:
    import pyarrow as pa

    return pa.table(_crashed(found.item) if isinstance(found, Crashed) else found)


def _refuse_unseen(table: pa.Table, uris: Sequence[str]) -> None:
    """Files that are here and were missing where they were read say nothing of the dataset."""
    rows = zip(table["at"].to_pylist(), table["status"].to_pylist(), strict=True)
    missing = [uris[k] for k, status in rows if status == MissingItemError.status]
    if unseen := next((uri for uri in missing if Path(container_of(file_of(uri))).exists()), None):
        raise DsauditError(
            f"{safe_text(file_of(unseen))} is here, but a machine of the cluster does not see it",
            hint="put the dataset where all of them see it under the same path",
        )


def _remembered(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that tell of the content alone: what is missing or lacks a decoder may read tomorrow."""
    if "content_hash" not in table:
        return table[:0]
    known = table["status"].isin(["ok", "empty", "unreadable", "too-large", "not-fetched"])
    return table[table["content_hash"].notna() & known]


class _Parts:
    """Tables as they come: to the sink, to the cache in parts, and all measurements to one frame at the end."""

    def __init__(
        self, cache: Cache | None, kind: str, media: Media, stamps: Sequence[str | None], sink: Sink | None
    ) -> None:
        self._cache, self._kind, self._media, self._sink = cache, kind, media, sink
        self._stamps = stamps
        self._waiting: list[pa.Table] = []
        self._n_waiting, self._flushed = 0, time.monotonic()
        self._done: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        """Account for a batch."""
        if _TAKEN in table.column_names:
            if self._sink is not None:
                there = table.filter(table[_TAKEN].is_valid())
                hashes = there["content_hash"].to_pylist()
                self._sink.add(hashes, [pickle.loads(data) for data in there[_TAKEN].to_pylist()])
            table = table.drop_columns(_TAKEN)
        if _VECTOR in table.column_names:
            if self._sink is not None:
                there = table.filter(table[_VECTOR].is_valid())
                vectors = [np.frombuffer(data, dtype=np.float32) for data in there[_VECTOR].to_pylist()]
                self._sink.add_vectors(there["content_hash"].to_pylist(), vectors)
            table = table.drop_columns(_VECTOR)
        self._waiting.append(table)
        self._n_waiting += len(table)

    def flush_if_due(self) -> None:
        """Keep what has come, where that is enough or long ago."""
        if self._n_waiting >= _FLUSH_ITEMS or time.monotonic() - self._flushed > _FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Keep what has come."""
        import pandas as pd
        import pyarrow as pa

        if self._sink is not None:
            self._sink.save()
        if self._waiting:
            table = pa.concat_tables(self._waiting, promote_options="permissive")
            beside = {name: table[name] for name in (_PREVIEW, _COURSE) if name in table.column_names}
            measured = table.drop_columns(list(beside))
            self._done.append(measured)
            if self._cache is not None and len(frame := _remembered(measured.to_pandas())):
                stamps = [self._stamps[k] for k in frame["at"]]
                frame = frame.set_index("content_hash", drop=False).drop(columns="at")
                for name, keep in ((_PREVIEW, keep_drawn), (_COURSE, keep_courses)):
                    if name in beside:
                        keep(self._cache, self._media, table["content_hash"], beside[name].combine_chunks())
                self._cache.add_rows(self._kind, frame[~frame.index.duplicated(keep="last")])
                seen = {stamp: h for stamp, h in zip(stamps, frame.index, strict=True) if stamp}
                keys = pd.Index(list(seen), dtype=object)
                self._cache.add_rows("files", pd.DataFrame({"content_hash": list(seen.values())}, index=keys))
        self._waiting, self._n_waiting, self._flushed = [], 0, time.monotonic()

    def table(self) -> pa.Table:
        """Measurements of every item that was read, by its position ``at``."""
        import pyarrow as pa

        names = {"at": pa.int64(), "status": pa.string(), "content_hash": pa.string()}
        nothing = pa.table({name: pa.array([], kind) for name, kind in names.items()})
        done, self._done = self._done, []
        give_back()  # what was read and kept is joined next
        return pa.concat_tables([nothing, *done], promote_options="permissive")


@dataclass(frozen=True, slots=True)
class _Known:
    """Measurements from the cache and those that were read now, which come behind them.

    Attributes
    ----------
    kept : DataFrame
    read : dict of str to ChunkedArray
        A column is given away once: as objects it is three times as large.
    at : int64 array
        Places of what was read, in the order of its rows.
    last : int64 array
        For each row of both the last that has its content; itself where that is not known.
    """

    kept: pd.DataFrame
    read: dict[str, pa.ChunkedArray]
    at: npt.NDArray[np.int64]
    last: npt.NDArray[np.intp]

    @classmethod
    def of(cls, kept: pd.DataFrame, read: pa.Table) -> _Known:
        """From measurements by content hash and those that were read ``at`` places: nothing else should hold them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        told = pc.if_else(pc.equal(read["status"], "ok"), read["content_hash"], None)
        hashes = pa.chunked_array([pa.array(kept.index.tolist(), pa.large_string()), *told.cast("large_string").chunks])
        content = hashes.combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy()
        rows = np.arange(len(content))
        last = np.empty_like(rows)
        last[content] = rows  # of one content the last stays; the last place is no content's where a row has none
        columns = {name: read[name] for name in read.column_names if name != "at"} if len(read) else {}
        return cls(kept, columns, read["at"].to_numpy(), np.where(content < 0, rows, last[content]))

    @property
    def names(self) -> set[Any]:
        """Columns."""
        return {*self.kept.columns, *self.read}

    def column(self, name: str) -> npt.NDArray[Any]:
        """Values of all rows."""
        parts = [self.kept[name].to_numpy() if name in self.kept else np.full(len(self.kept), None, dtype=object)]
        parts.append(_values(self.read.pop(name)) if name in self.read else np.full(len(self.at), None, dtype=object))
        return np.concatenate([part for part in parts if len(part)] or parts[:1])


def _values(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Of a column; texts as objects, one for those that are the same."""
    import pyarrow as pa

    if not pa.types.is_string(column.type):
        return np.asarray(column.to_numpy())
    coded = column.combine_chunks().dictionary_encode()
    texts = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    return np.asarray(texts[coded.indices.fill_null(len(texts) - 1).to_numpy()])


def _assemble(
    items: pd.DataFrame,
    table: _Known,
    rows: npt.NDArray[np.intp],
    failed: Sequence[tuple[int, Mapping[Hashable, Any]]],
) -> pd.DataFrame:
    """From the row of each item, -1 for none, and what is told of those that failed."""
    import pandas as pd

    # no Series of uris: pandas' strings are UTF-8, and the name of a file may be none
    uris = items["uri"].tolist()
    known = table.names
    names = dict.fromkeys([*_FIRST, *sorted({*known, *(name for _, row in failed for name in row)})])
    columns: dict[str, pd.Series[Any]] = {}
    for name in names:
        values = _taken(table.column(name), rows) if name in known else np.full(len(items), None, dtype=object)
        if said := [(k, row[name]) for k, row in failed if name in row]:
            values = values.astype(object)
            values[[k for k, _ in said]] = np.fromiter((value for _, value in said), dtype=object, count=len(said))
        if values.dtype == object and (first := columns.get("content_hash")) is not None:
            hashes = first.to_numpy()
            same = np.flatnonzero(values == hashes)  # of a plain text all hashes are one, and held once
            values[same] = hashes[same]
        columns[name] = _column(values, items.index)
    columns["file_suffix"] = pd.Series(
        ["" if is_inline(uri) else os.path.splitext(file_of(uri))[1].lower() for uri in uris],  # noqa: PTH122
        index=items.index,
        dtype=object,
    )
    if "detected_type" in columns:
        # the cache knows contents; what depends on the name is told anew for every item
        kinds = zip(columns["file_suffix"], columns["detected_type"], strict=True)
        columns["suffix_fits"] = pd.Series([suffix_fits(s, k) for s, k in kinds], index=items.index, dtype=float)
    return pd.DataFrame(columns, index=items.index, copy=False)


def _taken(values: npt.NDArray[Any], rows: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """Those of these rows, float64 with NaN or objects with None; row -1 is none."""
    if not len(values):
        return np.full(len(rows), None, dtype=object)
    taken = values[rows].astype(np.float64 if values.dtype.kind in "iufb" else object)
    taken[rows < 0] = np.nan if taken.dtype.kind == "f" else None
    return taken


def _column(values: npt.NDArray[Any], index: pd.Index[str]) -> pd.Series[Any]:
    """Text as objects with None, numbers as float64 with NaN: the same whether cached or fresh."""
    import pandas as pd

    present = ~pd.isna(values)
    if values.dtype.kind != "f" or not present.any():
        texts = any(isinstance(v, str) for v in values[present]) or not present.any()
        nothing: Any = None if texts else np.nan
        values = np.where(present, values, nothing).astype(object if texts else np.float64)
    first = values[:1]
    if len(values) and (not present.any() or (present.all() and (values == first).all())):
        values = np.broadcast_to(first, len(values))  # what is the same throughout is held once
    return pd.Series(values, index=index, dtype=values.dtype, copy=False)


def _stamps(uris: Sequence[str], *, jobs: int | None, ask: bool) -> list[str | None]:
    """What stays the same while the bytes of each do; servers are asked from wherever items are read, for many at a
    time, and of what lies inside a file once for the file."""
    of = {uri: container_of(file_of(uri)) for uri in uris}
    files = dict.fromkeys(of.values())
    far = [file for file in files if ask and is_remote(file)]
    found: dict[str, tuple[object, ...] | None] = {file: None if is_remote(file) else _state_of(file) for file in files}
    batches = [far[k : k + _STAMPS_AT_ONCE] for k in range(0, len(far), _STAMPS_AT_ONCE)]
    told: list[tuple[object, ...] | None] = []
    for answer in map_batches(_states_of, batches, jobs=jobs, trusted=True):
        told += [None] if isinstance(answer, Crashed) else answer
    found |= dict(zip(far, told, strict=True))
    return [None if (state := found[of[uri]]) is None else _stamp(uri, state) for uri in uris]


def _states_of(batch: Sequence[str]) -> list[tuple[object, ...] | None]:
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(_state_of, batch))


def stamp_of(uri: str) -> str | None:
    """Path, size, times and inode, or what a server says of it: while they stay, so do the bytes."""
    state = _state_of(container_of(file_of(uri)))
    return None if state is None else _stamp(uri, state)


def _stamp(uri: str, state: tuple[object, ...]) -> str:
    return digest(uri if is_remote(uri) else uri.encode("utf-8", "surrogateescape"), *state)


def _state_of(file: str) -> tuple[object, ...] | None:
    if is_remote(file):
        return None if (state := remote_state(file)) is None else (state,)
    try:
        stat = os.stat(changing_part(file))  # noqa: PTH116 - a Path per item costs as much as the call
    except (OSError, ValueError):
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _size(uri: str) -> int:
    file = file_of(uri)
    if (member := member_of(file)) is not None:
        return member.size if member.sort == "bytes" else int(member.sort == "row")
    try:
        return os.stat(file).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return 0
