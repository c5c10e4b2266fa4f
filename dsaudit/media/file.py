"""What a file is before anybody decodes it: present, regular, how long, of which type, with which bytes."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import stat
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.member import container_of
from dsaudit.dataset.remote import allow, allowed, fetched, is_away, is_remote
from dsaudit.dataset.segment import file_and_segment, file_uri, segment_uri
from dsaudit.dataset.stand_in import POINTERS, stand_in
from dsaudit.engine.mapping import carry
from dsaudit.errors import EmptyItemError, MissingItemError, NotFetchedError, UnreadableItemError

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from dsaudit.dataset.crop import Crop
    from dsaudit.dataset.segment import Segment
    from dsaudit.media.base import Measured

carry(allowed, allow)

_CHUNK = 1 << 20
_HEAD = 4096

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b".snd", "au"),
    (0, b"dns.", "au"),
    (0, b"caff", "caf"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"#!AMR", "amr"),
    (0, b"wvpk", "wavpack"),
    (0, b"MAC ", "ape"),
    (0, b"riff\x2e\x91\xcf\x11", "w64"),
    (0, b"NIST_1A", "nist"),
    (0, b"Creative Voice File", "voc"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"GIF8", "gif"),
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"%PDF", "pdf"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"PAR1", "parquet"),
)

_PICTURES = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"), "heic"),
    **dict.fromkeys((b"avif", b"avis"), "avif"),
}
"""Brands of files built like MP4 that hold a picture."""

_FORMS: dict[bytes, dict[bytes, str]] = {
    b"RIFF": {b"WAVE": "wav", b"WEBP": "webp", b"AVI ": "avi"},
    b"RIFX": {b"WAVE": "wav"},
    b"RF64": {b"WAVE": "wav"},
    b"BW64": {b"WAVE": "wav"},
    b"FORM": {b"AIFF": "aiff", b"AIFC": "aiff", b"8SVX": "svx"},
}

SUFFIX_TYPES: dict[str, frozenset[str]] = {
    **dict.fromkeys((".wav", ".wave", ".rf64", ".bwf"), frozenset({"wav"})),
    ".flac": frozenset({"flac", "ogg"}),
    **dict.fromkeys((".ogg", ".oga", ".opus", ".spx"), frozenset({"ogg"})),
    ".mp3": frozenset({"mp3"}),
    **dict.fromkeys((".aiff", ".aif", ".aifc"), frozenset({"aiff"})),
    **dict.fromkeys((".au", ".snd"), frozenset({"au"})),
    ".caf": frozenset({"caf"}),
    **dict.fromkeys((".mp4", ".m4a", ".m4b", ".mov", ".3gp"), frozenset({"mp4"})),
    ".aac": frozenset({"aac", "mp4"}),
    **dict.fromkeys((".webm", ".mkv", ".mka"), frozenset({"matroska"})),
    **dict.fromkeys((".wma", ".asf", ".wmv"), frozenset({"asf"})),
    ".amr": frozenset({"amr"}),
    ".png": frozenset({"png"}),
    **dict.fromkeys((".jpg", ".jpeg", ".jfif"), frozenset({"jpeg"})),
    ".gif": frozenset({"gif"}),
    ".bmp": frozenset({"bmp"}),
    **dict.fromkeys((".tif", ".tiff"), frozenset({"tiff"})),
    ".webp": frozenset({"webp"}),
    **dict.fromkeys((".heic", ".heif"), frozenset({"heic"})),
    ".avif": frozenset({"avif"}),
    ".pdf": frozenset({"pdf"}),
}
"""Content types a suffix may promise. A suffix that is not here promises nothing."""


def not_fetched(path: Path) -> str | None:
    """Words for what stands where a file should be that was never fetched; None where nothing of the kind does.

    Parameters
    ----------
    path : Path
        Of a file that could not be read as what it should be.

    Examples
    --------
    >>> from pathlib import Path
    >>> page = Path("cat.jpg")
    >>> _ = page.write_text("<!DOCTYPE html><html><title>404 Not Found</title>")
    >>> not_fetched(page)
    'a web page, not the file itself (“404 Not Found”): download it again'
    """
    with _opened(path, hashed=False) as file:
        head, kind = file.head, file.detected_type
    text = head.decode("utf-8", "replace")
    return stand_in(text) if kind in (*POINTERS, "html", "text") else None


def detect_type(head: bytes) -> str | None:
    """Type of a file from its first bytes, whatever its name.

    Parameters
    ----------
    head : bytes
        The first bytes of the file; 4096 are always enough.

    Returns
    -------
    str or None
        ``wav flac ogg mp3 aac aiff au caf mp4 matroska asf amr … png jpeg gif bmp tiff webp heic avif avi pdf
        zip gzip git-lfs git-annex html text``, or None where nothing matches.
    """
    forms = _FORMS.get(head[:4])
    if forms and (form := forms.get(head[8:12])):
        return form
    if head[4:8] == b"ftyp" and (picture := _PICTURES.get(head[8:12])):
        return picture
    for offset, magic, name in _SIGNATURES:
        if head.startswith(magic, offset):
            return name
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and len(head) > 26:
        return "bmp"
    return _mpeg_frame(head) or _text(head)


def _mpeg_frame(head: bytes) -> str | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    layer, version = head[1] >> 1 & 3, head[1] >> 3 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return "mp3" if layer and version != 1 and bitrate != 15 and rate != 3 else None


def _text(head: bytes) -> str | None:
    if not head or b"\0" in head:
        return None
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end inside a character; anything earlier is not UTF-8 at all.
        if error.start < max(len(head) - 4, 1):
            return None
        text = head[: error.start].decode("utf-8")
    if any(ord(c) < 32 and c not in "\t\n\r\f\x1b" for c in text):
        return None
    if pointer := next((name for name, (mark, _) in POINTERS.items() if mark.match(text)), None):
        return pointer
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    return "html" if start.startswith(("<!doctype html", "<html")) else "text"


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file, opened once for all that is done with it.

    Attributes
    ----------
    path : Path
    stream : unbuffered binary file, at its beginning
    head : bytes
        The first bytes, at most 4096.
    n_bytes : int
    content_hash : str
        See ``identify``; empty where it was not asked for.
    start : int
        Offset of the content behind ID3 tags, which stand before recordings of any format.
    detected_type : str or None
        See ``detect_type``.
    segment : Segment or Crop or None
        The stretch or box of it that is the item; None where that is all of it.
    """

    path: Path
    stream: io.FileIO
    head: bytes
    n_bytes: int
    content_hash: str
    start: int
    detected_type: str | None
    segment: Segment | Crop | None = None

    def at(self, offset: int, n: int) -> bytes:
        """Up to ``n`` bytes from an offset; the position of ``stream`` stays."""
        return _at(self.stream, offset, n)

    def identity(self) -> Measured:
        """See ``identify``. A stretch has no bytes of its own."""
        suffix, detected = self.path.suffix.lower(), self.detected_type
        return {
            "content_hash": self.content_hash,
            "file_bytes": self.n_bytes if self.segment is None else float("nan"),
            "file_suffix": suffix,
            "detected_type": detected,
            "suffix_fits": suffix_fits(suffix, detected),
        }


