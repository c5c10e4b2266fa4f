"""From texts to the pieces of words that BERT reads.

``vocabulary.txt.xz`` is the vocabulary of ``bert-base-uncased`` (Google, Apache-2.0), which MiniLM shares.
"""

from __future__ import annotations

import lzma
import unicodedata
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAD, UNKNOWN, FIRST, LAST = 0, 100, 101, 102
MAX_PIECES = 128
"""Pieces that are read of a text, its marks of begin and end among them: what MiniLM was trained with."""

_MAX_WORD = 100
_MAX_CHARACTERS = 32 * MAX_PIECES
_IDEOGRAPHS = (
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F)),
    *((0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)),
)


@cache
def vocabulary() -> Mapping[str, int]:
    """Number of each piece; one that goes on a word begins with ``##``."""
    stored = resources.files("dsaudit.media.text.network").joinpath("vocabulary.txt.xz").read_bytes()
    return {piece: k for k, piece in enumerate(lzma.decompress(stored).decode("utf-8").split("\n"))}


def pieces(text: str, *, most: int = MAX_PIECES) -> list[int]:
    """Numbers of the pieces of a text between those of begin and end, ``most`` in all; the rest is not read.

    As BERT does it, uncased: without accents and control characters, words parted at white space, punctuation and
    ideographs, each into the longest pieces known. Of characters, too, only so many are looked at as could matter.

    >>> pieces("Where is my card?")
    [101, 2073, 2003, 2026, 4003, 1029, 102]
    """
    found = [FIRST]
    for chunk in text[:_MAX_CHARACTERS].split():
        found += _of_chunk(chunk)
        if len(found) >= most:
            break
    return [*found[: most - 1], LAST]


@lru_cache(maxsize=2**17)
def _of_chunk(chunk: str) -> tuple[int, ...]:
    """Of characters without white space between them."""
    return tuple(piece for word in _words(chunk) for piece in _of_word(word))


def _words(chunk: str) -> Iterator[str]:
    if chunk.isascii() and chunk.isalnum():
        yield chunk.lower()
        return
    kept = "".join(c for c in chunk if c != "\ufffd" and unicodedata.category(c)[0] != "C")
    if not kept.isascii():
        kept = "".join(c for c in unicodedata.normalize("NFD", kept) if unicodedata.category(c) != "Mn")
    word = ""
    for c in kept.lower():
        if c.isspace():
            yield from filter(None, [word])
            word = ""
        elif _stands_alone(c):
            yield from filter(None, [word])
            yield c
            word = ""
        else:
            word += c
    yield from filter(None, [word])


def _stands_alone(c: str) -> bool:
    if c.isascii():
        return not c.isalnum()
    code = ord(c)
    return unicodedata.category(c)[0] == "P" or any(low <= code <= high for low, high in _IDEOGRAPHS)


def _of_word(word: str) -> list[int]:
    known = vocabulary()
    if len(word) > _MAX_WORD:
        return [UNKNOWN]
    found: list[int] = []
    begin = 0
    while begin < len(word):
        for end in range(len(word), begin, -1):
            if (piece := known.get(("##" if begin else "") + word[begin:end])) is not None:
                found.append(piece)
                begin = end
                break
        else:
            return [UNKNOWN]
    return found
