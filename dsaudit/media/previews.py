"""Previews of many items: from the cache where the bytes are known, else made in worker processes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dsaudit.engine.local import Crashed, map_items
from dsaudit.errors import ItemError
from dsaudit.media.base import Preview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dsaudit.media.base import Media
    from dsaudit.store.cache import Cache

_SAVE_EVERY = 1024
_FIELDS = ("mime", "data", "thumbnail", "outline", "duration_s")


def preview_or_reason(media: Media, with_data: bool, path: Path) -> Preview | str:
    """Preview of a file, or the sentence why there is none. Made for worker processes."""
    try:
        return media.preview(path, with_data=with_data)
    except ItemError as error:
        return error.message
    except Exception as error:  # one broken item never stops a report
        return f"{type(error).__name__}: {error}"


class Previewer:
    """Makes previews in parallel and remembers them by content.

    Parameters
    ----------
    media : Media
    cache : Cache, optional
        Nothing is kept without one.
    hashes : mapping of uri to content hash
        Paths without one are previewed but not kept.
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
        hashes: Mapping[str, str | None] | None = None,
        jobs: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self._media = media
        self._cache = cache
        self._hashes = hashes or {}
        self._jobs = jobs
        self._progress = progress or (lambda n: None)
        self._kept: dict[bool, dict[str, Preview]] = {}
        self._unsaved: dict[bool, dict[str, Preview]] = {True: {}, False: {}}

    def __call__(self, paths: Sequence[Path], *, with_data: bool) -> list[Preview | str]:
        """One preview per path, in order, or the sentence why there is none."""
        kept = self._load(with_data)
        keys = [self._hashes.get(str(p)) for p in paths]
        todo = [p for p, key in zip(paths, keys, strict=True) if key not in kept]
        made = map_items(partial(preview_or_reason, self._media, with_data), todo, jobs=self._jobs, chunk_size=16)
        fresh: dict[Path, Preview | str] = {
            path: "its decoder crashed on it" if isinstance(result, Crashed) else result
            for path, result in zip(todo, made, strict=True)
        }
        self._keep({self._hashes.get(str(p)): v for p, v in fresh.items()}, with_data=with_data)
        self._progress(len(paths))
        return [kept[key] if key in kept else fresh[p] for p, key in zip(paths, keys, strict=True)]

    def _kind(self, with_data: bool) -> str:
        which = "full" if with_data else "pictures"
        return f"{self._media.modality}-previews-{which}-{self._media.measure_version}"

    def _load(self, with_data: bool) -> dict[str, Preview]:
        if with_data not in self._kept:
            rows = self._cache.rows(self._kind(with_data)).to_dict("index") if self._cache else {}
            self._kept[with_data] = {str(k): Preview(*(row[f] for f in _FIELDS)) for k, row in rows.items()}
        return self._kept[with_data]

    def _keep(self, fresh: Mapping[str | None, Preview | str], *, with_data: bool) -> None:
        good = {key: v for key, v in fresh.items() if key and isinstance(v, Preview)}
        self._kept[with_data] |= good
        self._unsaved[with_data] |= good
        if len(self._unsaved[with_data]) >= _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Write what is new to the cache."""
        import pandas as pd

        for with_data, previews in self._unsaved.items():
            if previews and self._cache:
                rows = {key: {f: getattr(v, f) for f in _FIELDS} for key, v in previews.items()}
                self._cache.add_rows(self._kind(with_data), pd.DataFrame.from_dict(rows, orient="index"))
            previews.clear()
