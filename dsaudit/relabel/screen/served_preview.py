"""Previews for the screen: made ahead, kept in memory, and only ever of files that belong to the dataset."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import inline_text, inline_uri
from dsaudit.dataset.member import container_of
from dsaudit.dataset.remote import as_file, is_remote
from dsaudit.dataset.segment import file_and_segment, file_of, file_uri, segment_uri
from dsaudit.errors import DsauditError, ItemError
from dsaudit.media import kinds, media_for
from dsaudit.media.base import Preview
from dsaudit.media.file import identify
from dsaudit.media.previews import PreviewCache, preview_or_reason
from dsaudit.media.scan import NOT_READ
from dsaudit.relabel.queue.items import Items, items_of
from dsaudit.relabel.queue.words import Made

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsaudit.store.run import Run

_KEPT_BYTES = 96 * 2**20
_PATIENCE_S = 0.25
_LARGEST_ORIGINAL = 32 * 2**20


class OutsideError(DsauditError):
    """A file that is not one of the dataset's, whatever its name says."""


def _addresses(items: Items) -> Sequence[str]:
    """What opens each item, empty where nothing does; each is made when it is asked for."""
    uris, inline = items.column("uri"), items.column("text") if "text" in items else None

    def address(k: int) -> str:
        text = None if inline is None else inline[k]
        return (uris[k] or "") if text is None else inline_uri(text)

    return Made(len(items), address)


class Previews:
    """Previews by position of the item.

    Parameters
    ----------
    run : Run
    items : Items, optional
        All items of the run.
    follow_links : bool
        Whether files may be shown that symbolic links inside the dataset's folder lead out of it to.
    jobs : int
        Threads.
    """

    def __init__(self, run: Run, *, items: Items | None = None, follow_links: bool = False, jobs: int = 2) -> None:
        items = items_of(run) if items is None else items
        self._uris = _addresses(items)
        pool = [] if run.pool is None else [run.pool if run.pool.is_dir() else run.pool.parent]
        self._roots = [run.root, *pool]
        self._listed = run.meta.source != "folder"
        self._follow_links = follow_links
        self._media = media_for(run.kind.name)
        self._unread = _unread(items)
        self._hashes = items.column("content_hash")
        self._made_before = PreviewCache(self._media, run.cache)
        self._pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="preview")
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Preview | str] = OrderedDict()
        self._bytes = 0
        self._coming: dict[int, Future[Preview | str]] = {}
        # those of millions were drawn for the report alone
        recalled = () if items.many else self._hashes
        self._recalled = self._pool.submit(self._made_before.recall, recalled, with_data=True)

    def get(self, k: int) -> Preview | str:
        """The item's preview, or why there is none, in words; waits for it where it is still being made."""
        return self._ask(k).result()

    def original(self, k: int) -> tuple[bytes, str] | None:
        """The file itself and its type, where browsers show such files and the item is all of it; else None."""
        try:
            path = self.path(k)
            if file_of(path) != str(path) or inline_text(path) is not None:
                return None
            found = _original(path)
        except (DsauditError, OSError):
            return None
        return (found.data, found.mime) if found else None

    def many(self, ks: Iterable[int]) -> list[Preview | str]:
        """Previews of several items, made side by side."""
        return [future.result() for future in [self._ask(k) for k in ks]]

    def prefetch(self, ks: Iterable[int]) -> None:
        """Have previews made, without waiting for them."""
        for k in ks:
            self._ask(k)

    def close(self) -> None:
        """Make no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def path(self, k: int) -> Path:
        """The address of an item, links resolved; what holds a text itself stays as it is.

        Raises
        ------
        OutsideError
            It lies outside the dataset's folder and the dataset does not name it there.
        """
        if inline_text(self._uris[k]) is not None:  # no file at all
            return Path(self._uris[k])
        file, segment = file_and_segment(self._uris[k])
        if is_remote(file):  # what may be read there the person said, and no link leads out of it
            return Path(self._uris[k])
        real = self._real(Path(os.path.normpath(file)))
        return Path(file_uri(str(real)) if segment is None else segment_uri(str(real), segment))

    def _real(self, named: Path) -> Path:
        real = named.resolve()
        if any(real.is_relative_to(root.resolve()) for root in self._roots):
            return real
        if any(named.is_relative_to(root) for root in self._roots) or not self._listed:
            if self._follow_links:
                return real
            raise OutsideError(
                "a symbolic link leads out of the dataset's folder", hint="show such files with --follow-links"
            )
        if Path(container_of(named)).is_symlink() and not self._follow_links:
            raise OutsideError(
                "the manifest names a symbolic link outside its folder", hint="show such files with --follow-links"
            )
        return real

    def _ask(self, k: int) -> Future[Preview | str]:
        with self._lock:
            if k in self._kept:
                self._kept.move_to_end(k)
                done: Future[Preview | str] = Future()
                done.set_result(self._kept[k])
                return done
            if k not in self._coming:
                self._coming[k] = self._pool.submit(self._make, k)
            return self._coming[k]

    def _make(self, k: int) -> Preview | str:
        found = self._preview(k)
        with self._lock:
            self._coming.pop(k, None)
            self._kept[k] = found
            self._bytes += _size(found)
            while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return found

    def _remembered(self, key: str | None) -> Preview | None:
        """What the audit made; None as well while a large cache is still being read: making one is quicker then."""
        if not wait([self._recalled], timeout=_PATIENCE_S).done:
            return None
        self._recalled.result()
        return self._made_before.get(key, with_data=True)

    def _preview(self, k: int) -> Preview | str:
        try:
            path = self.path(k)
            known = self._hashes[k]
            if known and identify(path)["content_hash"] != known:
                return "the file has changed since the audit; run the audit again"
            if k in self._unread:  # what the audit could not read is not tried again in this process
                return _original(path) or self._unread[k]
            found = self._remembered(known) or preview_or_reason(self._media, True, path)
            return found if isinstance(found, Preview) else _original(path) or found
        except ItemError as error:
            return error.message
        except DsauditError as error:
            return f"{error.message} ({error.hint})"
        except Exception as error:  # one broken item never stops a review
            return f"{type(error).__name__}: {error}"


def _original(path: Path) -> Preview | None:
    """The file as it is, where a browser may be able to play what could not be decoded here."""
    found = identify(path)
    playable = {detected: mime for kind in kinds() for detected, mime in kind.playable.items()}
    mime = playable.get(str(found["detected_type"]))
    size = found["file_bytes"]
    if mime is None or not isinstance(size, int) or size > _LARGEST_ORIGINAL:
        return None
    with as_file(file_of(path)) as file:
        return replace(Preview(mime, b"", b""), data=file.read_bytes())


def _unread(items: Items) -> dict[int, str]:
    measured = items.table("measurements", ("status", "error"), [[("status", "not in", ["ok", NOT_READ])]])
    if "status" not in measured:
        return {}
    bad = measured.loc[~measured["status"].isin(["ok", NOT_READ])]
    position = items.positions(bad.index)
    reasons: list[Any] = list(bad["error"]) if "error" in bad else [None] * len(bad)
    return {
        int(k): reason if isinstance(reason, str) and reason else f"the audit could not read it ({status})"
        for k, reason, status in zip(position, reasons, bad["status"], strict=True)
        if k >= 0
    }


def _size(found: Preview | str) -> int:
    return 200 + (0 if isinstance(found, str) else len(found.data) + len(found.thumbnail) + len(found.outline))