@contextlib.contextmanager
def opened_file(path: Path, *, hashed: bool = True) -> Iterator[OpenFile]:
    """Open a file; ``hashed`` reads it through once for its content hash.

    A path may name a stretch of its file (see ``dsaudit.dataset.segment``). Its hash is of the file and the stretch,
    and the file is read for it once as long as it stays what it is.

    Raises
    ------
    MissingItemError, EmptyItemError, UnreadableItemError
    NotFetchedError
        Version control left a pointer in its place. A web page may be what an item should be: see ``not_fetched``.
    """
    with _opened(path, hashed=hashed) as file:
        if file.detected_type in POINTERS:
            raise NotFetchedError(f"{file.path.name}: {POINTERS[file.detected_type][1]}")
        yield file


@contextlib.contextmanager
def _opened(path: Path, *, hashed: bool) -> Iterator[OpenFile]:
    address, segment = file_and_segment(path)
    path = Path(address)
    if segment is not None:
        file = _last_opened(path, hashed=hashed)
        if segment.fault:
            raise UnreadableItemError(f"{path.name}: {segment.fault}")
        own = f"{file.content_hash}{segment_uri('', segment)}".encode()
        content_hash = hashlib.blake2b(own, digest_size=16).hexdigest() if hashed else ""
        yield replace(file, content_hash=content_hash, segment=segment)
        return
    if is_away(address):
        with fetched(address) as here, _opened(Path(file_uri(str(here))), hashed=hashed) as file:
            yield file
        return
    digest = hashlib.blake2b(digest_size=16)
    with _said(path):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # A pipe would block for ever and a device never ends.
            raise UnreadableItemError(f"{path.name}: not a regular file")
        stream = path.open("rb", buffering=0)
    with stream:
        with _said(path):
            # A raw read sets aside as much memory as it is asked for: not a megabyte for a short clip.
            most = min(_CHUNK, status.st_size + 1) if hashed else _HEAD
            head = chunk = stream.read(most)
            size = len(chunk) if hashed else status.st_size
            while hashed and chunk:
                digest.update(chunk)
                chunk = stream.read(most) if size != status.st_size else stream.read(1)
                size += len(chunk)
            stream.seek(0)
        if not head:
            raise EmptyItemError(f"{path.name}: 0 bytes long")
        start, detected = _behind_tags(stream, head[:_HEAD])
        yield OpenFile(path, stream, head[:_HEAD], size, digest.hexdigest() if hashed else "", start, detected)


