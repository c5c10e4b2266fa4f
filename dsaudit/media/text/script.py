"""Letters of one script in words of another that they look like."""

from __future__ import annotations

import re
import unicodedata

_LIKE_LATIN = {
    **dict(zip("аеорсухіјѕһԁѡԛ", "aeopcyxijshdwq", strict=True)),
    **dict(zip("АВЕКМНОРСТХУІЈЅԌ", "ABEKMHOPCTXYIJSG", strict=True)),
    **dict(zip("ονυρικχτα", "ovupikxta", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
}
"""Cyrillic and Greek letters, and the Latin ones that they are taken for."""
_WORD = re.compile(r"[^\W\d_]+")
_STYLED = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a]{2,}")
_EAST = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LEAST_LETTERS = 3


def look_alikes(text: str) -> str | None:
    """Words in which letters of another script stand for those they look like; None where there are none.

    Examples
    --------
    >>> look_alikes("verify your pаypal account")
    'pаypal (Cyrillic а)'
    >>> look_alikes("5 µm, Δt und β-Carotin"), look_alikes("Привет from Moscow")
    (None, None)
    """
    if text.isascii():
        return None
    found: list[str] = []
    words = _WORD.findall(text)
    for word in words:
        odd = dict.fromkeys(letter for letter in word if letter in _LIKE_LATIN)
        if not odd or len(word) < _LEAST_LETTERS:
            continue
        scripts = {_script(letter) for letter in word}
        if "Latin" in scripts and len(scripts) > 1:
            found.append(f"{word} ({', '.join(f'{_script(letter)} {letter}' for letter in odd)})")
        elif "Latin" not in scripts and all(letter in _LIKE_LATIN for letter in word) and _is_latin(words, word):
            found.append(f"{word} (all {_script(word[0])})")
    if not _EAST.search(text):
        found += [f"{match} (letters drawn as signs)" for match in _STYLED.findall(text)]
    return ", ".join(dict.fromkeys(found)) or None


def _is_latin(words: list[str], but: str) -> bool:
    others = [letter for word in words if word != but for letter in word]
    return bool(others) and all(_script(letter) == "Latin" or letter in _LIKE_LATIN for letter in others)


def _script(letter: str) -> str:
    """``Latin``, ``Cyrillic``, ``Greek`` or the first word of its name in Unicode."""
    if letter.isascii():
        return "Latin"
    return unicodedata.name(letter, "?").partition(" ")[0].capitalize().replace("Micro", "Latin")
