"""Whether two texts are one: by the words in which they differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

from dsaudit.media.base import Likeness
from dsaudit.media.text.normal import difference, plain, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILLER_WORDS = """
a an the please pls kindly really just very so quite hi hello hey dear thanks thank you ok okay well now also then still
already actually again there here too much many for sure right um uh yes and but
"""
_NEGATING_WORDS = """
not no never none nobody nothing neither nor without cannot cant dont doesnt didnt wont isnt arent wasnt werent couldnt
wouldnt shouldnt hasnt havent hadnt nicht kein keine keinen nie ohne pas jamais sans sin nunca não niet geen non mai
senza не нет никогда без
"""
_COUNTING_WORDS = """
one two three four five six seven eight nine ten eleven twelve first second third last next once twice half double
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
november december
"""
_FILLERS, _NEGATIONS, _NUMBERS = (
    frozenset(words.split()) for words in (_FILLER_WORDS, _NEGATING_WORDS, _COUNTING_WORDS)
)
"""Words that make no other text of one, wherever they stand; words that do, and that are no more than numbers."""
_OPPOSED = re.compile(r"^(?:un|in|im|ir|il|dis|de|non|mis|re|pre|post|anti|over|under|out|up|down)")
_EDGES, _WORD = re.compile(r"^[\W_]+|[\W_]+$"), re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LONG, _VERY_LONG = 12, 30
"""Words of texts in which a word may be put in, or another one stand, without that making another text."""
_FEW, _SPELT = 0.1, 8
"""Share of words of content that may differ; one of so many words may be spelt otherwise."""
_LEAST_HELD, _MOSTLY, _LEAST_WORDS_HELD = 0.4, 0.7, 6
"""Of a text that is held by another: its share of that, the same where nothing sets it off, and its words."""
_LEAST_SHARED = 3
"""Words of content that two texts have in common."""
_BEFORE = 3
_OTHER = Likeness(same=False)
_MOST = 400
"""Words of a text that are held against one another word by word."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A text made ready to be held against others.

    Attributes
    ----------
    text : str
    plain : str
        Without what makes no other text of it, see ``normal.plain``.
    words : list of str
        Of that; its letters, where they are written without blanks.
    content : frozenset of str
        Its words but fillers.
    telling : frozenset of str
        Its numbers and negations.
    """

    text: str
    plain: str
    words: list[str]
    content: frozenset[str]
    telling: frozenset[str]


def look(text: str, bare: str | None = None) -> Worded:
    """A text made ready; ``bare`` is its plain form, where that is known."""
    bare = plain(text) if bare is None else bare
    words = _words(bare)
    content = frozenset(words) - _FILLERS
    return Worded(text, bare, words, content, frozenset(word for word in content if _tells(word)))


def likeness(a: Worded, b: Worded) -> Likeness:
    """One text, where only case, punctuation, accents, spelling, some fillers or what stands around it differ.

    Numbers and negations make two texts, and so do words of content in short ones.

    Examples
    --------
    >>> likeness(look("Where is my card?"), look("please, where is my CARD")).edit
    'one word more: please'
    >>> likeness(look("I want to cancel it"), look("I want not to cancel it")).same
    False
    """
    if a.plain == b.plain:
        edit = difference(a.text, b.text)
        return Likeness(same=edit is not None, edit=edit or "")
    if not a.words or not b.words:
        return _OTHER
    n_shared = len(a.content & b.content)
    n_less, n_more = len(a.content) - n_shared, len(b.content) - n_shared
    if not (n_less and n_more) and (held := _held(a, b)):
        return Likeness(same=True, edit=held)
    n = max(len(a.words), len(b.words))
    many = n_less + n_more > 2 * max(1, n // _SPELT) + _FEW * n
    if many or n_shared < _LEAST_SHARED or a.telling != b.telling or not _near(n, a.content, b.content):
        return _OTHER
    said = _edit(a.words, b.words)
    return _OTHER if said is None else Likeness(same=True, edit=said)


def may_mean_same(a: Worded, b: Worded) -> bool:
    """Whether two texts may say the same in other words: no copies, with the same numbers and negations.

    >>> may_mean_same(look("Where is my card?"), look("I wonder where my card may be"))
    True
    >>> may_mean_same(look("Why is the fee so high?"), look("Why is the fee not so high?"))
    False
    """
    return bool(a.words and b.words) and a.telling == b.telling and not likeness(a, b).same


def _near(n: int, content: frozenset[str], other: frozenset[str]) -> bool:
    """Whether the words of content that differ, in texts of ``n`` words, are worth seeing where they stand."""
    if n >= _LONG or content == other:
        return True
    less, more = content - other, other - content
    if sorted("".join(less)) == sorted("".join(more)):
        return True
    return len(less) == len(more) == 1 and _misspelt(*less, *more)


def _words(text: str) -> list[str]:
    """Words of a plain text; its letters, where they are written without blanks."""
    if not text.isascii() and len(_UNSPACED.findall(text)) > len(text) / 2:
        return [letter for letter in text if not letter.isspace()]
    return text.split()


def _held(a: Worded, b: Worded) -> str:
    """What is said where the one text stands in the other, set off by punctuation or long; empty where it does not.

    >>> _held(look("Is my new card on its way?"), look("I wonder: is my new card on its way? Thanks."))
    '3 words more around it'
    """
    short, long = sorted((seen(a.text).casefold(), seen(b.text).casefold()), key=len)
    core = _EDGES.sub("", short)
    n, n_long = len(core.split()), len(long.split())
    at = long.find(core)
    if n < max(_LEAST_WORDS_HELD, _LEAST_HELD * n_long) or at < 0:
        return ""
    before, after = long[:at].rstrip(), long[at + len(core) :].lstrip()
    set_off = (not before or not before[-1].isalnum()) and (not after or not after[0].isalnum())
    whole = not (long[at - 1 : at].isalnum() or long[at + len(core) : at + len(core) + 1].isalnum())
    if not set_off and not (whole and n >= _LONG and n >= _MOSTLY * n_long):
        return ""
    if set(plain(before).split()[-_BEFORE:]) & _NEGATIONS:
        return ""
    where = "around it" if before and _EDGES.sub("", after) else "before it" if before else "after it"
    more = len(_WORD.findall(before)) + len(_WORD.findall(after))
    return f"{more} words {'more' if len(a.text) <= len(b.text) else 'less'} {where}" if more > 1 else ""


def _edit(words: Sequence[str], others: Sequence[str]) -> str | None:
    """What makes the second of the first, in words; None where that makes two texts of them."""
    if max(len(words), len(others)) > _MOST:
        words, others = words[:_MOST], others[:_MOST]
    if sorted(filter(_tells, words)) != sorted(filter(_tells, others)) or sorted(words) == sorted(others):
        return None
    gone: list[str] = []
    come: list[str] = []
    spelt: list[str] = []
    for tag, a, b, c, d in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        old, new = list(words[a:b]), list(others[c:d])
        if "".join(old) == "".join(new) or (len(old) == len(new) and all(map(_misspelt, old, new))):
            spelt += new
        else:
            gone += old
            come += new
    n = max(len(words), len(others))
    odd = [word for word in (*gone, *come) if word not in _FILLERS]
    if len(gone) + len(come) - len(odd) > max(3, n / 3) or len(spelt) > max(1, n // _SPELT):
        return None
    swapped = gone and come and not (set(gone) <= _FILLERS or set(come) <= _FILLERS)
    if odd and (n < (_VERY_LONG if swapped else _LONG) or len(odd) > _FEW * n):
        return None
    parts = (_counted(come, "more"), _counted(gone, "less"), f"spelt otherwise: {' '.join(spelt[:4])}" if spelt else "")
    return "; ".join(part for part in parts if part)


@lru_cache(maxsize=1 << 16)
def _tells(word: str) -> bool:
    """Whether it is a number or a negation."""
    return word in _NEGATIONS or word in _NUMBERS or bool(_DIGIT.search(word))


def _misspelt(word: str, other: str) -> bool:
    """Whether a word is another with a slip of the hand: a letter more, less, exchanged, or another one in long words.

    >>> _misspelt("recieve", "receive"), _misspelt("cards", "card"), _misspelt("lost", "cost")
    (True, True, False)
    """
    short, long = sorted((word, other), key=len)
    if len(short) < 4 or len(long) - len(short) > 1 or word[0] != other[0]:
        return False
    if _OPPOSED.sub("", long) == short:
        return False
    k = next((k for k, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(long) > len(short):
        return short[k:] == long[k + 1 :]
    turned = short[k + 1 : k + 2] + short[k : k + 1] + short[k + 2 :]
    return turned == long[k:] or (len(short) >= 7 and short[k + 1 :] == long[k + 1 :])


def _counted(words: Sequence[str], how: str) -> str:
    shown = " ".join(words[:5]) + (" …" if len(words) > 5 else "")
    n = {1: "one word", 2: "two words", 3: "three words"}.get(len(words), f"{len(words)} words")
    return f"{n} {how}: {shown}" if words else ""
