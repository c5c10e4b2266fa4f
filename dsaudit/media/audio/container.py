"""What the container of a recording says before anything is decoded: rate, channels, length, where the samples lie."""

from __future__ import annotations

import io
import mmap
import re
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dsaudit.errors import EmptyItemError, UnreadableItemError
from dsaudit.media.audio.mpeg import mpeg

if TYPE_CHECKING:
    from dsaudit.media.file import OpenFile

MAX_RATE_HZ, MAX_CHANNELS = 1_000_000, 128
"""Beyond bats' calls and rooms full of microphones; what a header says beyond is damage, and would cost memory."""

_ENDLESS = 0x7F00_0000
"""Streaming writers that cannot seek back leave a length of 0, or one from here up."""
_PCM, _MP3_IN_WAV = 1, 0x55
_LONGEST_FRONT = 1 << 20
_MOST_CHUNKS = 10_000
_FIRST_PAGES = 1024
"""Several streams of one recording all begin in these bytes."""
_BEGINNINGS = {"ogg": (b"OggS", b"\x01vorbis", b"OpusHead"), "flac": (b"fLaC", b"fLaC\0\0\0\x22")}
_SOUND = (b"data", b"SSND")
_FORMS = (b"RIFF", b"FORM", b"riff")
_JOINED = "another recording is joined on behind it, which most programs do not read"
_CHUNK_FORMS = {"wav": (12, 4, "I", 2), "aiff": (12, 4, "I", 2), "w64": (40, 16, "q", 8), "caf": (8, 4, "q", 1)}
"""Where the chunks begin, bytes of a name, form of a length, and what contents are padded to a multiple of."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Samples of a WAV, 16-bit integers that lie in the file one behind the other, lowest byte first."""

    offset: int
    n_frames: int
    rate: int
    n_channels: int


@dataclass(frozen=True, slots=True)
class Container:
    """What is written in a file about the samples in it.

    Attributes
    ----------
    promised : float
        Samples promised, as a multiple of those that are there; 1 where there is no promise, or all are there.
    front : bytes
        Stands for the first ``skip`` bytes, for a decoder that the ones in the file would mislead.
    skip : int
        0 and no ``front`` where the file can be decoded as it is.
    end : int or None
        Where the decoder is to stop.
    joined : str
        What follows behind the recording, in words; empty for nothing.
    plain : Plain or None
        The samples, where they are 16-bit integers that need no decoder.
    """

    promised: float = 1.0
    front: bytes = b""
    skip: int = 0
    end: int | None = None
    joined: str = ""
    plain: Plain | None = None

    def patched(self, file: OpenFile) -> io.RawIOBase | None:
        """The file as a decoder should see it; None where that is the file itself."""
        return _Patched(file, self) if self.front or self.skip or self.end is not None else None


def container(file: OpenFile) -> Container:
    """Look at a recording's container.

    Raises
    ------
    EmptyItemError
        Tags and no audio.
    UnreadableItemError
        A rate or a number of channels that no recording has.
    """
    kind = file.detected_type
    if kind == "mp3" or (kind is None and file.path.suffix.lower() in (".mp3", ".mp2", ".mpga")):
        return _mp3(file, file.start)
    if kind in ("wav", "aiff", "w64", "caf"):
        return _chunked(file, kind)
    if kind == "au" and len(file.head) >= 24:
        return _au(file)
    if kind == "nist":
        return _nist(file)
    end = _begins_again(file, *_BEGINNINGS[kind]) if kind in _BEGINNINGS else None
    return Container(skip=file.start, end=end, joined=_JOINED if end else "")


def refuse_implausible(file: OpenFile, rate: float, n_channels: int) -> None:
    """Refuse what no recording has, before memory is set aside for it.

    Raises
    ------
    UnreadableItemError
    """
    if not 0 < rate <= MAX_RATE_HZ:
        raise UnreadableItemError(f"{file.path.name}: its header says {rate:.0f} Hz, which no recording has")
    if not 0 < n_channels <= MAX_CHANNELS:
        raise UnreadableItemError(f"{file.path.name}: its header says {n_channels} channels, which no recording has")


