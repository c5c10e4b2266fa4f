"""From the bytes of a file to its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.dataset.text import decoded_text
from dsaudit.errors import DatasetError, TooLargeItemError, UnreadableItemError

if TYPE_CHECKING:
    from dsaudit.dataset.text import ManifestText
    from dsaudit.media.file import OpenFile

LARGEST_BYTES = 16 * 2**20
_MOST_NULLS = 0.1
"""Share of characters up to which nulls are damage in a text; a file of more is none."""


def decoded(file: OpenFile) -> ManifestText:
    """The text of an open file, read as a manifest is: single lines may be in Windows-1252.

    Raises
    ------
    TooLargeItemError, UnreadableItemError
    """
    name = file.path.name
    if file.n_bytes > LARGEST_BYTES:
        raise TooLargeItemError(f"{name}: {file.n_bytes:,} bytes are too many for one text")
    try:
        read = decoded_text(file.stream.read(), name)
    except DatasetError as error:
        raise UnreadableItemError(f"{name}: not text in UTF-8, UTF-16 or Windows-1252") from error
    n_nulls = read.text.count("\0")
    if n_nulls > _MOST_NULLS * len(read.text) or (n_nulls and "1252" in read.encoding):
        raise UnreadableItemError(f"{name}: not text, but bytes of another kind")
    return read
