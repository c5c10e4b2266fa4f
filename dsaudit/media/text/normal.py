"""The forms in which texts are compared: what a reader cannot see is left out, then what makes no other text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from dsaudit.dataset.inline import PART, parts

if TYPE_CHECKING:
    from collections.abc import Callable

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)
"""What shows nothing: zero-width characters, direction marks, fillers, soft hyphens, variation selectors, tags."""

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_ARABIC = str.maketrans(
    {**dict.fromkeys("أإآٱٲٳٵ", "ا"), **dict.fromkeys("ىیېۍ", "ي"), **dict.fromkeys("کڪ", "ك"), "\u0640": None}
)
_VOWELS = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06ed]"
)
"""Hebrew and Arabic signs for vowels and for reading aloud, which most writers leave out."""
_ACCENTED = re.compile("[\u0300-\u036f]+")
_OWN_LETTERS = re.compile("([\u0418\u0438]\u0306|[\u0406\u0456]\u0308)")
"""й and ї: to those who write them no letters with an accent."""
_READ = re.compile(
    r"((?<!\w)[<>]?[:;=8][-o*'^]?(?:[()\[\]|/\\*@]+|[dDpPoO3](?!\w))"  # :) ;-( =D
    r"|(?<=\d)[.,:/-](?=\d)|(?<![\w)])[-\u2212](?=\.?\d))"  # 3.5, 10:30, -4
)
_MAY_BE_READ = re.compile(r"[:;=\d\u2212-]")
"""One of these is in all that ``_READ`` finds, which takes ten times as long to look for."""
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u05f3\u05f4`\u00b4]")
_TELLING = frozenset("%&@#\u066a")
"""Punctuation, by Unicode, that is read aloud."""
_ASCII_POINTS = str.maketrans(
    {
        c: None if c in "'`" else " "
        for c in map(chr, range(128))
        if unicodedata.category(c)[0] == "P" and c not in _TELLING
    }
    | {"`": None}
)
"""What becomes of the others among ASCII: what is left out in any text, at once."""


@lru_cache(maxsize=8)  # what is measured of one text asks for it time and again
def seen(text: str) -> str:
    r"""The text as a reader sees it: composed, without what shows nothing, any white space one blank.

    Examples
    --------
    >>> seen("\u200fIs  it\u200b open?\n")
    'Is it open?'
    """
    if PART in text:
        return PART.join(map(seen, parts(text)))
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return " ".join(_CONTROL.sub("", text).split())


def _in_common_forms(text: str) -> str:
    """Presentation forms, widths, stretched letters, digits of other scripts, forms of alef, yeh and kaf made one."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_ARABIC)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _without_vowel_signs(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _VOWELS.sub("", unicodedata.normalize("NFD", text)))


def _without_punctuation(text: str) -> str:
    """Signs that are read, those within numbers and emoticons stay; a text of nothing but signs does, too."""
    parts = _READ.split(text) if _MAY_BE_READ.search(text) else [text]
    parts[::2] = map(_unpointed, parts[::2])
    return " ".join("".join(parts).split()) or text


def _unpointed(text: str) -> str:
    if text.replace(" ", "").isalnum():
        return text
    if text.isascii():
        return text.translate(_ASCII_POINTS)
    text = _APOSTROPHES.sub("", text)
    return "".join(" " if unicodedata.category(c)[0] == "P" and c not in _TELLING else c for c in text)


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    parts = _OWN_LETTERS.split(unicodedata.normalize("NFD", text))
    parts[::2] = (_ACCENTED.sub("", part) for part in parts[::2])
    return unicodedata.normalize("NFC", "".join(parts))


_STEPS: dict[str, Callable[[str], str]] = {
    "forms of letters": _in_common_forms,
    "vowel signs": _without_vowel_signs,
    "case": str.casefold,
    "punctuation": _without_punctuation,
    "accents": _without_accents,
}
"""What makes no other text of one, and how it is left out."""


@lru_cache(maxsize=8)
def plain(text: str, *, but: str = "") -> str:
    """``seen`` without all that makes no other text: case, punctuation, accents, vowel signs, forms of letters.

    Parameters
    ----------
    text : str
    but : str
        One of those that stays.

    Examples
    --------
    >>> plain("'I WANT the café bill!!'"), plain("re-open at 3.5 %"), plain("good :)"), plain("?!")
    ('i want the cafe bill', 're open at 3.5 %', 'good :)', '?!')
    >>> plain("شُغِّل") == plain("شغــل"), plain("мой") == plain("мои")
    (True, False)
    """
    if PART in text:
        return PART.join(plain(part, but=but) for part in parts(text))
    text = seen(text)
    for name, left_out in _STEPS.items():
        if name != but:
            text = left_out(text)
    return text


def difference(a: str, b: str) -> str | None:
    """What two texts differ in that makes no two texts of them, in words; None where they are two.

    Accents make none where one of both has not any, as if typed on a keyboard without them.

    Examples
    --------
    >>> difference("Pay it", "PAY it!"), difference("Café", "cafe"), difference("má", "mà"), difference("a", "a ")
    ('case and punctuation differ', 'case and accents differ', None, '')
    """
    if plain(a) != plain(b):
        return None
    differ = [name for name in _STEPS if plain(a, but=name) != plain(b, but=name)]
    if "accents" in differ and all(plain(text) != plain(text, but="accents") for text in (a, b)):
        return None
    if not differ:
        return ""
    return f"{' and '.join(differ)} {'differs' if differ in (['case'], ['punctuation']) else 'differ'}"
