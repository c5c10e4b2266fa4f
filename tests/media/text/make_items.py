"""Texts that the laws of rules are tried on."""

from __future__ import annotations

from pathlib import Path

_WORDS = ("turn the light off", "what is the weather like", "play some quiet music")


def write_item(stem: Path, k: int) -> Path:
    """The k-th of three sentences, in every twelve four that are odd: one letter, long, white space, other signs."""
    odd = {5: "a", 7: "very " * (100 + k), 8: " \n ", 11: "؟ مرحبا 🦊"}
    path = stem.with_suffix(".txt")
    path.write_text(odd.get(k % 12, f"{_WORDS[k % 3]}, {k} times"), encoding="utf-8")
    return path
