"""Items that are a stretch of a file: where it starts and ends stands in their address, as a media fragment (W3C).

``/talks/a.wav#t=1.5,3.25`` is from 1.5 to 3.25 seconds, ``#samples=24000,52000`` the same in samples.
"""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass
from typing import Literal

from dsaudit.dataset.crop import Crop, parted

Unit = Literal["s", "samples"]

_NUMBER = r"-?\d+(?:\.\d+)?"
_FRAGMENT = re.compile(rf"#(t|samples)=({_NUMBER}|nan)?,({_NUMBER}|nan)?")
_UNITS: dict[str, Unit] = {"t": "s", "samples": "samples"}
_DIGITS = 6
"""Of seconds: a microsecond is less than a sample at any rate, and more than sums of decimals are off."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a file.

    Attributes
    ----------
    start : float
        NaN, negative or behind ``end`` where a manifest says so: whoever opens the item tells.
    end : float or None
        None: up to the end of the file.
    unit : "s" or "samples"
        Of both.
    """

    start: float
    end: float | None
    unit: Unit = "s"

    def __str__(self) -> str:
        """``1.5-3.25``, whatever the unit.

        >>> str(Segment(0.1 + 0.2, 3.250)), str(Segment(24000, None, "samples"))
        ('0.3-3.25', '24000-')
        """
        return f"{_text(self.start)}-{_text(self.end)}"

    @property
    def is_unread(self) -> bool:
        """Whether where it starts or ends is not a number."""
        return math.isnan(self.start) or (self.end is not None and math.isnan(self.end))

    @property
    def fault(self) -> str:
        """What is wrong with it whatever the file is, in words; empty where nothing is.

        >>> Segment(3.0, 1.5).fault, Segment(1.5, 3.0).fault
        ('the stretch starts at 3 s and ends before it, at 1.5 s', '')
        """
        if self.is_unread:
            return "where the stretch starts or ends is not a number"
        if self.start < 0:
            return f"the stretch starts before the file, at {self.said(self.start)}"
        if self.end is not None and self.end == self.start:
            return f"the stretch is empty: it starts and ends at {self.said(self.start)}"
        if self.end is not None and self.end < self.start:
            return f"the stretch starts at {self.said(self.start)} and ends before it, at {self.said(self.end)}"
        return ""

    @property
    def words(self) -> str:
        """``1.5 to 3.25 s``."""
        return f"{_text(self.start)} to {'the end' if self.end is None else self.said(self.end)}"

    def said(self, at: float) -> str:
        """A moment with its unit: ``1.5 s``."""
        return f"{_text(at)} {self.unit}"

    @property
    def fragment(self) -> str:
        """The end of its address."""
        name = "t" if self.unit == "s" else "samples"
        return f"#{name}={_text(self.start)},{_text(self.end)}"

    def frames(self, sample_rate_hz: int) -> tuple[int, int | None]:
        """First frame and the one behind the last, None for the end of the file; of a segment without ``fault``.

        >>> Segment(0.25, 1.0).frames(16_000)
        (4000, 16000)
        """
        rate = sample_rate_hz if self.unit == "s" else 1
        return round(self.start * rate), None if self.end is None else round(self.end * rate)


_WHOLE = Segment(0.0, None)


def segment_uri(path: str, segment: Segment | Crop) -> str:
    """Address of a stretch or a box of a file.

    >>> segment_uri("/talks/a.wav", Segment(1.5, 3.25))
    '/talks/a.wav#t=1.5,3.25'
    """
    return path + segment.fragment


def file_uri(path: str) -> str:
    """Address of a whole file: its path, unless that would read as the address of a stretch.

    >>> file_uri("/talks/a.wav"), file_uri("/talks/a.wav#t=1,2")
    ('/talks/a.wav', '/talks/a.wav#t=1,2#t=0,')
    """
    return path + "#t=0," if _parted(path)[1] is not None else path


def file_and_segment(uri: str | os.PathLike[str]) -> tuple[str, Segment | Crop | None]:
    """The file of an address, and the stretch or box of it that is meant; None for all of it.

    >>> file_and_segment("/talks/a.wav#t=1.5,3.25")
    ('/talks/a.wav', Segment(start=1.5, end=3.25, unit='s'))
    >>> file_and_segment("/talks/a.wav"), file_and_segment("/talks/a.wav#t=1,2#t=0,")
    (('/talks/a.wav', None), ('/talks/a.wav#t=1,2', None))
    """
    path, segment = _parted(os.fspath(uri))
    return path, None if segment is None or segment == _WHOLE else segment


def file_of(uri: str | os.PathLike[str]) -> str:
    """The file of an address.

    >>> file_of("/talks/a.wav#samples=24000,52000")
    '/talks/a.wav'
    """
    return _parted(os.fspath(uri))[0]


def _parted(address: str) -> tuple[str, Segment | Crop | None]:
    at = address.rfind("#")
    if at < 0 or (found := _FRAGMENT.fullmatch(address, at)) is None:
        return parted(address)
    name, start, end = found.groups()
    return address[:at], Segment(float(start or 0), None if end is None else float(end), _UNITS[name])


def _text(at: float | None) -> str:
    if at is None:
        return ""
    return "nan" if math.isnan(at) else f"{round(at, _DIGITS) + 0.0:.{_DIGITS}f}".rstrip("0").rstrip(".")
