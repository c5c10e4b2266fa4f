"""Which items get how much of the page: media, then pictures, then a link, under a hard cap of bytes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dsaudit.media.base import Preview
    from dsaudit.media.previews import Previewer

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


def within_cap(
    render: Callable[[Shelf | None], bytes],
    order: Sequence[str],
    paths: Mapping[str, Path],
    *,
    previews: Previewer | None,
    cap_bytes: int,
    overhead: int = 64,
) -> bytes:
    """A page of a comparison with as many previews as fit.

    Parameters
    ----------
    render : callable
        Given the previews, or None: the page, UTF-8.
    order, paths, previews, overhead
        As for ``fill_shelf``; without ``previews`` or ``paths`` the page has none.
    cap_bytes : int
        Most bytes of the page.

    Raises
    ------
    ValueError
        Where the page does not fit even without them.

    Examples
    --------
    >>> within_cap(lambda shelf: b"<p>", [], {}, previews=None, cap_bytes=8_000)
    b'<p>'
    """
    bare = render(None)
    room = cap_bytes - len(bare) - 100 * len(order) - 1000
    if room < 0:
        raise ValueError(f"a comparison needs {len(bare):,} bytes, the cap is {cap_bytes:,}")
    if previews is None or not paths:
        return bare
    return render(fill_shelf(order, paths, previews=previews, budget=room, overhead=overhead))


def fill_shelf(
    order: Sequence[str],
    paths: Mapping[str, Path],
    *,
    previews: Previewer,
    budget: int,
    overhead: int = 64,
) -> Shelf:
    """Preview items in order of priority until the budget is spent.

    Parameters
    ----------
    order : sequence of str
        Item ids, the most important first.
    paths : mapping of item id to Path
    previews : Previewer
    budget : int
        Bytes that the blocks with ``overhead`` bytes of markup each may take; never exceeded.

    Returns
    -------
    Shelf
    """
    shelf = Shelf()
    todo = [i for i in order if i in paths][:_MAX_TRIES]

    def take(queue: Sequence[str], *, with_data: bool, limit: int) -> int:
        """Shelve until the next item does not fit; how many were dealt with."""
        start, size = 0, _FIRST_BATCH
        while start < len(queue):
            batch = queue[start : start + size]
            before = shelf.used
            made = previews([paths[i] for i in batch], with_data=with_data)
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
    fields = {"s": round(preview.length_s, 4), "m": preview.mime}
    for key, raw in (("t", preview.thumbnail), ("o", preview.outline), ("d", preview.data if with_data else b"")):
        if raw:
            fields[key] = base64.b64encode(raw).decode("ascii")
    return json.dumps(fields, separators=(",", ":")).replace("<", "\\u003c")
