"""Texts that may be copies of one another: by letters they share as wholes, and by passages that one has of the other.

Every text is kept as a short sketch: 48 smallest hashes of its runs of three letters, of which texts share as many as
they share runs (MinHash), and hashes of some of its runs of four words, picked so that texts with nine words in a row
in common have one in common (winnowing).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Pairs = npt.NDArray[np.int64]
    Words = npt.NDArray[np.unsignedinteger[Any]]

_N_HASHES, _ROWS = 48, 3
_RUN, _WORDS, _WINDOW = 3, 4, 6
_MOST_PASSAGES = 128
_LEAST_SHARED = 0.45
"""Share of hashes that two texts have in common from which they are worth a look."""
_LEAST_HELD = 0.6
"""Share of its passages that a text has in common with one that may hold it."""
_MOST_WITH, _BESIDE = 24, 8
"""Texts with the same band of which every two are compared; of more each with those that stand next to it."""
_MOST_PARTNERS = 10
_MOST_LETTERS = 20_000
_AT_ONCE, _TEXTS_AT_ONCE = 1 << 18, 1 << 14
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = np.random.default_rng(20).integers(1 << 40, 1 << 62, _N_HASHES, dtype=np.uint64) | np.uint64(1)


def sketches(plain: Sequence[str]) -> list[str]:
    """192 hexadecimal digits for each text: 48 hashes of 16 bits; empty for one of fewer than three letters.

    Parameters
    ----------
    plain : sequence of str
        Texts without what makes no other text of them, see ``normal.plain``.
    """
    found: list[str] = []
    batch: list[str] = []
    n_letters = 0
    for text in plain:
        batch.append(text[:_MOST_LETTERS])
        n_letters += len(batch[-1])
        if n_letters > _AT_ONCE:
            found += _sketched(batch)
            batch, n_letters = [], 0
    return found + _sketched(batch)


def _sketched(texts: Sequence[str]) -> list[str]:
    known = [k for k, text in enumerate(texts) if len(text) >= _RUN]
    found = [""] * len(texts)
    if not known:
        return found
    letters = np.frombuffer("".join(texts[k] for k in known).encode("utf-32-le", "surrogatepass"), np.uint32)
    code = np.zeros(len(letters) - _RUN + 1, dtype=np.uint64)
    for k in range(_RUN):
        code = (code + letters[k : len(code) + k]) * _MIX
    code ^= code >> np.uint64(29)
    if len(known) == 1:  # items are measured one by one: all factors at once take a fifth of the time
        smallest = ((_FACTORS[:, None] * code) >> np.uint64(32)).min(axis=1)
    else:
        smallest = _smallest_of_each(code, np.array([len(texts[k]) for k in known]))
    least = ((smallest * _MIX) >> np.uint64(48)).astype(">u2").reshape(-1, _N_HASHES)
    told = least.tobytes().hex()
    n = 4 * _N_HASHES
    for place, k in enumerate(known):
        found[k] = told[place * n : (place + 1) * n]
    return found


def _smallest_of_each(code: Words, length: npt.NDArray[np.int64]) -> Words:
    """Smallest hashes (n, 48) of the runs of n texts, whose letters stand one behind the other."""
    # runs that reach into the next text are none
    inside = np.ones(len(code), dtype=bool)
    for k in range(1, _RUN):
        inside[np.cumsum(length)[:-1] - k] = False
    code, start = code[inside], np.r_[0, np.cumsum(length - _RUN + 1)[:-1]]
    smallest = [np.minimum.reduceat((code * factor) >> np.uint64(32), start) for factor in _FACTORS]
    return np.stack(smallest, axis=1)


def passages(plain: str) -> str:
    """Eight hexadecimal digits for each picked run of four words; empty for fewer words.

    >>> a, b = "one two three four five six", "zero one two three four five six seven"
    >>> bool(passages(a)), {passages(a)[:8]} <= {passages(b)[k : k + 8] for k in range(0, len(passages(b)), 8)}
    (True, True)
    """
    words = plain[:_MOST_LETTERS].split()
    if len(words) < _WORDS:
        return ""
    runs = [zlib.crc32(" ".join(words[k : k + _WORDS]).encode("utf-8", "surrogatepass")) for k in range(len(words) - 3)]
    windows = range(max(1, len(runs) - _WINDOW + 1))
    picked = dict.fromkeys(min(runs[k : k + _WINDOW]) for k in windows)
    return "".join(f"{one:08x}" for one in [*picked][:_MOST_PASSAGES])


def candidates(sketch: Sequence[str], passage: Sequence[str]) -> Pairs:
    """Pairs of positions, int64 (m, 2), that may be copies: the likeliest first, some for each text at most.

    Parameters
    ----------
    sketch, passage : sequences of str, length n
        See ``sketches`` and ``passages``.
    """
    near, shared = _sharing_letters(sketch)
    holding, held = _sharing_passages(passage)
    pairs, worth = np.concatenate([near, holding]), np.concatenate([shared, held])
    order = np.argsort(-worth, kind="stable")
    pairs = pairs[order]
    first = np.sort(np.unique(pairs[:, 0] * max(len(sketch), 1) + pairs[:, 1], return_index=True)[1])
    return _some_for_each(pairs[first])


def _sharing_letters(sketch: Sequence[str]) -> tuple[Pairs, npt.NDArray[np.float64]]:
    known = np.array([k for k, text in enumerate(sketch) if text], dtype=np.int64)
    rows = _numbers(sketch, np.uint16).reshape(-1, _N_HASHES)
    code = np.zeros(0, np.int64)
    for at in range(0, _N_HASHES, _ROWS):
        key = np.zeros(len(rows), dtype=np.uint64)
        for k in range(at, at + _ROWS):
            key = (key << np.uint64(16)) | rows[:, k]
        found = [code]
        for one, other in _alike(key):
            enough = _shared(rows, one, other) >= _LEAST_SHARED  # of all together there are too many to keep
            found.append(one[enough] * len(rows) + other[enough])
        code = np.unique(np.concatenate(found))
    one, other = code // max(len(rows), 1), code % max(len(rows), 1)
    return np.stack([known[one], known[other]], axis=1), _shared(rows, one, other)


def _numbers(digits: Sequence[str], kind: type[np.uint16] | type[np.uint32]) -> Words:
    """What hexadecimal digits say, of all texts one behind the other."""
    found = np.empty(sum(map(len, digits)) // (2 * np.dtype(kind).itemsize), dtype=kind)
    at = 0
    for k in range(0, len(digits), _TEXTS_AT_ONCE):
        own = np.frombuffer(bytes.fromhex("".join(digits[k : k + _TEXTS_AT_ONCE])), np.dtype(kind).newbyteorder(">"))
        found[at : at + len(own)] = own
        at += len(own)
    return found


def _shared(rows: Words, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Share of hashes that the texts of each pair have in common."""
    shared = np.empty(len(one))
    for k in range(0, len(one), _AT_ONCE):
        part = slice(k, k + _AT_ONCE)
        shared[part] = (rows[one[part]] == rows[other[part]]).mean(axis=1)
    return shared


