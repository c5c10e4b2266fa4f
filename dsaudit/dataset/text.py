"""The text of a manifest, or one clear line why there is none."""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING

from dsaudit.dataset.names import shown
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def file_text(path: Path) -> str:
    """Content of a UTF-8 file, without byte order mark.

    Raises
    ------
    DatasetError
        Cannot be read, or is not UTF-8 text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    again = f"save it as UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8 {shown(path.name)}"
    if data.startswith(_WIDE):
        raise DatasetError(f"{shown(path.name)} is UTF-16 text", hint=again.replace("WINDOWS-1252", "UTF-16"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{shown(path.name)}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8 text", hint=again
        ) from error
    if "\0" in text:
        raise DatasetError(f"{shown(path.name)} is not a text file", hint="its suffix promises a text manifest")
    return text


def unreadable(path: Path, error: OSError) -> DatasetError:
    """The error for a path that the system does not let us read."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return DatasetError(f"cannot read {shown(path)}: {reason}", hint="check its permissions")
