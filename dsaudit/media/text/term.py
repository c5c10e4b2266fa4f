"""Words of a text and pairs of them, by which classes and clusters are described, and the places where they stand."""

from __future__ import annotations

import itertools
import re
import unicodedata

_WORD = re.compile(r"\[[a-z-]+\]|[^\W_]+(?:['’._\-@&][^\W_]+)*")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""Scripts that put no blanks between words: two signs at a time stand for one."""


def terms(text: str) -> list[tuple[str, int, int]]:
    """Name, start and end of each word, lower case, and of each two that follow one another within a sentence.

    Tags such as ``[e-mail]`` that stand for personal data are no words.

    Examples
    --------
    >>> [name for name, _, _ in terms("Where's my card? Thanks")]
    ["where's", 'my', 'card', 'thanks', "where's my", 'my card']
    >>> [name for name, _, _ in terms("靴のサイズ")]
    ['靴の', 'のサ', 'サイ', 'イズ']
    """
    words: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(text):
        if match[0].startswith("["):
            continue
        at = match.start()
        parts = list(_UNSPACED.finditer(match[0]))
        if not parts:
            words.append((_named(match[0]), at, match.end()))
        for part in parts:
            first, last = at + part.start(), at + part.end()
            words += [(text[k : k + 2], k, k + 2) for k in range(first, max(last - 1, first + 1))]
    pairs = [
        (f"{a} {b}", start, end)
        for (a, start, stop), (b, begin, end) in itertools.pairwise(words)
        if text[stop:begin] == " "
    ]
    return words + pairs


def _named(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
