"""Columns of a manifest by which a row is a stretch of its file: start and end, or offset and duration."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Literal

from dsaudit.dataset.names import counted
from dsaudit.dataset.segment import Segment, file_of, segment_uri
from dsaudit.errors import DatasetError
from dsaudit.kind import named

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from dsaudit.dataset.rows import Rows
    from dsaudit.kind import Kind

    Extent = Callable[[str], tuple[float, int] | None]
    """Length of a file in seconds and its sample rate, from its header; None where that does not tell."""

Part = Literal["start", "offset", "end", "duration"]

_NAMES: dict[Part, tuple[str, ...]] = {
    "start": ("start", "begin", "beginning", "onset", "from", "t0", "tmin", "xmin"),
    "end": ("end", "stop", "until", "to", "t1", "tmax", "xmax"),
    "duration": ("duration", "dur", "length"),
    "offset": ("offset",),
}
_PARTS = {word: part for part, words in _NAMES.items() for word in words}
_UNITS = (
    dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s")
    | dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), "ms")
    | dict.fromkeys(("sample", "samples"), "samples")
)
_BESIDE = frozenset({"time", "timestamp", "segment", "seg", "clip", "chunk", "utterance", "utt", "event", "at"})
"""Words that may stand in such a name and change nothing."""
_WHOLE_NAMES: dict[str, tuple[Part, str]] = {
    "frame_offset": ("offset", "samples"),
    "num_frames": ("duration", "samples"),
}
"""As torchaudio calls its samples."""
_PAIRS: tuple[tuple[Part, Part], ...] = (
    ("start", "end"),
    ("start", "duration"),
    ("start", "offset"),
    ("offset", "duration"),
    ("offset", "end"),
)
"""What together makes a stretch; beside an onset, an offset is where it ends."""
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")
_LOOKED_INTO = 50
_TOLERANCE_S = 0.05
"""Durations in manifests are rounded, and headers of compressed files are not exact."""
_LATEST = 1e10
_YEARS = range(1800, 2101)
_OPEN = -1.0
"""What many write for an end that is that of the file."""
_EMPTY = frozenset({"none", "null", "na", "n/a", "-"})
_WORDS = {"s": "seconds", "ms": "milliseconds", "samples": "samples"}


@dataclass(frozen=True, slots=True)
class SegmentColumns:
    """Where the stretch of a row starts, and where it ends or how long it is.

    Attributes
    ----------
    start, end : str
        Names of the columns; ``end`` holds lengths where ``is_length``.
    units : pair of str
        ``s``, ``ms``, ``samples``, or empty where the names do not say.
    is_length : bool
    is_asked : bool
        Whether a user named them.
    """

    start: str
    end: str
    units: tuple[str, str]
    is_length: bool
    is_asked: bool = False

    @property
    def named(self) -> str:
        """Both, for messages."""
        return f"{self.start!r} and {self.end!r}"


def segment_columns(columns: Sequence[str], *, taken: Collection[str | None] = ()) -> SegmentColumns | None:
    """The two columns that say which stretch of its file a row is; None where there are no two.

    A duration alone says how long a file is. Of several pairs, the one in seconds is meant.

    Examples
    --------
    >>> segment_columns(["audio_filepath", "offset", "duration", "text"])
    SegmentColumns(start='offset', end='duration', units=('', ''), is_length=True, is_asked=False)
    >>> segment_columns(["filename", "onset", "offset", "event_label"]).is_length
    False
    >>> segment_columns(["path", "duration"])
    """
    parts = [(name, *found) for name in columns if name not in taken and (found := _part(name))]
    for wanted in (("s",), ("",), ("ms",), ("samples",), ("s", "", "ms")):
        named: dict[Part, tuple[str, str]] = {}
        for name, part, unit in parts:
            if unit in wanted:
                named.setdefault(part, (name, unit))
        for first, second in _PAIRS:
            if first in named and second in named:
                (start, unit), (end, end_unit) = named[first], named[second]
                return SegmentColumns(start, end, (unit or end_unit, end_unit or unit), second == "duration")
    return None


def _part(column: str) -> tuple[Part, str] | None:
    spelled = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).casefold()
    words = re.findall(r"[a-z]+[01]?", spelled)
    if (whole := _WHOLE_NAMES.get("_".join(words))) is not None:
        return whole
    units = [_UNITS[word] for word in words if word in _UNITS]
    rest = [word for word in words if word not in _UNITS and word not in _BESIDE]
    part = _PARTS.get(rest[0]) if len(rest) == 1 else None
    return None if part is None or len(units) > 1 else (part, units[0] if units else "")


def named_columns(text: str, columns: Sequence[str], *, where: str) -> SegmentColumns | None:
    """The two columns that a user names, ``START,END``; None for ``none``. The unit is in their names.

    Raises
    ------
    DatasetError
        Not two columns that exist.
    """
    if text.strip().casefold() == "none":
        return None
    for k, character in enumerate(text):
        start, end = text[:k].strip(), text[k + 1 :].strip()
        if character == "," and start in columns and end in columns:
            part, unit = _part(end) or ("end", "")
            first = (_part(start) or ("start", ""))[1]
            return SegmentColumns(start, end, (first or unit, unit or first), part == "duration", is_asked=True)
    raise DatasetError(
        f"{where} has no two columns {text!r}", hint="give them as --segment-columns START,END, or none for whole files"
    )


def extent_of(kind: Kind) -> Extent | None:
    """What tells the lengths of files of that kind, imported with the first; None where items are whole files."""
    return partial(_extent, kind.extent) if kind.extent else None


def _extent(place: str, path: str) -> tuple[float, int] | None:
    found: tuple[float, int] | None = named(place)(path)
    return found


def add_segments(
    rows: Rows,
    columns: SegmentColumns,
    cells: tuple[Sequence[str | None], Sequence[str | None]],
    extent: Extent | None,
) -> None:
    """Make the items of ``rows`` the stretches of their files that the cells of ``columns`` say.

    An empty start is 0 and an empty end that of the file, as is -1; without both, and where a stretch is as long as
    its file, the item is the file. What cannot be is kept, for whoever opens the item to tell. Where names do not say
    the unit, the lengths of the files do.

    Parameters
    ----------
    rows : Rows
        With ids and uris of whole files; these are changed, and notes are added.
    columns : SegmentColumns
    cells : pair of sequences of (str or None)
        Of its two columns.
    extent : callable, optional
        None where this kind of item is never a stretch.
    """
    if extent is None:
        _leave(rows, columns, "items of this kind are whole files")
        return
    spans = list(zip(*([_number(cell) for cell in column] for column in cells), strict=True))
    given = [x for span in spans for x in span if x is not None]
    if not given:
        _ignore(rows, columns, "it is empty: items are whole files")
        return
    if 2 * sum(map(math.isnan, given)) >= len(given):
        _leave(rows, columns, "they hold no times")
        return
    untold = not any(columns.units) and not columns.is_length and not columns.is_asked
    if untold and all(x in _YEARS for x in given):
        _leave(rows, columns, f"they hold years; --segment-columns {columns.start},{columns.end} says otherwise")
        return
    files = _Files([file_of(uri) for uri in rows.uris], extent)
    segments: list[Segment | None] = []
    unit = ""
    for unit in [columns.units[0]] if all(columns.units) else ["s", "ms", "samples", "s"]:
        units = columns.units if all(columns.units) else (unit, unit)
        segments = [_segment(span, units, is_length=columns.is_length) for span in spans]
        share = files.share(segments, _is_cut, once=True)
        if share >= 0.9:
            _leave(rows, columns, "they say where the files were cut from: these are as long as the stretches")
            return
        if unit == "s" and 0 <= files.share(segments, _is_far) < 0.05:
            break
        if not 0 <= files.share(segments, _is_inside) < (0.5 if unit == "s" else 0.95):
            break
    whole = {k for k, segment in enumerate(segments) if segment is None or files.is_whole(k, segment)}
    for k, segment in enumerate(segments):
        if segment is not None and k not in whole:
            written = "-".join((column[k] or "").strip() for column in cells)  # what is no time is told as it stands
            rows.ids[k] = f"{rows.ids[k]}#{written if segment.is_unread else segment}"
            rows.uris[k] = segment_uri(files.paths[k], segment)
    _tell(rows, columns, segments, whole, unit)


def _number(cell: str | None) -> float | None:
    """None for an empty cell, NaN for one that holds no time."""
    if cell is None:
        return None
    text = cell.strip().casefold()
    if (clock := _CLOCK.fullmatch(text)) is not None:
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 else text)
    except ValueError:
        return None if text in _EMPTY else math.nan
    return None if math.isnan(number) else number if abs(number) < _LATEST else math.nan


def _segment(span: tuple[float | None, float | None], units: tuple[str, str], *, is_length: bool) -> Segment | None:
    """None for the whole file."""
    first, second = (
        None if x is None or (x == _OPEN and k) else x / 1e3 if unit == "ms" else x
        for k, (x, unit) in enumerate(zip(span, units, strict=True))
    )
    if second is None and (first is None or span[0] == _OPEN):
        return None
    start = first or 0.0
    end = None if second is None else start + second if is_length else second
    if end is None and start == 0:
        return None
    return Segment(round(start, 6), None if end is None else round(end, 6), "samples" if "samples" in units else "s")


def _is_cut(segment: Segment, length: float) -> bool:
    """Whether the file is no longer than the stretch that starts somewhere in it."""
    return segment.end is not None and abs(segment.end - segment.start - length) <= min(_TOLERANCE_S, 0.05 * length)


def _is_far(segment: Segment, length: float) -> bool:
    """So far behind the end as another unit would be."""
    return segment.end is not None and segment.end > 20 * length


def _is_inside(segment: Segment, length: float) -> bool:
    return segment.end is not None and segment.end <= length + _TOLERANCE_S


class _Files:
    """Lengths of the files, read where they are asked for."""

    def __init__(self, paths: Sequence[str], extent: Extent) -> None:
        self.paths = paths
        self._n_rows = Counter(paths)
        self._extent = lru_cache(maxsize=None)(extent)

    def share(
        self, segments: Sequence[Segment | None], holds: Callable[[Segment, float], bool], *, once: bool = False
    ) -> float:
        """Share of the stretches for which that holds, of some that do not start at 0; -1 where no file tells.

        ``once``: of those whose file is named once.
        """
        some = [
            (k, s)
            for k, s in enumerate(segments)
            if s is not None and s.start > 0 and s.end is not None and (not once or self._n_rows[self.paths[k]] == 1)
        ]
        found = [
            holds(*told)
            for k, s in some[:: max(1, len(some) // _LOOKED_INTO)][:_LOOKED_INTO]
            if (told := self._in_seconds(k, s))
        ]
        return sum(found) / len(found) if found else -1.0

    def is_whole(self, k: int, segment: Segment) -> bool:
        """Whether the stretch is all of its file."""
        if segment.start != 0 or segment.end is None or segment.fault:
            return False
        told = self._in_seconds(k, segment)
        return told is not None and _is_cut(*told)

    def _in_seconds(self, k: int, segment: Segment) -> tuple[Segment, float] | None:
        found = self._extent(self.paths[k])
        if found is None:
            return None
        length, rate = found
        if segment.unit == "s":
            return segment, length
        return Segment(segment.start / rate, None if segment.end is None else segment.end / rate), length


def _leave(rows: Rows, columns: SegmentColumns, why: str) -> None:
    rows.notes.append(f"columns {columns.named} are not used: {why}")
    _ignore(rows, columns, why)


def _ignore(rows: Rows, columns: SegmentColumns, why: str) -> None:
    for column in (columns.start, columns.end):
        rows.ignore(column, why)


def _tell(
    rows: Rows, columns: SegmentColumns, segments: Sequence[Segment | None], whole: Collection[int], unit: str
) -> None:
    n = len(segments) - len(whole)
    what = ("start", "length") if columns.is_length else ("start", "end")
    units = columns.units if all(columns.units) else (unit, unit)
    in_words = [_WORDS[unit] for unit in units]
    for column, part, words in zip((columns.start, columns.end), what, in_words, strict=True):
        rows.use(column, part, f"of the stretch of the file that a row is, in {words}")
    if not n:
        rows.notes.append(f"columns {columns.named} name whole files throughout")
        return
    n_files = len({file_of(uri) for uri in rows.uris})
    are = "item is a stretch" if n == 1 else "items are stretches"
    note = f"{n:,} {are} of {counted(n_files, 'file')}: columns {columns.named} are read as "
    read = [f"{part} in {words}" for part, words in zip(what, in_words, strict=True)]
    note += " and ".join(read) if units[0] != units[1] else f"{' and '.join(what)} in {in_words[0]}"
    if columns.is_asked:
        rows.notes.append(note)
    else:
        rows.guess(note, "--segment-columns START,END or none")
    bad = [k for k, s in enumerate(segments) if s is not None and s.fault]
    if bad:
        fault = segments[bad[0]].fault  # type: ignore[union-attr]
        rows.notes.append(f"stretches that cannot be: {len(bad)}, such as {rows.ids[bad[0]]!r}: {fault}")
