"""Previews of many items: remembered by content, else made in worker processes."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.dataset.inline import hashes_of, is_inline
from dsaudit.engine.local import Crashed
from dsaudit.engine.mapping import map_items
from dsaudit.errors import ItemError, StoreError
from dsaudit.media import kinds, media_for
from dsaudit.media.base import Preview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pyarrow as pa

    from dsaudit.media.base import Media
    from dsaudit.store.cache import Cache
    from dsaudit.store.run import Run

_SAVE_EVERY = 1024
PREVIEW_FIELDS = ("mime", "data", "thumbnail", "outline", "length_s")
"""Columns of the cache, which are a ``Preview``'s."""


def preview_or_reason(media: Media, with_data: bool, path: Path) -> Preview | str:
    """Preview of a file, or the sentence why there is none. Made for worker processes."""
    try:
        return media.preview(path, with_data=with_data)
    except ItemError as error:
        return error.message
    except Exception as error:  # one broken item never stops a report
        return f"{type(error).__name__}: {error}"


def text_shown(media: Media, uri: str) -> str | None:
    """The text of an item without a file as people are shown it; None where it cannot be read."""
    made = preview_or_reason(media, True, Path(uri))
    return None if isinstance(made, str) else made.data.decode("utf-8", "replace")


def kind_of(media: Media, *, with_data: bool) -> str:
    """Where the cache keeps previews, by content hash; ``with_data`` says whether they can be played or only seen."""
    return f"{media.modality}-preview-{'full' if with_data else 'pictures'}-{media.measure_version}"


def keep_drawn(cache: Cache, media: Media, content_hashes: pa.ChunkedArray, previews: pa.StructArray) -> None:
    """Add previews that were drawn while measuring, null where there is none, to the cache."""
    import pandas as pd

    there = previews.is_valid()
    keys = pd.Index(content_hashes.filter(there).to_pylist(), dtype=object)
    drawn = previews.filter(there)
    table = pd.DataFrame({f: drawn.field(f).to_pandas().to_numpy(dtype=object) for f in PREVIEW_FIELDS}, index=keys)
    table["length_s"] = table["length_s"].astype(float)
    cache.add_rows(kind_of(media, with_data=True), table[~table.index.duplicated()])


class PreviewCache:
    """Previews by content hash, those with the item itself (``with_data``) apart from mere pictures.

    Only what was asked for is held in memory.

    Parameters
    ----------
    media : Media
    cache : Cache, optional
        Nothing outlasts this object without one.
    """

    def __init__(self, media: Media, cache: Cache | None = None) -> None:
        self._media = media
        self._cache = cache
        self._asked: dict[bool, set[str]] = {True: set(), False: set()}
        self._known: dict[bool, dict[str, Preview]] = {True: {}, False: {}}
        self._unsaved: dict[bool, dict[str, Preview]] = {True: {}, False: {}}

    def recall(self, keys: Iterable[str | None], *, with_data: bool) -> None:
        """Read from the cache, in one go, what it holds of these contents."""
        wanted = {key for key in keys if key} - self._asked[with_data]
        self._asked[with_data] |= wanted
        if self._cache and wanted:
            rows = self._cache.rows(kind_of(self._media, with_data=with_data), keys=wanted)
            for key, *fields in zip(rows.index, *(rows[f] for f in PREVIEW_FIELDS if len(rows)), strict=True):
                self._known[with_data].setdefault(str(key), Preview(*fields))

    def get(self, key: str | None, *, with_data: bool) -> Preview | None:
        """What was added or recalled; a picture also of what was kept with its data."""
        found = self._known[with_data].get(key) if key else None
        if found is None and key and not with_data:
            whole = self._known[True].get(key)
            found = replace(whole, data=b"") if whole and whole.thumbnail else None
        return found

    def add(self, previews: Mapping[str, Preview], *, with_data: bool) -> None:
        """Remember previews by content hash; they are written a thousand at a time, the last by ``save``."""
        self._known[with_data].update(previews)
        self._unsaved[with_data].update(previews)
        if len(self._unsaved[with_data]) >= _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Write what is new to the cache; where that cannot be written, it will be made again."""
        import pandas as pd

        for with_data, previews in self._unsaved.items():
            if previews and self._cache:
                rows = {key: {f: getattr(v, f) for f in PREVIEW_FIELDS} for key, v in previews.items()}
                with contextlib.suppress(StoreError):
                    self._cache.add_rows(
                        kind_of(self._media, with_data=with_data), pd.DataFrame.from_dict(rows, orient="index")
                    )
            previews.clear()


class Previewer:
    """Makes previews in parallel and remembers them by content.

    Parameters
    ----------
    media : Media
    cache : Cache, optional
        Nothing is kept without one.
    hashes : callable
        Content hashes of some addresses; what has none is previewed but not kept.
    jobs : int, optional
        Worker processes; all processors by default.
    progress : callable, optional
        Called with the number of previews just done.
    """

    def __init__(
        self,
        media: Media,
        *,
        cache: Cache | None = None,
        hashes: Callable[[Sequence[str]], Mapping[str, str | None]] = lambda uris: {},
        jobs: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._media = media
        self._kept = PreviewCache(media, cache)
        self._hashes = hashes
        self._jobs = jobs
        self._progress = progress or (lambda n: None)

    @classmethod
    def of(
        cls, run: Run, *others: Run, jobs: int | None = None, progress: Callable[[int], None] | None = None
    ) -> Previewer | None:
        """For the items of a run, and of others on the same kind of data, with the cache of its results.

        None where that kind is not installed.
        """
        if run.kind.name not in {kind.name for kind in kinds()}:
            return None
        media = media_for(run.kind.name)
        hashes = partial(hashes_of, [one.items for one in (run, *others)])
        return cls(media, cache=run.cache, hashes=hashes, jobs=jobs, progress=progress)

    def __call__(self, paths: Sequence[Path], *, with_data: bool) -> list[Preview | str]:
        """One preview per path, in order, or the sentence why there is none."""
        hashes = self._hashes([str(p) for p in paths])
        keys = [hashes.get(str(p)) for p in paths]
        self._kept.recall(keys, with_data=with_data)
        found: dict[Path, Preview | str] = {}
        for path, key in zip(paths, keys, strict=True):
            if (known := self._kept.get(key, with_data=with_data)) is not None:
                found[path] = known
        todo = [p for p in paths if p not in found]
        draw = partial(preview_or_reason, self._media, with_data)
        texts = all(is_inline(str(path)) for path in todo)
        made = map_items(draw, todo, jobs=self._jobs, batch_size=16, trusted=texts)
        for path, result in zip(todo, made, strict=True):
            found[path] = "its decoder crashed on it" if isinstance(result, Crashed) else result
        fresh = ((hashes.get(str(p)), found[p]) for p in todo)
        self._kept.add({k: v for k, v in fresh if k and isinstance(v, Preview)}, with_data=with_data)
        self._progress(len(paths))
        return [found[p] for p in paths]

    def save(self) -> None:
        """Write what is new to the cache."""
        self._kept.save()
