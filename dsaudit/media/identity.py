"""Which bytes every file of a dataset holds now, without decoding any."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.dataset.inline import is_inline
from dsaudit.errors import ItemError
from dsaudit.media.file import identify
from dsaudit.media.scan import stamp_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsaudit.store.cache import Cache

_THREADS = 8


def content_hashes(
    uris: Iterable[str], *, cache: Cache, progress: Callable[[int], None] | None = None
) -> dict[str, str | None]:
    """Content hash of every file, None for one that is missing, empty or unreadable.

    A file that an audit has measured and that was not touched since is not opened: ``cache`` knows it.

    Parameters
    ----------
    uris : iterable of str
    cache : Cache
        Only read.
    progress : callable, optional
        Called with the number of files just done.
    """
    tick = progress or (lambda n: None)
    index = cache.rows("files")
    known: dict[str, str] = dict(index["content_hash"]) if len(index) else {}
    found: dict[str, str | None] = {}
    todo = []
    for uri in dict.fromkeys(uris):
        if is_inline(uri):
            todo.append(uri)
        elif (stamp := stamp_of(uri)) is None:
            found[uri] = None
        elif stamp in known:
            found[uri] = known[stamp]
        else:
            todo.append(uri)
    tick(len(found))
    with ThreadPoolExecutor(_THREADS) as threads:
        for uri, content_hash in zip(todo, threads.map(_hash, todo), strict=True):
            found[uri] = content_hash
            tick(1)
    return found


def _hash(uri: str) -> str | None:
    try:
        return str(identify(Path(uri))["content_hash"])
    except ItemError:
        return None