def _promised(length: int, present: int) -> float:
    """A length in bytes as a multiple of the bytes there; 1 for all there, and for what streaming writers leave."""
    if present <= 0 or length <= present or (length >= _ENDLESS and length > 2 * present):
        return 1.0
    return length / present


def _chunks(file: OpenFile, kind: str) -> dict[bytes, tuple[int, int, int]]:
    """Offset of the length, offset of the content, and length of each chunk by name, however large those before."""
    start, n_name, form, step = _CHUNK_FORMS[kind]
    order = "<" if file.at(file.start, 4) in (b"RIFF", b"RF64", b"BW64", b"riff") else ">"
    n_head = n_name + struct.calcsize(form)
    at = file.start + start
    found: dict[bytes, tuple[int, int, int]] = {}
    for _ in range(_MOST_CHUNKS):
        head = file.at(at, n_head) if at < file.n_bytes else b""
        if len(head) < n_head:
            break
        name, length = head[:4], struct.unpack_from(order + form, head, n_name)[0]
        if kind == "w64":  # counts its own head
            length -= n_head
        found.setdefault(name, (at + n_name, at + n_head, length))
        if length < 0 or (name in _SOUND and length == 0):
            break
        at += n_head + length + -length % step
    return found


def _chunked(file: OpenFile, kind: str) -> Container:
    chunks = _chunks(file, kind)

    def told(name: bytes, form: str, offset: int = 0) -> tuple[int, ...]:
        data = file.at(chunks[name][1] + offset, struct.calcsize(form))
        return struct.unpack(form, data.ljust(struct.calcsize(form), b"\0"))

    tag, order = 0, "<"
    if b"fmt " in chunks:
        order = ">" if file.at(file.start, 4) == b"RIFX" else "<"
        tag, n_channels, rate = told(b"fmt ", order + "HHI")
        refuse_implausible(file, rate, n_channels)
    elif b"COMM" in chunks:
        exponent, mantissa = told(b"COMM", ">hI", 8)
        refuse_implausible(file, mantissa * 2.0 ** min(exponent - 16383 - 31, 64), told(b"COMM", ">H")[0])
    elif b"desc" in chunks:
        refuse_implausible(file, told(b"desc", ">d")[0], told(b"desc", ">I", 24)[0])
    sound = next((chunks[name] for name in _SOUND if name in chunks), None)
    if sound is None:
        return Container(skip=file.start)
    length_at, at, length = sound
    if b"ds64" in chunks and length == 0xFFFF_FFFF:
        length = told(b"ds64", "<Q", 8)[0]
    present = file.n_bytes - at
    if tag == _MP3_IN_WAV:
        return replace(_mp3(file, at), promised=_promised(length, present))
    if length == 0 and present > 8 and not _is_name(file.at(at, 4)):
        return _streamed(file, kind, chunks, length_at, at)
    second = min((chunks[name][1] for name in _FORMS if name in chunks), default=None)
    end = None if second is None else second - 8
    promised, plain = _promised(length, present), None
    if tag == _PCM and file.head[:4] == b"RIFF" and end is None and 0 < length <= present:
        width, n_bits = told(b"fmt ", order + "HH", 12)
        if n_bits == 16 and width == 2 * n_channels and length >= width:
            plain = Plain(at, length // width, rate, n_channels)
    return Container(promised, skip=file.start, end=end, joined=_JOINED if end else "", plain=plain)


def _streamed(
    file: OpenFile, kind: str, chunks: dict[bytes, tuple[int, int, int]], length_at: int, at: int
) -> Container:
    """A header of a writer that could not seek back, as it would be had it done so."""
    if at - file.start > _LONGEST_FRONT:
        return Container(skip=file.start)
    front = bytearray(file.at(file.start, at - file.start))
    present = file.n_bytes - at
    if kind == "aiff" and b"COMM" in chunks:
        comm = chunks[b"COMM"][1] - file.start
        n_channels, _, n_bits = struct.unpack_from(">HIH", front, comm)
        n_frames = (present - 8) // max(1, n_channels * ((n_bits + 7) // 8))
        struct.pack_into(">I", front, comm + 2, min(n_frames, 0xFFFF_FFFF))
    order = "<" if bytes(front[:4]) in (b"RIFF", b"RF64", b"BW64") else ">"
    if kind in ("wav", "aiff"):
        struct.pack_into(order + "I", front, 4, min(len(front) + present - 8, 0xFFFF_FFFF))
        struct.pack_into(order + "I", front, length_at - file.start, min(present, 0xFFFF_FFFF))
    else:
        struct.pack_into("<q" if kind == "w64" else ">q", front, length_at - file.start, present + 24 * (kind == "w64"))
    return Container(front=bytes(front), skip=at)


def _is_name(four: bytes) -> bool:
    """Whether these may be the name of a chunk, and so no samples."""
    return len(four) == 4 and all(32 <= c < 127 for c in four) and any(chr(c).isalpha() for c in four)


def _au(file: OpenFile) -> Container:
    order = ">" if file.head[:4] == b".snd" else "<"
    offset, length, _, rate, n_channels = struct.unpack_from(order + "5I", file.head, 4)
    refuse_implausible(file, rate, n_channels)
    if length == 0 and offset < min(file.n_bytes, len(file.head)):
        return Container(front=file.head[:8] + b"\xff" * 4 + file.head[12:offset], skip=offset)
    return Container(_promised(length, file.n_bytes - offset))


def _mp3(file: OpenFile, start: int) -> Container:
    with mmap.mmap(file.stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = mpeg(data, start)
    if found is None or not found.n_frames:
        if start:
            raise EmptyItemError(f"{file.path.name}: a tag and no audio")
        return Container()
    joined = f"another recording of {found.next_rate_hz} Hz is joined on behind it" if found.next_rate_hz else ""
    if found.n_promised is not None and found.n_promised >= found.n_frames - 1 and not joined:
        promised = found.n_promised / found.n_frames if found.n_promised > found.n_frames + 1 else 1.0
        return Container(promised, skip=start)
    end = found.end if joined else None
    return Container(front=found.announced(), skip=found.start, end=end, joined=joined)


def _nist(file: OpenFile) -> Container:
    told = dict(re.findall(rb"(sample_count|channel_count|sample_n_bytes|sample_rate) -i (\d+)", file.head))
    length = file.head[8:16].strip()
    if len(told) < 4 or not length.isdigit() or b"sample_coding -s4 ulaw" in file.head:
        return Container()
    n, n_channels, n_bytes, rate = (
        int(told[k]) for k in (b"sample_count", b"channel_count", b"sample_n_bytes", b"sample_rate")
    )
    refuse_implausible(file, rate, n_channels)
    return Container(_promised(n * n_channels * n_bytes, file.n_bytes - int(length)))


def _begins_again(file: OpenFile, page: bytes, *marks: bytes) -> int | None:
    """Where a second recording begins: the page with a mark that only the first pages of one have."""
    with mmap.mmap(file.stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = [at for mark in marks if (at := data.find(mark, file.start + _FIRST_PAGES)) >= 0]
        start = data.rfind(page, 0, min(found) + len(page)) if found else -1
    return start if start > file.start else None


class _Patched(io.RawIOBase):
    """An open file whose beginning is another one."""

    def __init__(self, file: OpenFile, container: Container) -> None:
        self._file, self._front, self._skip = file, container.front, container.skip
        end = file.n_bytes if container.end is None else container.end
        self._size = len(self._front) + max(0, end - self._skip)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        at, n_front = self._position, len(self._front)
        n = max(0, min(len(view), self._size - at))
        if at < n_front:
            n = min(n, n_front - at)
            view[:n] = self._front[at : at + n]
        else:
            data = self._file.at(self._skip + at - n_front, n)
            n = len(data)
            view[:n] = data
        self._position += n
        return n
