"""Characters that nobody sees: controls, marks without width, turns of the direction of writing."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = {
    "\u00ad": "soft hyphen",
    "\u180e": "Mongolian vowel separator",
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u200e": "left-to-right mark",
    "\u200f": "right-to-left mark",
    "\u2060": "word joiner",
    "\u2061": "function application",
    "\u3164": "Hangul filler",
    "\ufeff": "byte order mark",
}
_TURNS = "\u202a-\u202e\u2066-\u2069"
_HIDDEN = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u180e\u200b-\u200f{_TURNS}\u2060-\u2064\u3164\ufeff\ufff9-\ufffb]"
    "|[\U000e0001-\U000e007f]+"
)
_TURN = re.compile("[\u200e\u200f\u202a-\u202c\u2066-\u2069]")
"""Marks of direction, without those that turn letters round."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_JOINS = re.compile("[\u0600-\u06ff\u0700-\u074f\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18aa]")
"""Scripts in which joiners are a part of spelling."""
_DRAWN = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
_FLAG = "\U0001f3f4"


def hidden_characters(text: str) -> tuple[int, str | None]:
    r"""How many characters nobody sees and nobody needs, and which, in words.

    Joiners within emoji and in scripts that need them, direction marks beside right-to-left letters, tabs and line ends
    are where they belong.

    Examples
    --------
    >>> hidden_characters("pay\u200bpal now\x00")
    (2, 'control character U+0000, zero-width space')
    >>> hidden_characters("👨\u200d👩\u200d👧 می\u200cخواهم")
    (0, None)
    """
    found: Counter[str] = Counter()
    for _, n, name in _places(text):
        found[name] += n
    return sum(found.values()), ", ".join(sorted(found)) or None


def without_hidden(text: str) -> str:
    r"""The text without those characters.

    >>> without_hidden("pay\u200bpal now\x00")
    'paypal now'
    """
    kept, start = [], 0
    for at, n, _ in _places(text):
        kept.append(text[start:at])
        start = at + n
    return "".join([*kept, text[start:]])


def _places(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each is, how many characters it has, and its name."""
    if text.isascii() and text.isprintable():
        return
    turned = bool(_RIGHT_TO_LEFT.search(text))
    for match in _HIDDEN.finditer(text):
        sign, at = match[0], match.start()
        before, after = text[at - 1 : at], text[match.end() : match.end() + 1]
        if sign[0] >= "\U000e0001":
            if before != _FLAG:
                yield at, len(sign), "tag characters"
        elif not (_joined(sign, before, after) or (turned and _TURN.match(sign))):
            yield at, 1, _named(sign)


def _joined(sign: str, before: str, after: str) -> bool:
    """Whether it is a joiner where letters or emoji are written with one."""
    beside = _JOINS.match(before) or _DRAWN.match(before) or _DRAWN.match(after)
    return sign in "\u200c\u200d" and bool(beside)


def _named(sign: str) -> str:
    if sign in _NAMES:
        return _NAMES[sign]
    turn = "\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069"
    return f"{'direction' if turn else 'control'} character U+{ord(sign):04X}"
