"""What stands in a picture's file beside the picture: what of it tells of people, and the file without it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as Picture

ORIENTATION = 0x0112
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_PLACE_TAGS = frozenset({2, 4, 20, 22})
"""Latitude and longitude, of where it stands and of what it shows."""
_SERIAL_TAGS = frozenset({0xA431, 0xA435, 0xC62F, 0xC68B})
_OWNER_TAG = 0xA430
_XMP = {
    "where it was taken": (b"GPSLatitude", b"GPSLongitude"),
    "a serial number": (b"SerialNumber",),
    "its owner's name": (b"OwnerName",),
}
_NOTES = ("xmp", "XML:com.adobe.xmp", "Raw profile type xmp")


def private_facts(image: Picture) -> tuple[str, ...]:
    """What the EXIF and XMP of an opened picture tell of people: of where it was taken, of whose camera.

    Examples
    --------
    >>> from PIL import Image
    >>> photo = Image.new("RGB", (8, 8))
    >>> photo.getexif().get_ifd(0x8825)[2] = (52.0, 31.0, 7.0)
    >>> private_facts(photo)
    ('where it was taken',)
    """
    try:
        exif = image.getexif()
        place, camera = exif.get_ifd(_GPS_IFD), exif.get_ifd(_EXIF_IFD)
    except Exception:  # decoders of damaged tags raise anything
        place, camera, exif = {}, {}, {}  # type: ignore[assignment]
    found = []
    if any(_told(place.get(tag)) for tag in _PLACE_TAGS):
        found.append("where it was taken")
    if any(_told(tags.get(tag)) for tags in (exif, camera) for tag in _SERIAL_TAGS):
        found.append("a serial number")
    if _told(camera.get(_OWNER_TAG)):
        found.append("its owner's name")
    for note in (image.info.get(name) for name in _NOTES):
        data = note.encode("utf-8", "replace") if isinstance(note, str) else note
        if isinstance(data, bytes):
            found += [fact for fact, marks in _XMP.items() if fact not in found and any(m in data for m in marks)]
    return tuple(found)


def _told(value: object) -> bool:
    """Whether a tag says something: cameras without a fix write blanks, zeros or no number at all."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, str):
        return bool(value.strip(" \0"))
    if isinstance(value, tuple):
        return any(part == part for part in map(float, value)) and len(value) > 0
    return value is not None


def without_metadata(data: bytes, kind: str, *, orientation: int = 1) -> bytes | None:
    """A picture's file without what stands beside the picture; its pixels, as they are coded, stay.

    Parameters
    ----------
    data : bytes
    kind : str
        jpeg, png or webp.
    orientation : int
        EXIF tag that has to stay, as the picture would else be seen turned; 1 needs none.

    Returns
    -------
    bytes or None
        The same bytes where there was nothing to remove; None for another kind of file, and for one that is damaged.
        Colour profiles stay.
    """
    cut = {"jpeg": _jpeg_parts, "png": _png_parts, "webp": _webp_parts}.get(kind)
    if cut is None:
        return None
    try:
        return b"".join(cut(data, _only(orientation) if orientation in range(2, 9) else b""))
    except (struct.error, IndexError, ValueError):
        return None


def _only(orientation: int) -> bytes:
    """An EXIF block of one tag."""
    return b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0) + bytes(4)


def _jpeg_parts(data: bytes, exif: bytes) -> Iterator[bytes]:
    """Segments up to the first scan without notes; and nothing behind the picture's end but the end."""
    yield data[:2]
    if exif:
        block = b"Exif\0\0" + exif
        yield b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no segment")
        while data[at + 1] == 0xFF:  # filled up
            at += 1
        mark = data[at + 1]
        if mark == 0xDA:
            yield from _scans(data, at)
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at : at + 2 + length]
        at += 2 + length
        is_note = mark == 0xFE or (0xE1 <= mark <= 0xEF and mark != 0xEE)
        if not is_note or (mark == 0xE2 and segment[4:16] == b"ICC_PROFILE\0"):
            yield segment


def _scans(data: bytes, at: int) -> Iterator[bytes]:
    """From the first scan to the end mark: what follows it are more pictures, thumbnails or films."""
    end = at
    while True:
        end = data.index(b"\xff", end + 2)
        mark = data[end + 1]
        if mark == 0xD9:
            yield data[at : end + 2]
            return
        if mark in (0x00, 0xFF) or 0xD0 <= mark <= 0xD7:
            end -= mark == 0xFF
            continue
        (length,) = struct.unpack_from(">H", data, end + 2)
        end += length


_PNG_NOTES = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})


def _png_parts(data: bytes, exif: bytes) -> Iterator[bytes]:
    import zlib

    if len(data) < 8:
        raise ValueError("cut short")
    yield data[:8]
    at = 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name = data[at + 4 : at + 8]
        chunk = data[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise ValueError("cut short")
        at += 12 + length
        if name == b"IDAT" and exif:
            yield struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
            exif = b""
        if name not in _PNG_NOTES:
            yield chunk
        if name == b"IEND":
            return


def _webp_parts(data: bytes, exif: bytes) -> Iterator[bytes]:
    kept = []
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        chunk = data[at : at + 8 + length + length % 2]
        at += len(chunk)
        if name == b"VP8X":
            flags = chunk[8] & ~0b1100 | (0b1000 if exif else 0)
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if name not in (b"EXIF", b"XMP "):
            kept.append(chunk)
    if exif and any(chunk[:4] == b"VP8X" for chunk in kept):
        kept.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif + bytes(len(exif) % 2))
    body = b"".join(kept)
    yield data[:4] + struct.pack("<I", len(body) + 4) + data[8:12] + body


def exif_block(image: Picture) -> bytes:
    """The EXIF of a picture for an upright copy of it, its thumbnail left out; empty where there is none."""
    try:
        exif = image.getexif()
        if ORIENTATION in exif:
            del exif[ORIENTATION]
        return exif.tobytes() if len(exif) else b""
    except Exception:  # tags that can be read but not written
        return b""
