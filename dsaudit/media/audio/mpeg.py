"""The frames of an MPEG audio stream (MP3), counted without decoding: its true length, and what its header says."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

_KBPS = {
    "1/1": (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    "1/2": (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    "1/3": (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    "2/1": (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    "2/2": (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = (44_100, 48_000, 32_000)
_SYNC = b"\xff"
_LONGEST_FRAME = 8192


@dataclass(frozen=True, slots=True)
class Mpeg:
    """What is in an MPEG audio stream.

    Attributes
    ----------
    start : int
        Offset of the first frame that holds sound.
    sample_rate_hz, n_channels : int
        Of the first frame.
    n_frames : int
        Frames of sound before another recording follows that decoders cannot go on with.
    samples_per_frame : int
    has_header : bool
        Whether a Xing, Info or VBRI header stands before the first frame of sound.
    n_promised : int or None
        Frames that it promises.
    spans : tuple of pairs of int
        Where they lie, from offset to offset, without what is between them: tags, zeros, damage, other headers.
    n_headers : int
        Headers between the frames: each began a file of its own.
    follows : str
        What was joined on behind them in another rate or number of channels, in words; empty for nothing.
    """

    start: int
    sample_rate_hz: int
    n_channels: int
    n_frames: int
    samples_per_frame: int
    has_header: bool
    n_promised: int | None
    spans: tuple[tuple[int, int], ...]
    n_headers: int
    follows: str
    first: bytes

    def announced(self) -> bytes:
        """A Xing header that promises the frames that are there, to stand before the first of them.

        Decoders guess the length of a stream without one from the size of its first frames, and read no further.
        """
        # a bit rate that makes room, no checksum, everything else as in the first frame
        head = bytes((self.first[0], self.first[1] | 1, self.first[2] & 0x0C | 0x90, self.first[3]))
        length = _length(head)
        return (head + bytes(_side_bytes(head)) + b"Xing" + struct.pack(">II", 1, self.n_frames)).ljust(length, b"\0")


def mpeg(data: mmap, start: int = 0) -> Mpeg | None:
    """Walk over the frames from ``start``; None where there are none.

    Damage and tags between frames are skipped. A frame counts where another one of its rate follows, or nothing does.
    """
    at = _next(data, start, b"")
    if at is None:
        return None
    first = data[at : at + 4]
    silent, promised = _header(data, at)
    if silent:
        at += _length(first)
    begin, n_frames, n_headers, follows = at, 0, 0, ""
    spans: list[tuple[int, int]] = []
    while at + 4 <= len(data):
        head = data[at : at + 4]
        length = _length(head)
        known = length and not (head[1] ^ first[1]) & 0x06 and at + length <= len(data) + 4
        if known and not _goes_on(head, first):
            if _next(data, at, b"") == at:
                follows = f"another recording of {_said(head)} is joined on behind this one of {_said(first)}"
                break
            known = False
        if not known:
            if (following := _next(data, at + 1, first)) is None:
                break
            at = following
            continue
        end = min(at + length, len(data))
        if n_frames and _header(data, at)[0]:
            n_headers += 1
        else:
            n_frames += 1
            if spans and spans[-1][1] == at:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((at, end))
        at += length
    n_channels = 1 if _mono(first) else 2
    return Mpeg(
        begin,
        _rate(first),
        n_channels,
        n_frames,
        _samples(first),
        silent,
        promised,
        tuple(spans),
        n_headers,
        follows,
        first,
    )


def _goes_on(head: bytes, first: bytes) -> bool:
    """Whether a decoder takes a frame for the next one of a recording."""
    return _rate(head) == _rate(first) and _mono(head) == _mono(first)


def _mono(head: bytes) -> bool:
    return head[3] >> 6 == 3


def _said(head: bytes) -> str:
    return f"{_rate(head)} Hz in {'mono' if _mono(head) else 'stereo'}"


def _next(data: mmap, at: int, like: bytes) -> int | None:
    """Offset of the next frame, recognised by the one that follows it."""
    while (at := data.find(_SYNC, at)) >= 0 and at + 4 <= len(data):
        head = data[at : at + 4]
        if length := _length(head):
            follower = data[at + length : at + length + 4]
            same = _length(follower) and (head[1] ^ follower[1]) & 0x1E == 0 and (head[2] ^ follower[2]) & 0x0C == 0
            last = len(follower) < 4 and like and at + length <= len(data)
            if same or (last and (head[1] ^ like[1]) & 0x1E == 0):
                return at
        at += 1
    return None


def _length(head: bytes) -> int:
    """Bytes of the frame that begins with these four; 0 where they begin none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, bits, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 0 or bits in (0, 15) or rate == 3:
        return 0
    table = f"1/{4 - layer}" if version == 3 else "2/1" if layer == 3 else "2/2"
    kbps, hz, padding = _KBPS[table][bits], _rate(head), head[2] >> 1 & 1
    if layer == 3:
        return (12_000 * kbps // hz + padding) * 4
    return (144_000 if version == 3 or layer == 2 else 72_000) * kbps // hz + padding


def _rate(head: bytes) -> int:
    return _RATES_HZ[head[2] >> 2 & 3] >> {3: 0, 2: 1, 0: 2}[head[1] >> 3 & 3]


def _samples(head: bytes) -> int:
    layer = head[1] >> 1 & 3
    return 384 if layer == 3 else 1152 if layer == 2 or head[1] >> 3 & 3 == 3 else 576


def _side_bytes(head: bytes) -> int:
    mono = _mono(head)
    return (17 if mono else 32) if head[1] >> 3 & 3 == 3 else (9 if mono else 17)


def _header(data: mmap, at: int) -> tuple[bool, int | None]:
    """Whether the frame is a header and holds no sound, and the frames that it promises."""
    tag = at + 4 + _side_bytes(data[at : at + 4])
    if data[tag : tag + 4] in (b"Xing", b"Info"):
        flags, n = struct.unpack(">II", data[tag + 4 : tag + 12].ljust(8, b"\0"))
        return True, n if flags & 1 else None
    if data[at + 36 : at + 40] == b"VBRI":
        return True, struct.unpack(">I", data[at + 50 : at + 54].ljust(4, b"\0"))[0]
    return False, None
