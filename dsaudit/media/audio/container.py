"""What the container of a recording says before anything is decoded: rate, channels, length, where the samples lie."""

from __future__ import annotations

import io
import mmap
import re
import struct
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from dsaudit.errors import EmptyItemError, UnreadableItemError
from dsaudit.media.audio.mpeg import Mpeg, mpeg

if TYPE_CHECKING:
    from dsaudit.media.file import OpenFile

MIN_RATE_HZ, MAX_RATE_HZ, MAX_CHANNELS = 50, 1_000_000, 128
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
_FIRST = "everything here is about the first"
_MUCH_BYTES, _MUCH_SHARE = 4096, 0.02
"""What lies behind the samples that a header declares, from which it is no padding."""
_FEWEST_MORE = 12
"""The same in frames of MP3, which some encoders do not count all of."""
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
    spans : tuple of pairs of int
        What the decoder is to read, from offset to offset, where that is not all from ``skip`` to ``end``.
    joined : str
        What follows behind the recording, in words; empty for nothing.
    cut : bool
        Whether its end is missing, of a stream that does not say how long it is.
    declared_s : float or None
        Length that the header declares and decoders do not tell.
    refusal : str
        Why nothing can be decoded, if nothing can; empty where the decoder says it better.
    plain : Plain or None
        The samples, where they are 16-bit integers that need no decoder.
    """

    promised: float = 1.0
    front: bytes = b""
    skip: int = 0
    end: int | None = None
    spans: tuple[tuple[int, int], ...] = ()
    joined: str = ""
    cut: bool = False
    declared_s: float | None = None
    refusal: str = ""
    plain: Plain | None = None

    def patched(self, file: OpenFile) -> io.RawIOBase | None:
        """The file as a decoder should see it; None where that is the file itself."""
        changed = self.front or self.skip or self.spans or self.end is not None
        return _Patched(file, self) if changed else None


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
    if kind == "mp4":
        return _mp4(file)
    if kind == "asf":
        return _asf(file)
    end = _begins_again(file, *_BEGINNINGS[kind]) if kind in _BEGINNINGS else None
    cut = kind == "ogg" and _without_end(file, end)
    return Container(skip=file.start, end=end, joined=f"{_JOINED}; {_FIRST}" if end else "", cut=cut)


def refuse_implausible(file: OpenFile, rate: float, n_channels: int) -> None:
    """Refuse what no recording has, before memory is set aside for it.

    Raises
    ------
    UnreadableItemError
    """
    if not MIN_RATE_HZ <= rate <= MAX_RATE_HZ:
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
    joined = f"{_JOINED}; {_FIRST}" if end else ""
    n_bytes_a_second = told(b"fmt ", order + "I", 8)[0] if b"fmt " in chunks else 0
    if end is None and n_bytes_a_second and _much_behind(file, at + length + length % 2, length):
        joined = _more(length / n_bytes_a_second, (present - length) / n_bytes_a_second)
    return Container(promised, skip=file.start, end=end, joined=joined, plain=plain)


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


def _much_behind(file: OpenFile, at: int, length: int) -> bool:
    """Whether much lies behind the samples that is neither a chunk nor a tag nor empty."""
    n_left = file.n_bytes - at
    if not 0 < length < 1 << 40 or n_left < max(_MUCH_BYTES, _MUCH_SHARE * length):
        return False
    behind = file.at(at, _MUCH_BYTES)
    chunk = _is_name(behind[:4]) and struct.unpack("<I", behind[4:8])[0] <= n_left
    return not chunk and not behind.startswith((b"TAG", b"APETAGEX")) and any(behind)


def _more(declared_s: float, more_s: float) -> str:
    return (
        f"its header declares {declared_s:.2f} s, and what could be {more_s:.2f} s more lie behind them, which most "
        "programs do not read; everything here is about what is declared"
    )


def _mp3(file: OpenFile, start: int) -> Container:
    with mmap.mmap(file.stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = mpeg(data, start)
    if found is None or not found.n_frames:
        if start or _is_tag(file):
            raise EmptyItemError(f"{file.path.name}: a tag and no audio")
        return Container(refusal="no MP3 frames are in it")
    joined = f"{found.follows}; {_FIRST}" if found.follows else ""
    whole = found.n_promised is not None and found.n_promised >= found.n_frames - 1
    if whole and not joined and not found.n_headers and len(found.spans) == 1:
        promised = _frames_promised(found)
        return Container(promised, skip=start)
    frame_s = found.samples_per_frame / found.sample_rate_hz
    n_more = found.n_frames - (found.n_promised or found.n_frames)
    if not joined and (found.n_headers or n_more > max(_FEWEST_MORE, _MUCH_SHARE * found.n_frames)):
        declared = f"declares {found.n_promised * frame_s:.2f} s" if found.n_promised else "is that of a part"
        joined = (
            f"its header {declared}, and {found.n_frames * frame_s:.2f} s are there: another recording is joined on "
            "behind it, which some programs do not read; everything here is about both"
        )
    promised = _frames_promised(found) if whole and not joined else 1.0
    return Container(promised, front=found.announced(), spans=found.spans, joined=joined)


def _frames_promised(found: Mpeg) -> float:
    n = found.n_promised or 0
    return n / found.n_frames if n > found.n_frames + 1 else 1.0


def _is_tag(file: OpenFile) -> bool:
    """Whether a file is nothing but an ID3v1 or an APE tag, or both."""
    tail, n = file.at(max(0, file.n_bytes - 160), 160), file.n_bytes
    if tail[-128:].startswith(b"TAG"):
        tail, n = tail[:-128], n - 128
    if tail[-32:].startswith(b"APETAGEX"):
        length, _, flags = struct.unpack("<III", tail[-20:-8])
        n -= length + 32 * (flags >> 31)
    return n <= 0


def _mp4(file: OpenFile) -> Container:
    """The outermost boxes: whether a second file begins among them, and whether the last one is whole."""
    at, n_files = file.start, 0
    for _ in range(_MOST_CHUNKS):
        head = file.at(at, 16)
        if len(head) < 8 or not _is_name(head[4:8]):
            return Container()
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        n_files += head[4:8] == b"ftyp"
        if n_files > 1:
            return Container(joined=f"{_JOINED}; {_FIRST}")
        if length == 0 or at + length == file.n_bytes:
            return Container()
        if length < 8 or at + length > file.n_bytes:
            return Container(cut=length >= 8)
        at += length
    return Container()


_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def _asf(file: OpenFile) -> Container:
    """WMA: its header declares the length of the file and that of the sound."""
    at = file.head.find(_ASF_FILE)
    told = file.head[at + 40 : at + 92]
    if at < 0 or len(told) < 52:
        return Container()
    n_bytes, _, _, play, _, preroll, flags = struct.unpack("<6QI", told)
    if flags & 1 or not n_bytes:  # a broadcast, of which nothing is known yet
        return Container()
    if file.start + n_bytes < file.n_bytes and file.at(file.start + n_bytes, 16) == _ASF_HEADER:
        return Container(joined=f"{_JOINED}; {_FIRST}")
    return Container(declared_s=play * 1e-7 - preroll * 1e-3 if n_bytes > file.n_bytes else None)


def _without_end(file: OpenFile, end: int | None) -> bool:
    """Whether the last page of an Ogg stream is cut, or is not the one marked as the last."""
    at, last, streams, stop = file.start, b"", set(), file.n_bytes if end is None else end
    while at < stop:
        head = file.at(at, 27)
        if len(head) < 27:
            return bool(head)
        if head[:4] != b"OggS":
            return False  # damage, or something behind the stream
        table = file.at(at + 27, head[26])
        streams.add(head[14:18])
        if len(streams) > 1:
            return False
        last, at = head, at + 27 + len(table) + sum(table)
    return at > stop or (bool(last) and not last[5] & 4)


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
        self._file, self._front = file, container.front
        end = file.n_bytes if container.end is None else container.end
        spans = container.spans or ((container.skip, max(container.skip, end)),)
        self._offsets = [first for first, _ in spans]
        self._ends = list(accumulate((last - first for first, last in spans), initial=len(self._front)))
        self._size = self._ends[-1]
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
        at = self._position
        if at < len(self._front):
            data = self._front[at : at + len(view)]
        elif at < self._size:
            which = bisect_right(self._ends, at) - 1
            data = self._file.at(
                self._offsets[which] + at - self._ends[which], min(len(view), self._ends[which + 1] - at)
            )
        else:
            data = b""
        n = len(data)
        view[:n] = data
        self._position += n
        return n
