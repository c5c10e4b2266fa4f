"""Which items get how much of the page: media, then pictures, then a link, under a hard cap of bytes."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from dsaudit.media.previews import preview_or_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dsaudit.media.base import Media, Preview


class MapPreviews(Protocol):
    """Previews of many files at once, in order; a sentence where there is none. ``media.previews.Previewer`` is one."""

    def __call__(self, paths: Sequence[Path], *, with_data: bool) -> Sequence[Preview | str]: ...  # noqa: D102


_FIRST_BATCH, _MAX_BATCH = 64, 2_048
"""After the first batch the next is as large as the budget is likely to hold: starting workers costs time."""
_FULL_SHARE = 0.7
"""Part of the budget for playable items before pictures are tried; the rest buys pictures, then more sound."""
_MAX_TRIES = 6_000


@dataclass(slots=True)
class Shelf:
    """Encoded previews that fit.

    Attributes
    ----------
    blocks : dict of item id to str
        JSON for one ``<script>`` block: mime, data, thumbnail, outline (base64) and duration.
    failed : dict of item id to str
        Items tried in vain, and why.
    n_full, n_pictures : int
        Items with everything, and with pictures only.
    used : int
        Bytes taken from the budget.
    """

    blocks: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    n_full: int = 0
    n_pictures: int = 0
    used: int = 0


def fill_shelf(
    order: Sequence[str],
    paths: Mapping[str, Path],
    *,
    media: Media,
    budget: int,
    overhead: int = 64,
    jobs: int = 1,
    previews: MapPreviews | None = None,
) -> Shelf:
    """Preview items in order of priority until the budget is spent.

    Parameters
    ----------
    order : sequence of str
        Item ids, the most important first.
    paths : mapping of item id to Path
    media : Media
    budget : int
        Bytes that the blocks with ``overhead`` bytes of markup each may take; never exceeded.
    jobs : int
        Threads, where ``previews`` is not given.
    previews : callable, optional
        Where many previews are made at once, such as ``dsaudit.media.previews.Previewer``.

    Returns
    -------
    Shelf
    """
    shelf = Shelf()
    todo = [i for i in order if i in paths][:_MAX_TRIES]
    run_map = previews or partial(_map_threads, media, jobs)

    def take(queue: Sequence[str], *, with_data: bool, limit: int) -> int:
        """Shelve until the next item does not fit; how many were dealt with."""
        start, size = 0, _FIRST_BATCH
        while start < len(queue):
            batch = queue[start : start + size]
            before = shelf.used
            made = run_map([paths[i] for i in batch], with_data=with_data)
            for k, (item, preview) in enumerate(zip(batch, made, strict=True)):
                if isinstance(preview, str):
                    shelf.failed[item] = preview
                    continue
                block = encode(preview, with_data=with_data)
                cost = len(block) - len(shelf.blocks[item]) if item in shelf.blocks else len(block) + overhead
                if shelf.used + cost > limit:
                    return start + k
                shelf.blocks[item] = block
                shelf.used += cost
                shelf.n_full += with_data
                shelf.n_pictures += not with_data
            start += len(batch)
            mean = max(1.0, (shelf.used - before) / len(batch))
            size = min(_MAX_BATCH, int((limit - shelf.used) / mean) + 8)
        return len(queue)

    n_full = take(todo, with_data=True, limit=int(budget * _FULL_SHARE))
    take(todo[n_full:], with_data=False, limit=budget)
    upgrades = [i for i in todo[n_full:] if i in shelf.blocks]
    shelf.n_pictures -= take(upgrades, with_data=True, limit=budget)
    return shelf


def encode(preview: Preview, *, with_data: bool) -> str:
    """A preview as the JSON of its block; base64 holds no ``<``, so it is safe inside a script element."""
    fields = {"s": round(preview.duration_s, 4), "m": preview.mime}
    for key, raw in (("t", preview.thumbnail), ("o", preview.outline), ("d", preview.data if with_data else b"")):
        if raw:
            fields[key] = base64.b64encode(raw).decode("ascii")
    return json.dumps(fields, separators=(",", ":")).replace("<", "\\u003c")


def _map_threads(media: Media, jobs: int, paths: Sequence[Path], *, with_data: bool) -> list[Preview | str]:
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(partial(preview_or_reason, media, with_data), paths))
