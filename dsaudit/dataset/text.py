"""The text of a manifest, or one clear line why there is none."""

from __future__ import annotations

import codecs
import gzip
import os
import re
import zlib
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from dsaudit.dataset.names import counted, shown
from dsaudit.errors import DatasetError, DsauditError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 1 << 32
_FEW_NULLS = 0.01
_ENDS = re.compile(rb"(?<=\n)|(?<=\r)(?!\n)")
_UNLIKELY = re.compile(
    "[\x80-\x9f]|[À-ÖØ-öø-ÿŠŽšžŒœŸ]{3}"  # an unassigned byte; letters that are seldom together
    "|(?<=[a-zà-öø-ÿšžœ])[À-ÖØ-ÞŠŽŒ](?=[a-zà-öø-ÿšžœ]|\\b)"  # a capital within or at the end of a word
    "|(?<=[^\\W\\d_])[¡-©«-´¶-¹»-¿×÷›](?=[^\\W\\d_])|(?<=[^\\W\\d_])[‚ƒ„†‡ˆ‰‹]"  # a sign between letters, or after one
)
"""What Windows-1252 hardly ever holds: bytes of another encoding read as it."""


@dataclass(frozen=True, slots=True)
class ManifestText:
    """What a manifest holds.

    Attributes
    ----------
    text : str
        Without byte order mark; line ends as they are.
    notes : tuple of str
        How it was decoded, where that was not as UTF-8.
    encoding : str
        ``utf-8``, ``utf-16``, ``utf-32``, ``windows-1252``, or two of them that lines are in.
    """

    text: str
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8"


def manifest_suffix(path: Path) -> str:
    """Suffix in lower case that says what a file holds; what ``.gz`` packs counts.

    Examples
    --------
    >>> from pathlib import Path
    >>> manifest_suffix(Path("words.JSONL.gz")), manifest_suffix(Path("words.csv"))
    ('.jsonl', '.csv')
    """
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def file_text(path: Path) -> str:
    """Content of a text file in UTF-8, or in UTF-16 or UTF-32 with a byte order mark; packed with gzip or not.

    Raises
    ------
    DatasetError
        Cannot be read, or is not such text.
    """
    data = _content(path)
    text = _marked(data, path.name)
    if text is None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _not_utf8(path.name, data, error) from error
    return _without_null(text, path.name)


def manifest_text(path: Path) -> ManifestText:
    """Content of a file as ``file_text`` has it, where single lines may be Windows-1252.

    A line that is not UTF-8 is taken as Windows-1252 if that gives words; in a file that is plainly UTF-8 its
    undecodable bytes become U+FFFD else.

    Raises
    ------
    DatasetError
        Cannot be read, or is text in neither.
    """
    read = decoded_text(_content(path), path.name)
    if 0 < (n := read.text.count("\0")) <= _FEW_NULLS * len(read.text):
        left_out = f"{counted(n, 'null character')} of {shown(path.name)} left out"
        read = replace(read, text=read.text.replace("\0", ""), notes=(*read.notes, left_out))
    _without_null(read.text, path.name)
    return read


