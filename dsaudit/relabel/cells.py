"""Cells of a CSV file that a spreadsheet will open."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def defused(text: str) -> str:
    """``text`` that a spreadsheet takes as text, never as a formula: a leading ``'`` where it would not."""
    return f"'{text}" if text.startswith(_FORMULA) else text
