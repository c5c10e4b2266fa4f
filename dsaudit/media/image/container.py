"""What a picture's file says beside its pixels: how many frames or pages it holds, and where it ought to end."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsaudit.media.file import OpenFile

MOST_FRAMES = 100_000
"""Counted up to here."""
MOST_BYTES = 1 << 28
"""Of a file that has to be in memory as a whole."""
_TAIL, _ZERO_TAIL = 4096, 64
"""So many zeros at the end of a file without its end mark were never written."""
_END_MARKS = {"jpeg": b"\xff\xd9", "png": b"IEND\xaeB`\x82", "gif": b"\x3b"}
_IN_ROWS = (0xC0, 0xC1)
"""Kinds of JPEG, coded by Huffman, whose rows come one after the other."""
_MARK = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])", re.DOTALL)
_SMALLER, _MASK = 1, 4
"""Bits of a TIFF's NewSubfileType: a page that shows another one again."""


def n_frames(file: OpenFile) -> int | None:
    """Frames of a GIF or pages of a TIFF, counted without decoding any; None for other formats, which say it.

    Pages that are another one made smaller, or its mask, are not counted.
    """
    if file.detected_type == "gif":
        return gif_frames(file.at(0, min(file.n_bytes, MOST_BYTES)))
    if file.detected_type == "tiff":
        return _tiff_pages(file)
    return None


def gif_frames(data: bytes) -> int:
    """Frames of a GIF, as far as its blocks can be followed; at least 1.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> frames = [Image.linear_gradient("L").rotate(90 * k) for k in range(3)]
    >>> file = io.BytesIO()
    >>> frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    >>> gif_frames(file.getvalue())
    3
    """
    n, n_bytes = 0, len(data)
    at = 13 + (3 << (data[10] & 7) + 1 if n_bytes > 10 and data[10] & 0x80 else 0)
    while at + 1 < n_bytes and n < MOST_FRAMES:
        if data[at] == 0x21:
            at += 2
        elif data[at] == 0x2C and at + 10 < n_bytes:
            packed = data[at + 9]
            at += 11 + (3 << (packed & 7) + 1 if packed & 0x80 else 0)
            n += 1
        else:
            break
        while at < n_bytes and (length := data[at]):
            at += length + 1
        at += 1
    return max(n, 1)


def _tiff_pages(file: OpenFile) -> int:
    order = "<" if file.head[:2] == b"II" else ">"
    number, entry, at = "I", "HHI4s", 4
    count = "H"
    if struct.unpack(f"{order}H", file.head[2:4])[0] == 43:
        number, entry, at, count = "Q", "HHQ8s", 8, "Q"
    n, seen = 0, set()
    width, head, size = struct.calcsize(f"<{number}"), struct.calcsize(f"<{count}"), struct.calcsize(f"<{entry}")
    link = file.at(at, width)
    while len(link) == width and (place := struct.unpack(f"{order}{number}", link)[0]) and place not in seen:
        seen.add(place)
        told = file.at(place, head)
        if len(told) < head or len(seen) > MOST_FRAMES:
            break
        n_entries = struct.unpack(f"{order}{count}", told)[0]
        if n_entries > 4096:
            break
        table = file.at(place + head, n_entries * size + width)
        if len(table) < n_entries * size:
            break
        kinds = (struct.unpack_from(f"{order}{entry}", table, k * size) for k in range(n_entries))
        kind = next((struct.unpack(f"{order}I", value[:4])[0] for tag, _, _, value in kinds if tag == 254), 0)
        n += not kind & (_SMALLER | _MASK)
        link = table[n_entries * size :]
    return max(n, 1)


def unwritten(file: OpenFile) -> int:
    """Zeros at the end of a file that has no end mark before them: a download or a disk stopped there; else 0.

    Of a JPEG, PNG, GIF, or a WebP without notes at its end.
    """
    tail = file.at(max(0, file.n_bytes - _TAIL), _TAIL)
    if tail[-_ZERO_TAIL:].strip(b"\0"):
        return 0
    mark = _END_MARKS.get(file.detected_type or "")
    if mark is None and (file.detected_type != "webp" or file.head[12:16] == b"VP8X" or riff_shortfall(file) < 0):
        return 0
    data = tail if tail.strip(b"\0") else file.at(0, min(file.n_bytes, MOST_BYTES))
    written = data.rstrip(b"\0")
    return 0 if mark is not None and written.endswith(mark) else len(data) - len(written)


def n_scans(data: bytes) -> int:
    """Scans of a progressive JPEG; 0 of one that is not, whose rows come one after the other."""
    return data.count(b"\xff\xda") if b"\xff\xc2" in data[: max(0, data.find(b"\xff\xda"))] else 0


def jpeg_pixels(data: bytes) -> tuple[int, int] | None:
    """Where the coded pixels of a JPEG begin and end that holds all of them in one scan; None for others.

    Examples
    --------
    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.linear_gradient("L").save(file, "JPEG")
    >>> start, end = jpeg_pixels(file.getvalue())
    >>> file.getvalue()[end:]
    b'\\xff\\xd9'
    """
    at, n_colours = 2, 0
    while len(head := data[at : at + 10]) == 10 and head[0] == 0xFF:
        kind, length = head[1], int.from_bytes(head[2:4], "big")
        if kind in _IN_ROWS:
            n_colours = head[9]
        elif kind == 0xDA:
            start = at + 2 + length
            end = _MARK.search(data, start)
            return (start, end.start()) if n_colours == head[4] and end is not None else None
        at += 1 if kind == 0xFF else 2 + length
    return None


def riff_shortfall(file: OpenFile) -> int:
    """Bytes that a WebP lacks by its own header; below 0 where others follow it."""
    return struct.unpack("<I", file.head[4:8])[0] + 8 - file.n_bytes if len(file.head) >= 12 else 0


def cuts_modes(data: bytes) -> bool:
    """Whether a WebP ends within its first partition, without which no block of it can be decoded."""
    at = data.find(b"VP8 ", 12, 4096)
    return at > 0 and len(data) < at + 18 + (int.from_bytes(data[at + 8 : at + 11], "little") >> 5)


_NOTES = (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf")


def claimed_text(file: OpenFile) -> int:
    """Bytes that the largest note before the pixels of a PNG has, or claims to have; 0 for other formats."""
    most, at = 0, 8
    while file.detected_type == "png" and len(head := file.at(at, 8)) == 8 and head[4:] not in (b"IDAT", b"IEND"):
        length = int.from_bytes(head[:4], "big")
        most, at = max(most, length if head[4:] in _NOTES else 0), at + 12 + length
    return most
