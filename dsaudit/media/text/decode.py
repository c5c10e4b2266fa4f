"""From bytes to text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.errors import TooLargeItemError, UnreadableItemError

if TYPE_CHECKING:
    from dsaudit.media.file import OpenFile

LARGEST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text, and the encoding that its bytes are in."""

    text: str
    encoding: str


def decoded(file: OpenFile) -> EncodedText:
    """The text of an open file.

    Raises
    ------
    TooLargeItemError, UnreadableItemError
    """
    if file.n_bytes > LARGEST_BYTES:
        raise TooLargeItemError(f"{file.path.name}: {file.n_bytes:,} bytes are too many for one text")
    try:
        return EncodedText(file.stream.read().decode("utf-8-sig"), "utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableItemError(f"{file.path.name}: not UTF-8 text") from error