def _sharing_passages(passage: Sequence[str]) -> tuple[Pairs, npt.NDArray[np.float64]]:
    n_own = np.array([len(text) // 8 for text in passage], dtype=np.int64)
    marks = _numbers(passage, np.uint32)
    owner = np.repeat(np.arange(len(passage)), n_own)
    found = [np.zeros(0, np.int64)]
    for one, other in _alike(marks):
        a, b = np.minimum(owner[one], owner[other]), np.maximum(owner[one], owner[other])
        found.append((a * max(len(passage), 1) + b)[a != b])
    code, n_shared = np.unique(np.concatenate(found), return_counts=True)
    a, b = code // max(len(passage), 1), code % max(len(passage), 1)
    held = n_shared / np.maximum(np.minimum(n_own[a], n_own[b]), 1)
    enough = held >= _LEAST_HELD
    return np.stack([a[enough], b[enough]], axis=1), 0.9 * np.minimum(held[enough], 1.0)


def _alike(keys: Words) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Positions of equal keys, the smaller first: every two of few, of many those that stand next to each other."""
    order = np.argsort(keys, kind="stable")
    value = keys[order]
    bounds = np.flatnonzero(np.r_[True, value[1:] != value[:-1], True])
    size = np.repeat(np.diff(bounds), np.diff(bounds)) if len(value) else np.zeros(0, np.int64)
    for step in range(1, min(_MOST_WITH, max(len(value), 1))):
        same = value[step:] == value[:-step]
        if not same.any():
            break
        if step > _BESIDE:
            same &= size[step:] <= _MOST_WITH
        at = np.flatnonzero(same)
        one, other = order[at], order[at + step]
        yield np.minimum(one, other), np.maximum(one, other)


def _some_for_each(pairs: Pairs) -> Pairs:
    """The first pairs of each position that has no more partners yet than it may; in order."""
    ends = pairs.reshape(-1)
    order = np.argsort(ends, kind="stable")
    begins = np.flatnonzero(np.r_[True, np.diff(ends[order]) > 0][: len(order)])
    place = np.arange(len(order))
    place -= np.repeat(begins, np.diff(np.r_[begins, len(order)]))
    kept = np.zeros(len(pairs), bool)
    kept[order[place < _MOST_PARTNERS] // 2] = True
    return pairs[kept]
