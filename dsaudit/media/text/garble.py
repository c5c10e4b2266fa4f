"""Text that is none: letters that do not follow one another as they do in the rest of the set."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Slots = npt.NDArray[np.int64]
    Counts = npt.NDArray[np.int32]

_ORDER = 4
_TABLE_BITS = 22
_PULL = (1.0, 3.0, 2.0, 2.0, 2.0)
"""How many sightings of a context count as much as what the shorter context says, by length of the context."""
_FEW = 0.001
_MOST = 2_000
"""Characters of a text that are read."""
_AT_ONCE, _TEXTS_AT_ONCE = 1 << 18, 1 << 12
"""Characters that are looked at together, of which each takes 100 bytes, and texts."""
_NUMBER = re.compile(r"\b\d(?:[ -]?\d){5,}\b")
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
_SPACE, _LINK = re.compile(r"\s+"), re.compile(r"(?:https?://|www\.)\S+")


def surprise(texts: Sequence[str], folds: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Bits per character that each text costs a model of characters which learned from the others.

    Parameters
    ----------
    texts : sequence of str, length n
    folds : int64 array (n,)
        Numbers from 0: a text is read by what the other folds taught. Copies belong in one.

    Returns
    -------
    mean, n_read : float64 arrays (n,)
        Mean cost in bits, NaN where there is nothing to read, and over how many characters.
    """
    plain = [_plain(text) for text in texts]
    code = _codes(plain)
    parts = [list(_parts(np.flatnonzero(folds == one), plain)) for one in np.unique(folds)]
    counts = np.zeros((_ORDER + 1, 2, 1 << _TABLE_BITS), dtype=np.int32)
    total, n_read = np.zeros(len(texts)), np.array([len(text) + 1.0 for text in plain])

    def letters(fold: Sequence[npt.NDArray[np.int64]]) -> Iterator[_Letters]:
        return (_Letters.of([plain[k] for k in rows], code) for rows in fold)

    for fold in parts:
        _count(counts, letters(fold), 1)
    for fold in parts:
        _count(counts, letters(fold), -1)
        for rows, own in zip(fold, letters(fold), strict=True):
            total[rows] = _cost(own, counts)
        _count(counts, letters(fold), 1)
    return np.where(n_read > 1, total / np.maximum(n_read, 1.0), np.nan), n_read


def strange_share(texts: Sequence[str], folds: npt.NDArray[np.int64]) -> Floats:
    """Share of the letters of each text in words that hardly any text of another fold has, 0 to 1, float64 (n,).

    One in 1,000 texts may have them: what is shuffled often becomes the same by chance. Words of one and two letters do
    not count; NaN where there are no others.

    Examples
    --------
    >>> strange_share(["open the shop", "the open shop", "hte enop phos"], np.array([0, 1, 1])).tolist()
    [0.0, 0.0, 1.0]
    """
    n_in = defaultdict[int, Counter[str]](Counter)
    for text, fold in zip(texts, folds.tolist(), strict=True):
        n_in[fold].update(_long_words(text))
    total = sum(n_in.values(), Counter[str]())
    share, few = np.full(len(texts), np.nan), _FEW * len(texts)
    for k, (text, fold) in enumerate(zip(texts, folds.tolist(), strict=True)):
        if words := _long_words(text):
            own = n_in[fold]
            share[k] = sum(len(word) for word in words if total[word] - own[word] <= few) / sum(map(len, words))
    return share


def _long_words(text: str) -> list[str]:
    return _LONG_WORD.findall(_plain(text).lower())


def _plain(text: str) -> str:
    """As it is read: without links and long numbers, blanks are one, and capitals throughout make no other text."""
    text = _SPACE.sub(" ", _LINK.sub(" ", _NUMBER.sub("0", text[:_MOST]))).strip()
    return text.lower() if text.isupper() else text


def _codes(texts: Sequence[str]) -> npt.NDArray[np.int32]:
    """Number of each character that is used, by its code point; one behind the last: how many there are."""
    used = np.zeros(sys.maxunicode + 2, dtype=bool)
    for k in range(0, len(texts), _TEXTS_AT_ONCE):
        used[_joined(texts[k : k + _TEXTS_AT_ONCE])] = True
    return np.cumsum(used, dtype=np.int32) - used


def _joined(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    text = "".join(f"\x02{text}\x03" for text in texts)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _parts(rows: npt.NDArray[np.int64], texts: Sequence[str]) -> Iterator[npt.NDArray[np.int64]]:
    """Rows whose texts are looked at together."""
    part = np.cumsum([len(texts[k]) for k in rows]) // _AT_ONCE
    yield from np.split(rows, np.flatnonzero(np.diff(part)) + 1)


@dataclass(frozen=True, slots=True)
class _Letters:
    """Texts one behind the other, character by character.

    Attributes
    ----------
    codes : uint64 array (m,)
    place, owner : int64 arrays (m,)
        Of each character in its text, and which that is.
    """

    codes: npt.NDArray[np.uint64]
    place: npt.NDArray[np.int64]
    owner: npt.NDArray[np.int64]
    n_codes: int

    @classmethod
    def of(cls, texts: Sequence[str], code: npt.NDArray[np.int32]) -> _Letters:
        length = np.array([len(text) + 2 for text in texts], dtype=np.int64)
        owner = np.repeat(np.arange(len(texts)), length)
        place = np.arange(len(owner)) - np.repeat(np.cumsum(length) - length, length)
        return cls(code[_joined(texts)].astype(np.uint64), place, owner, int(code[-1]))

    def slots(self) -> Iterator[tuple[Slots, Slots]]:
        """For each length of context where each character behind its context is counted, and where the context is."""
        context = np.zeros(len(self.codes), dtype=np.uint64)
        own = (self.codes + 1) * np.uint64(0xC2B2AE3D27D4EB4F)
        for order in range(_ORDER + 1):
            if order:
                before = np.r_[np.zeros(order, np.uint64), self.codes[:-order]]
                before[self.place < order] = self.n_codes
                context = (context + before + 1) * np.uint64(0x9E3779B97F4A7C15)
            yield _slot(context ^ own), _slot(context)


def _slot(keys: npt.NDArray[np.uint64]) -> Slots:
    return ((keys * np.uint64(0x9FB21C651E98DF25)) >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)


def _count(counts: Counts, letters: Iterable[_Letters], n: int) -> None:
    """Add ``n`` for each character and each context."""
    step = np.int32(n)  # with a Python number it takes sixteen times as long
    for part in letters:
        for table, slots in zip(counts, part.slots(), strict=True):
            for row, slot in zip(table, slots, strict=True):
                np.add.at(row, slot, step)


def _cost(letters: _Letters, counts: Counts) -> Floats:
    """Bits that each text costs, of which the first sign costs nothing."""
    chance = np.full(len(letters.codes), 1.0 / (letters.n_codes + 1.0))
    for pull, table, slots in zip(_PULL, counts, letters.slots(), strict=True):
        seen, of = (row[slot] for row, slot in zip(table, slots, strict=True))
        chance = (seen + pull * chance) / (of + pull)
    bits = -np.log2(chance)
    bits[letters.place == 0] = 0.0
    return np.bincount(letters.owner, weights=bits).astype(np.float64, copy=False)