def decoded_text(data: bytes, name: str) -> ManifestText:
    """Bytes as text: by a mark, as UTF-8, or line by line as ``manifest_text`` says; with the nulls that are in it.

    Raises
    ------
    DatasetError
        It is text in neither.

    Examples
    --------
    >>> decoded_text("schön\\n".encode() + "für uns\\n".encode("cp1252"), "a.txt").encoding
    'utf-8 and windows-1252'
    """
    marked = _marked(data, name)
    if marked is not None:
        return ManifestText(marked, encoding="utf-32" if data[:4] in dict(_MARKS[:2]) else "utf-16")
    try:
        return ManifestText(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _by_line(data.removeprefix(codecs.BOM_UTF8), name, error)


def head_text(data: bytes) -> str:
    """The beginning of a manifest as far as it can be decoded: for looking at, not for reading.

    Examples
    --------
    >>> head_text("path,label".encode("utf-16"))
    'path,label'
    """
    if data.startswith(_GZIP):
        data = zlib.decompressobj(wbits=31).decompress(data, len(data))
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8-sig")
    return data.decode(encoding, errors="ignore")


def unreadable(path: Path, error: OSError) -> DatasetError:
    """The error for a path that the system does not let us read."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return DatasetError(f"cannot read {shown(path)}: {reason}", hint="check its permissions")


def in_one_line(read: Callable[Concatenate[Path, P], T]) -> Callable[Concatenate[Path, P], T]:
    """A reader of files that come from anywhere: whatever one makes of it and of its libraries is one line of ours.

    Raises
    ------
    DatasetError
        In the place of anything else.
    """

    @wraps(read)
    def read_or_refuse(path: Path, /, *args: P.args, **options: P.kwargs) -> T:
        try:
            return read(path, *args, **options)
        except (DsauditError, MemoryError):
            raise
        except OSError as error:
            raise unreadable(path, error) from error
        except Exception as error:  # what a damaged file makes of a reader follows no rule
            raise DatasetError(
                f"{shown(path)} cannot be read: something in it is not what it should be ({type(error).__name__})",
                hint="is it damaged, or of another kind than its name says? write or export it again",
            ) from error

    return read_or_refuse


def _content(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(path) as stream:
            data = stream.read(_MOST_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(
            f"{shown(path.name)} cannot be unpacked: {error}", hint="it was cut off or is damaged: copy it again"
        ) from error
    if len(data) == _MOST_BYTES:
        raise DatasetError(f"{shown(path.name)} unpacks to more than 4 GiB", hint="unpack it and split it")
    return data


def _marked(data: bytes, name: str) -> str | None:
    """Text of UTF-16 and UTF-32 with a byte order mark."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    if encoding is None:
        return None
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{shown(name)} begins as {encoding.upper()} text and is none: byte {error.start}", hint="save it as UTF-8"
        ) from error


def _without_mark(data: bytes) -> str | None:
    """UTF-16 by the nulls beside its plain letters."""
    head = data[:200]
    for encoding, nulls, letters in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if len(nulls) > 3 and not any(nulls) and all(letters[: len(nulls)]):
            return encoding
    return None


def _by_line(data: bytes, name: str, error: UnicodeDecodeError) -> ManifestText:
    lines = _ENDS.split(data)
    texts: list[str] = []
    foreign: list[int] = []
    broken: list[int] = []
    any_utf8 = False
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode()
            any_utf8 = any_utf8 or not line.isascii()
        except UnicodeDecodeError:
            text = _windows_1252(line)
            odd = foreign
            if _UNLIKELY.search(text):
                text, odd = line.decode(errors="replace"), broken
            odd.append(number)
        texts.append(text)
    if broken and not any_utf8:
        raise _not_utf8(name, data, error)
    notes = []
    if foreign:
        notes.append(f"read as Windows-1252, for they are not UTF-8: {listed_lines(foreign)} of {shown(name)}")
    if broken:
        notes.append(f"bytes that are no text are shown as \ufffd: {listed_lines(broken)} of {shown(name)}")
    encodings = ["utf-8"] * (any_utf8 or bool(broken) or not foreign) + ["windows-1252"] * bool(foreign)
    return ManifestText("".join(texts), tuple(notes), " and ".join(encodings))


def _windows_1252(line: bytes) -> str:
    """Windows leaves five bytes unassigned; they become the control characters of the same number."""
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes([b]).decode("cp1252") if b not in b"\x81\x8d\x8f\x90\x9d" else chr(b) for b in line)


def listed_lines(numbers: Sequence[int], *, most: int = 5) -> str:
    """``3 lines (4, 17, 230)``."""
    places = ", ".join(map(str, numbers[:most])) + (", …" if len(numbers) > most else "")
    return f"{counted(len(numbers), 'line')} ({places})"


def _without_null(text: str, name: str) -> str:
    if "\0" in text:
        raise DatasetError(f"{shown(name)} is not a text file", hint="its suffix promises a text manifest")
    return text


def _not_utf8(name: str, data: bytes, error: UnicodeDecodeError) -> DatasetError:
    line = len(_ENDS.split(data[: error.start + 1]))
    return DatasetError(
        f"{shown(name)}, line {line}: byte 0x{error.object[error.start]:02x} is not UTF-8 text",
        hint=f"save it as UTF-8 from the program that wrote it, or: iconv -f ITS-ENCODING -t UTF-8 {shown(name)}",
    )
