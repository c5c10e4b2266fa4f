"""Measure every item once: in parallel, from the cache where its bytes are known, whatever breaks."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.dataset.inline import is_inline
from dsaudit.engine.local import Crashed, map_items
from dsaudit.errors import ItemError
from dsaudit.media.file import identify, suffix_fits
from dsaudit.store.files import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.media.base import Measured, Media
    from dsaudit.rule import Measure
    from dsaudit.store.cache import Cache

_FIRST = ("status", "error", "content_hash", "file_suffix")
_CRASHED: Measured = {"status": "unreadable", "error": "its decoder crashed on it"}
_FLUSH_ITEMS = 4096
_FLUSH_S = 20.0
_FILES_AT_ONCE, _CELLS_AT_ONCE = 32, 1024
"""Items sent to a worker at a time: a cell of a manifest is measured in less time than it takes to send."""


def measure_items(
    items: pd.DataFrame,
    media: Media,
    *,
    cache: Cache,
    extra: tuple[Measure, ...] = (),
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Measurements of every item.

    Parameters
    ----------
    items : DataFrame, index ``item_id``, column ``uri``
    media : Media
    cache : Cache
        Measurements are kept by content hash; a file whose size and modification time are known is
        not even opened. Cells of a manifest are measured in less time than it takes to look them up.
    extra : tuple of Measure
        Raw numbers that rules add to the decode.
    jobs : int, optional
        Worker processes; all processors by default.
    progress : callable, optional
        Called with the number of items just done.

    Returns
    -------
    DataFrame in the order of ``items``
        ``status`` (``ok``, ``missing``, ``empty``, ``unreadable`` or ``no-decoder``), ``error`` (str or
        None), ``content_hash``, ``file_suffix`` and the media's columns; NaN where not measured.
    """
    import pandas as pd

    tick = progress or (lambda n: None)
    kind = f"{media.modality}-measurements-{media.measure_version}"
    if extra:
        kind += "-" + digest(*sorted(f"{m.name} {m.version}" for m in extra))[:8]
    uris = items["uri"].unique()
    cells = bool(len(uris)) and is_inline(uris[0])  # a manifest has a column of texts or one of paths
    nothing = pd.DataFrame(index=pd.Index([], dtype=object))
    known, index = (nothing, nothing) if cells else (cache.rows(kind), cache.rows("files"))
    hashes: dict[str, str] = dict(index["content_hash"]) if len(index) else {}
    stamps = {uri: None if cells else stamp_of(uri) for uri in uris}
    by_uri: dict[str, str] = {
        uri: h for uri, stamp in stamps.items() if stamp and (h := hashes.get(stamp)) and h in known.index
    }
    tick(len(by_uri))

    todo = [uri for uri in stamps if uri not in by_uri]
    failed: dict[str, Measured] = {}
    fresh: dict[str, Measured] = {}
    done: list[pd.DataFrame] = []
    flushed = time.monotonic()

    def flush() -> None:
        nonlocal flushed
        if fresh:
            table = pd.DataFrame.from_dict({str(row["content_hash"]): row for row in fresh.values()}, orient="index")
            done.append(table)
            if not cells:
                cache.add_rows(kind, table)
                seen = {stamp: str(row["content_hash"]) for uri, row in fresh.items() if (stamp := stamps[uri])}
                keys = pd.Index(list(seen), dtype=object)
                cache.add_rows("files", pd.DataFrame({"content_hash": list(seen.values())}, index=keys))
            fresh.clear()
        flushed = time.monotonic()

    at_once = _CELLS_AT_ONCE if cells else _FILES_AT_ONCE
    measured = map_items(partial(_measure_one, media, extra), todo, jobs=jobs, chunk_size=at_once)
    try:
        for uri, outcome in zip(todo, measured, strict=True):
            row: Measured = _CRASHED if isinstance(outcome, Crashed) else outcome
            if row["status"] == "ok":
                fresh[uri] = row
                by_uri[uri] = str(row["content_hash"])
            else:
                failed[uri] = row
            tick(1)
            if len(fresh) >= _FLUSH_ITEMS or time.monotonic() - flushed > _FLUSH_S:
                flush()
    finally:  # an interrupted run keeps what it has
        flush()
    table = pd.concat([t for t in (known, *done) if len(t)]) if len(known) or done else known
    return _assemble(items, table, by_uri, failed)


def _assemble(
    items: pd.DataFrame, table: pd.DataFrame, by_uri: dict[str, str], failed: dict[str, Measured]
) -> pd.DataFrame:
    import pandas as pd

    # no Series of uris: pandas' strings are UTF-8, and the name of a file may be none
    table = table[~table.index.duplicated(keep="last")]
    known = table.reindex([by_uri.get(uri) for uri in items["uri"]])
    rows = [failed.get(uri, {}) for uri in items["uri"]]
    names = dict.fromkeys([*_FIRST, *sorted({*known.columns, *(c for row in failed.values() for c in row)})])
    columns = {}
    for name in names:
        values = known[name].to_numpy(dtype=object) if name in known else np.full(len(items), None, dtype=object)
        if failed:
            values = np.array([r.get(name, v) for r, v in zip(rows, values, strict=True)] or [], dtype=object)
        columns[name] = _column(values, items.index)
    columns["file_suffix"] = pd.Series(
        ["" if is_inline(uri) else Path(uri).suffix.lower() for uri in items["uri"]], index=items.index, dtype=object
    )
    if "detected_type" in columns:
        # the cache knows contents; what depends on the name is told anew for every item
        kinds = zip(columns["file_suffix"], columns["detected_type"], strict=True)
        columns["suffix_fits"] = pd.Series([suffix_fits(s, k) for s, k in kinds], index=items.index, dtype=float)
    return pd.DataFrame(columns, index=items.index)


def _column(values: npt.NDArray[np.object_], index: pd.Index[str]) -> pd.Series[Any]:
    """Text as objects with None, numbers as float64 with NaN: the same whether cached or fresh."""
    import pandas as pd

    present = ~pd.isna(values)
    if present.any() and not any(isinstance(v, str) for v in values[present]):
        return pd.Series(np.where(present, values, np.nan).astype(np.float64), index=index)
    text = np.full(len(values), None, dtype=object)
    text[present] = values[present]
    return pd.Series(text, index=index, dtype=object)


def stamp_of(uri: str) -> str | None:
    """Path, size, times and inode: while they stay, so do the bytes."""
    try:
        stat = os.stat(uri)  # noqa: PTH116 - a Path per item costs as much as the call
    except (OSError, ValueError):
        return None
    return digest(uri.encode("utf-8", "surrogateescape"), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def _measure_one(media: Media, extra: tuple[Measure, ...], uri: str) -> Measured:
    path = Path(uri)
    row: Measured
    try:
        row = media.measure(path, extra)
    except ItemError as error:
        row = {"status": error.status, "error": error.message}
    except Exception as error:  # one broken item never stops a run
        row = {"status": "unreadable", "error": f"{type(error).__name__}: {error}"}
    else:
        return {**row, "status": "ok", "error": None}
    try:
        return identify(path) | row
    except (OSError, ItemError):
        return row
