"""Texts: rows of a manifest, or small files. Counted and hashed; nothing judges what they say yet."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsaudit.dataset.inline import inline_text
from dsaudit.errors import EmptyItemError, UnreadableItemError
from dsaudit.media.base import Preview
from dsaudit.media.file import identify, opened_file

if TYPE_CHECKING:
    from dsaudit.media.base import Measured
    from dsaudit.media.file import OpenFile
    from dsaudit.rule import Measure

PREVIEW_CHARACTERS = 4_000
_LARGEST_BYTES = 16 * 2**20
_BROKEN = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u2022\u2026\u2030\u20ac\u2122]+|\ufffd"
)
"""UTF-8 that was read as Latin-1 or Windows-1252, and what stands for bytes that could not be read."""


@dataclass(frozen=True, slots=True)
class TextMedia:
    """Texts in any script; see ``dsaudit.media.base.Media``."""

    modality: str = "text"
    measure_version: str = "2"
    read_version: str = "1"

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """What ``file.identify`` tells, the length of the text, and its hash.

        Returns
        -------
        dict
            ``n_characters``, ``n_words`` (parted by white space), ``broken_share`` (of the characters: those that a
            wrong encoding leaves, such as ``Ã¼`` and ``�``, 0 to 1), ``sample_hash`` (of the text with compatible
            characters, case and white space made one: NFKC, casefolded) and ``perceptual_hash`` (empty).

        Raises
        ------
        MissingItemError, EmptyItemError, UnreadableItemError
        """
        text = inline_text(path)
        if text is None:
            with opened_file(Path(path)) as file:
                measured, text = file.identity(), _decoded(file)
        else:
            measured = identify(path)
        plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        if not plain:
            raise EmptyItemError("nothing but white space")
        measured |= {
            "n_characters": len(text),
            "n_words": len(text.split()),
            "broken_share": sum(map(len, _BROKEN.findall(text))) / len(text),
            "sample_hash": hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(),
            "perceptual_hash": "",
        }
        for one in extra:
            try:
                measured[one.name] = float(one.fn(text))
            except Exception:  # a plug-in's measure must not lose the item
                measured[one.name] = float("nan")
        return measured

    def read(self, path: Path) -> str:
        """The text, for the encoder."""
        own = inline_text(path)
        if own is not None:
            return own
        path = Path(path)
        with opened_file(path, hashed=False) as file:
            return _decoded(file)

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """The first 4,000 characters; a text has no smaller picture of itself, so it comes in any case."""
        text = self.read(path)
        shown = text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + " …"
        return Preview(mime="text/plain", data=shown.encode("utf-8", "replace"), thumbnail=b"")


def _decoded(file: OpenFile) -> str:
    if file.n_bytes > _LARGEST_BYTES:
        raise UnreadableItemError(f"{file.path.name}: {file.n_bytes:,} bytes are too many for one text")
    try:
        return file.stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableItemError(f"{file.path.name}: not UTF-8 text") from error


MEDIA = TextMedia()
