"""Texts as other tools can hold them: cells of a CSV file that a spreadsheet will open, labels in XML."""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HELD_NOWHERE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def defused(text: str) -> str:
    """``text`` that a spreadsheet takes as text, never as a formula: a leading ``'`` where it would not."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def written_out(text: str) -> str:
    r"""``text`` with every character that XML, and so a spreadsheet, cannot hold as its escape.

    >>> written_out("up\x01")
    'up\\x01'
    """
    return _HELD_NOWHERE.sub(lambda found: repr(found[0])[1:-1], text)
