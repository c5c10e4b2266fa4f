"""Label tracks for Audacity: where each item starts and ends in its file, and what was found there.

Format: https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from dsaudit.dataset.audacity import SUFFIX
from dsaudit.dataset.crop import Crop
from dsaudit.dataset.names import counted
from dsaudit.dataset.segment import file_and_segment
from dsaudit.dataset.segment_columns import extent_of
from dsaudit.errors import UsageError
from dsaudit.relabel.cells import written_out
from dsaudit.relabel.exchange.hub import new_folder
from dsaudit.relabel.exchange.outgoing import Written, own_file

if TYPE_CHECKING:
    from dsaudit.dataset.segment_columns import Extent
    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "audacity", True
_FOUND = ".findings.txt"


def write(out: Outgoing) -> Written:
    """A folder with a track of labels for each file, and one of findings where there are some.

    Raises
    ------
    UsageError
        The items have no beginning and end in time.
    """
    extent = extent_of(out.kind)
    if extent is None:
        raise UsageError(f"{out.kind.nouns.many} have no beginning and end in time", hint="Audacity's labels have")
    found = out.run.findings
    said: dict[str, list[str]] = defaultdict(list)
    for scope, subject, rule, message in zip(*(found[c] for c in ("scope", "subject", "name", "message")), strict=True):
        if scope == "item" and not out.blind:
            said[subject].append(f"{rule}: {message}")
    tracks: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    lost: list[str] = []
    for item in out.items:
        path = own_file(item.uri)
        span = _span(item.uri, extent)
        if span is None:
            lost.append(item.item_id)
            continue
        name = os.path.relpath(path, out.run.root).replace(os.sep, "/")
        name = path.rpartition("/")[2] if name.startswith("..") else name
        tracks[name + SUFFIX].append((*span, item.item_id if out.blind else item.label or ""))
        for text in said.get(item.item_id, ()):
            tracks[name + _FOUND].append((*span, text))
    with new_folder(out) as folder:
        for name, lines in tracks.items():
            text = "".join(f"{start:.6f}\t{end:.6f}\t{written_out(words)}\n" for start, end, words in sorted(lines))
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    told = [f"{len(out.items) - len(lost):,} items  {out.path}, {counted(len(tracks), 'track')}"]
    if lost:
        told.append(f"left out   {counted(len(lost), 'item')} whose length nothing tells, such as {lost[0]}")
    root = out.run.root
    return Written(
        [
            *told,
            "load       Audacity: File, Import, Labels",
            f"then       dsaudit audit {out.path} --root {root} --modality {out.kind.name}     once saved there",
        ]
    )


def _span(uri: str, extent: Extent) -> tuple[float, float] | None:
    """Start and end in seconds; None where they cannot be told."""
    path, segment = file_and_segment(uri)
    if isinstance(segment, Crop) or (segment is not None and segment.fault):
        return None
    if segment is not None and segment.unit == "s" and segment.end is not None:
        return segment.start, segment.end
    try:
        told = extent(path)
    except OSError:
        told = None
    if told is None:
        return None
    length_s, rate_hz = told
    scale = 1.0 if segment is None or segment.unit == "s" else 1.0 / rate_hz
    start = 0.0 if segment is None else segment.start * scale
    return start, length_s if segment is None or segment.end is None else segment.end * scale
