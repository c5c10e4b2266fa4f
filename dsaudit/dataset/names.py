"""File names as identifiers: any bytes in, valid Unicode out, one form on every platform."""

from __future__ import annotations

import os
import posixpath
import unicodedata
from pathlib import Path


def safe_text(text: str) -> str:
    r"""``text`` as valid Unicode, so that it can be written as JSON, Parquet and HTML.

    A byte that is not UTF-8 (held by Python as a surrogate) becomes ``\xNN`` and any other lone
    surrogate ``\uNNNN``. Everything else, newlines and decomposed accents included, stays as it is:
    the file system tells such names apart, so the identifier must too.

    Examples
    --------
    >>> safe_text("caf\udce9.wav")  # a byte of Latin-1 in a name
    'caf\\xe9.wav'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_escaped(c) for c in text)
    return text


def _escaped(character: str) -> str:
    point = ord(character)
    if 0xDC80 <= point <= 0xDCFF:
        return f"\\x{point - 0xDC00:02x}"
    return f"\\u{point:04x}" if 0xD800 <= point <= 0xDFFF else character


def absolute(path: str | os.PathLike[str]) -> Path:
    """``path`` absolute, with ``~`` expanded and symbolic links kept."""
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111 - Path.absolute keeps ".."


def shown(path: str | os.PathLike[str]) -> str:
    r"""``path`` on one printable line, for messages.

    Examples
    --------
    >>> shown("two\nlines.wav")
    'two\\nlines.wav'
    """
    return safe_text(os.fspath(path)).replace("\n", "\\n").replace("\r", "\\r")


def counted(n: int, noun: str) -> str:
    """``1 file``, ``2 files``.

    Examples
    --------
    >>> counted(1, "file"), counted(2, "file")
    ('1 file', '2 files')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def told_apart(text: str) -> str:
    r"""``text`` in quotes, with the code points of what is not seen and of accents that stand on their own.

    Examples
    --------
    >>> print(told_apart("a\u200bnna"), told_apart("Zoe\u0308"), told_apart("Zo\u00eb"))
    'a\u200bnna' 'Zoe\u0308' 'Zoë'
    """
    if unicodedata.normalize("NFC", text) == text:
        return repr(text)
    return "".join(f"\\u{ord(c):04x}" if unicodedata.combining(c) else c for c in repr(text))


def same_place(path: str) -> str:
    r"""What file systems that ignore case or Unicode form tell apart.

    Examples
    --------
    >>> same_place("Caf\u00e9.WAV") == same_place("cafe\u0301.wav")
    True
    """
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def located(path: str, root: str) -> tuple[str, str]:
    """Identifier and absolute path of a manifest's entry.

    Parameters
    ----------
    path : str
        Relative to ``root`` or absolute; separators of either platform.
    root : str
        Absolute folder.

    Returns
    -------
    item_id : str
        Path relative to ``root`` with ``/``; an absolute path where the file lies elsewhere.
    uri : str

    Examples
    --------
    >>> located("yes/../no/1.wav", "/words")
    ('no/1.wav', '/words/yes/../no/1.wav')
    """
    uri = os.path.join(root, path)  # noqa: PTH118 - a Path per row costs seconds on large manifests
    if "\\" in path and not os.path.lexists(uri):
        path = path.replace("\\", "/")
        uri = os.path.join(root, path)  # noqa: PTH118
    item_id = posixpath.normpath(uri.replace(os.sep, "/"))
    prefix = root.replace(os.sep, "/").rstrip("/") + "/"
    return safe_text(item_id.removeprefix(prefix)), uri


def made_unique(ids: list[str]) -> tuple[list[str], int]:
    """``ids`` with ``#2``, ``#3`` … after repeats, and the number of repeats.

    Examples
    --------
    >>> made_unique(["a", "b", "a", "a"])
    (['a', 'b', 'a#2', 'a#3'], 2)
    """
    taken = set(ids)
    if len(taken) == len(ids):
        return ids, 0
    seen: dict[str, int] = {}
    unique: list[str] = []
    for item_id in ids:
        count = seen.get(item_id, 0) + 1
        name = item_id
        if count > 1:
            while (name := f"{item_id}#{count}") in taken:
                count += 1
            taken.add(name)
        seen[item_id] = count
        unique.append(name)
    return unique, len(ids) - len(seen)
