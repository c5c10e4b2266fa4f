"""Right-to-left texts that are stored in the order in which they are shown: their letters stand in reverse."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]{2,}")
_LEAST, _SHARE = 2, 0.8
"""Words that tell, and the share of them that must stand in reverse."""
_TIMES = 3
"""As many other texts hold a word that is usual, as hold what it is backwards."""


def reversed_texts(texts: Sequence[str]) -> list[bool]:
    """Which texts are made of the words of the others, read backwards.

    Examples
    --------
    >>> texts = [f"{verb} את {what}" for verb in ("פתח", "סגור") for what in ("הדלת", "החלון", "האור")]
    >>> reversed_texts([*texts, texts[0][::-1]])
    [False, False, False, False, False, False, True]
    """
    n = Counter(word for text in texts for word in set(_WORD.findall(text)))
    found = []
    for text in texts:
        own = set(_WORD.findall(text))
        # a word of one's own is in one text, of the others' backwards in none of them
        turned = sum(n[word[::-1]] >= _TIMES * n[word] for word in own)
        usual = sum(n[word] >= _TIMES * max(1, n[word[::-1]]) for word in own)
        found.append(turned >= _LEAST and turned >= _SHARE * (turned + usual))
    return found
