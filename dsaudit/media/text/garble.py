"""Text that is none: letters that do not follow one another as they do in the rest of the set."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_ORDER, _N_FOLDS = 4, 5
_TABLE_BITS = 22
_PULL = (1.0, 3.0, 2.0, 2.0, 2.0)
"""How many sightings of a context count as much as what the shorter context says, by length of the context."""
_FEW = 0.001
_MOST = 2_000
"""Characters of a text that are read."""
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
    joined = np.frombuffer("".join(f"\x02{text}\x03" for text in plain).encode("utf-32-le", "surrogatepass"), np.uint32)
    length = np.array([len(text) + 2 for text in plain], dtype=np.int64)
    owner = np.repeat(np.arange(len(texts)), length)
    start = np.repeat(np.r_[0, np.cumsum(length)[:-1]], length)
    place = np.arange(len(joined)) - start
    fold = folds[owner]
    known, codes = np.unique(joined, return_inverse=True)
    chance = np.full(len(joined), 1.0 / (len(known) + 1.0))
    context = np.zeros(len(joined), dtype=np.uint64)
    for order in range(_ORDER + 1):
        if order:
            before = np.r_[np.zeros(order, np.int64), codes[:-order]]
            before[place < order] = len(known)
            context = (context + before.astype(np.uint64) + 1) * np.uint64(0x9E3779B97F4A7C15)
        pair = (context ^ (codes.astype(np.uint64) + 1) * np.uint64(0xC2B2AE3D27D4EB4F)) * np.uint64(0x9FB21C651E98DF25)
        seen, of = _seen(pair, fold), _seen(context * np.uint64(0x9FB21C651E98DF25), fold)
        chance = (seen + _PULL[order] * chance) / (of + _PULL[order])
    bits = -np.log2(chance)
    bits[place == 0] = 0.0
    n_read = length.astype(float) - 1.0
    total = np.bincount(owner, weights=bits, minlength=len(texts))
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
    words = [_LONG_WORD.findall(_plain(text).lower()) for text in texts]
    n_in = [Counter(word for k in np.flatnonzero(folds == one) for word in words[k]) for one in range(_N_FOLDS)]
    total = sum(n_in, Counter[str]())
    share, few = np.full(len(texts), np.nan), _FEW * len(texts)
    for k, some in enumerate(words):
        if some:
            own = n_in[int(folds[k])]
            share[k] = sum(len(word) for word in some if total[word] - own[word] <= few) / sum(map(len, some))
    return share


def _plain(text: str) -> str:
    """As it is read: without links and long numbers, blanks are one, and capitals throughout make no other text."""
    text = _SPACE.sub(" ", _LINK.sub(" ", _NUMBER.sub("0", text[:_MOST]))).strip()
    return text.lower() if text.isupper() else text


def _seen(keys: npt.NDArray[np.uint64], fold: npt.NDArray[np.int64]) -> Floats:
    """How often each key occurs in other folds than its own."""
    slot = (keys >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)
    total = np.bincount(slot, minlength=1 << _TABLE_BITS)
    found = total[slot].astype(float)
    for one in range(_N_FOLDS):
        mine = np.flatnonzero(fold == one)
        found[mine] -= np.bincount(slot[mine], minlength=1 << _TABLE_BITS)[slot[mine]]
    return found