def _at(stream: io.FileIO, offset: int, n: int) -> bytes:
    position = stream.tell()
    try:
        stream.seek(offset)
        return stream.read(n) or b""
    finally:
        stream.seek(position)


def _behind_tags(stream: io.FileIO, head: bytes) -> tuple[int, str | None]:
    """Where the content begins behind ID3 tags, and its type; a tag with nothing known behind it is MP3's."""
    start, here = 0, head
    while here.startswith(b"ID3") and len(here) >= 10:
        a, b, c, d = (byte & 127 for byte in here[6:10])
        start += 10 + (a << 21 | b << 14 | c << 7 | d) + 10 * (here[5] >> 4 & 1)
        here = _at(stream, start, _HEAD)
    if not start:
        return 0, detect_type(head)
    detected = detect_type(here)
    return start, detected if detected not in (None, "text") else "mp3"


def _last_opened(path: Path, *, hashed: bool) -> OpenFile:
    """The file that stretches are read of, which stays open for the next of them until another one is asked for."""
    key: tuple[str | int, ...] = (str(path),)
    if not is_remote(str(path)):
        with _said(path):
            status = Path(container_of(path)).stat()
        key += (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    file: OpenFile | None = getattr(_LAST, "file", None)
    known = _HASHES.get(key, "")
    if file is None or _LAST.key != key or (hashed and not known):
        _LAST.file = None
        if (stack := getattr(_LAST, "stack", None)) is not None:
            stack.close()
        _LAST.stack = contextlib.ExitStack()
        file = _LAST.stack.enter_context(opened_file(Path(file_uri(str(path))), hashed=hashed and not known))
        _LAST.file, _LAST.key = file, key
        if file.content_hash:
            while len(_HASHES) >= _MOST_HASHES:
                _HASHES.pop(next(iter(_HASHES)), None)
            _HASHES[key] = file.content_hash
    return replace(file, content_hash=known or file.content_hash)


_LAST = threading.local()
_HASHES: dict[tuple[str | int, ...], str] = {}
"""Of files that stretches were asked of, by what changes with their bytes."""
_MOST_HASHES = 4096


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if path.is_symlink() and "annex/objects" in str(path.readlink()):
            raise NotFetchedError(f"{path.name}: {POINTERS['git-annex'][1]}") from error
        raise MissingItemError(f"{path.name}: no such file", hint="correct the path or remove the row") from error
    except OSError as error:
        raise UnreadableItemError(f"{path.name}: {_reason(error)}") from error


def identify(path: Path) -> Measured:
    """Identity of a file's bytes without decoding them, for items that decode and items that do not.

    Parameters
    ----------
    path : Path
        Of a file, or one that holds a text itself (see ``dsaudit.dataset.inline``).

    Returns
    -------
    dict
        ``content_hash`` (hex of blake2b with 16 bytes), ``file_bytes``, ``file_suffix`` (lower case with
        the dot), ``detected_type`` (see ``detect_type``), ``suffix_fits`` (1 the suffix can mean that type, 0 it
        cannot, NaN where either is unknown).

    Raises
    ------
    MissingItemError, EmptyItemError, UnreadableItemError
    """
    if (text := inline_text(path)) is not None:
        return _identify_text(text)
    with _opened(path, hashed=True) as file:
        return file.identity()


def _identify_text(text: str) -> Measured:
    data = text.encode("utf-8", "surrogatepass")
    if not data:
        raise EmptyItemError("an empty text")
    return {
        "content_hash": hashlib.blake2b(data, digest_size=16).hexdigest(),
        "file_bytes": float("nan"),
        "file_suffix": "",
        "detected_type": "text",
        "suffix_fits": float("nan"),
    }


def suffix_fits(suffix: str, detected: str | None) -> float:
    """1 the suffix can mean that type, 0 it cannot, NaN where either is not known."""
    promised = SUFFIX_TYPES.get(suffix)
    return float("nan") if promised is None or detected is None else float(detected in promised)


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a symbolic link that leads back to itself"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "no permission to read it"
    return (error.strerror or str(error)).lower()
