"""Pictures that may be copies of one another, by their hashes and by landmarks they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.hash_distance import bits, like_words, near_pairs, telling_distance
from dsaudit.media.image.alignment import without_border
from dsaudit.media.image.landmark import landmarks_of, mirrored

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.image.landmark import Landmarks

    Pairs = npt.NDArray[np.int64]

_ALL_PAIRS = 20_000
"""Items up to which every pair of hashes is compared."""
_PX, _MOST_LANDMARKS = 128, 72
_DIGITS = 18
"""Of one landmark in a text: 16 of its word, 2 of its direction and size."""
_N_TURNS, _N_SIZES = 32, 8
_LEAST_SHARED = 2
"""Landmarks that two pictures share, turned and sized alike, from which they are worth a look."""
_MAX_BITS, _LEAST_TELLING = 12, 10
_MOST_PARTNERS = 10
"""Pictures that one is compared with at most, the likeliest first."""


def landmark_text(picture: Picture) -> str:
    """Landmarks of a picture as they are kept of every item, to find those that share some.

    A uniform frame is left out: it would make what it is around smaller.
    """
    inner = picture.crop(without_border(np.asarray(picture.convert("L"), dtype=np.float32)))
    return as_text(landmarks_of(inner, _PX, _MOST_LANDMARKS))


def as_text(marks: Landmarks) -> str:
    """Landmarks without their places, 18 hexadecimal digits each."""
    if not len(marks.words):
        return ""
    turn = np.round(marks.places[:, 3] / (2 * np.pi) * _N_TURNS).astype(np.int64) % _N_TURNS
    size = np.clip(np.round(2.0 * np.log2(np.maximum(marks.places[:, 2], 1.0))), 0, _N_SIZES - 1).astype(np.int64)
    rows = np.empty((len(marks.words), _DIGITS // 2), np.uint8)
    rows[:, :8] = marks.words.astype(">u8").view(np.uint8).reshape(-1, 8)
    rows[:, 8] = turn * _N_SIZES + size
    return rows.tobytes().hex()


def candidates(hashes: Sequence[str], marks: Sequence[str]) -> Pairs:
    """Pairs of positions, int64 (m, 2), that may be copies: the likeliest first, some for each picture at most.

    Parameters
    ----------
    hashes : sequence of str, length n
        See ``perceptual_hash.difference_hash``; empty for flat pictures.
    marks : sequence of str, length n
        See ``as_text``.
    """
    sharing, n_shared = sharing_landmarks(marks)
    near, distances = _with_like_hashes(hashes)
    pairs = np.concatenate([sharing, near])
    worth = np.concatenate([n_shared.astype(np.float64), 40.0 * (1.0 - 4.0 * distances)])
    order = np.argsort(-worth, kind="stable")
    pairs, worth = pairs[order], worth[order]
    first = np.sort(np.unique(pairs[:, 0] * len(hashes) + pairs[:, 1], return_index=True)[1])
    return _some_for_each(pairs[first])


def _with_like_hashes(hashes: Sequence[str]) -> tuple[Pairs, npt.NDArray[np.float32]]:
    """Pairs whose hashes agree, and the share of bits that differ; of very many not every pair is looked at."""
    most = telling_distance(hashes)
    if len(hashes) <= _ALL_PAIRS:
        return near_pairs(hashes, max_distance=most)
    present = np.array([k for k, text in enumerate(hashes) if text], dtype=np.int64)
    words = bits([hashes[k] for k in present])
    found = [np.zeros(0, np.int64)]
    for part in range(words.shape[1]):
        for one, other in like_words(words[:, part], max_bits=_MAX_BITS, rounds=3):
            found.append(one * len(present) + other)
    code = np.unique(np.concatenate(found))
    one, other = code // max(len(present), 1), code % max(len(present), 1)
    differ = np.bitwise_count(words[one] ^ words[other]).sum(axis=1) / np.float32(64 * words.shape[1])
    near = differ <= most
    return np.stack((present[one[near]], present[other[near]]), axis=1), differ[near].astype(np.float32)


def sharing_landmarks(marks: Sequence[str]) -> tuple[Pairs, npt.NDArray[np.int64]]:
    """Pairs of pictures with landmarks that look alike and are turned and sized by the same, and how much that says.

    A landmark says the more, the fewer of its bits differ (``_MAX_BITS`` + 1 less those).
    """
    lengths = np.array([len(text) // _DIGITS for text in marks], dtype=np.int64)
    rows = np.frombuffer(bytes.fromhex("".join(marks)), np.uint8).reshape(-1, _DIGITS // 2)
    words = np.ascontiguousarray(rows[:, :8]).view(">u8").ravel().astype(np.uint64)
    n, n_items = len(words), len(marks)
    owner = np.repeat(np.arange(n_items), lengths)
    turn, size = rows[:, 8].astype(np.int64) // _N_SIZES, rows[:, 8].astype(np.int64) % _N_SIZES
    both = np.concatenate([words, mirrored(words)])
    matches = _matches(both, owner)
    if not len(matches):
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int64)
    one, other = matches // (2 * n), matches % (2 * n)
    telling = _MAX_BITS + 1 - np.bitwise_count(both[one] ^ both[other]).astype(np.int64)
    mirror, other = other >= n, other % n
    turned = np.where(mirror, _N_TURNS // 2 - turn[other], turn[other]) - turn[one]
    grown = size[other] - size[one] + _N_SIZES
    pair = (owner[one] * n_items + owner[other]) * 2 + mirror
    found = []
    # parts of the circle and steps of size overlap, so that no border tears what belongs together
    for shift in (0, 1):
        for step in (0, 1):
            part = (turned + 2 * shift) % _N_TURNS // 4
            code = (pair * 8 + part) * (_N_SIZES + 2) + (grown + step) // 2
            order = np.lexsort((-telling, one, code))
            # a landmark with two directions or two like partners is one
            first = np.r_[True, (np.diff(code[order]) != 0) | (np.diff(one[order]) != 0)]
            best = order[first]
            value, at, count = np.unique(code[best], return_index=True, return_counts=True)
            worth = np.add.reduceat(telling[best], at)
            enough = (count >= _LEAST_SHARED) & (worth >= _LEAST_TELLING)
            found.append(np.stack((value[enough] // (16 * (_N_SIZES + 2)), worth[enough])))
    code, worth = np.concatenate(found, axis=1)
    order = np.lexsort((-worth, code))
    code, at = np.unique(code[order], return_index=True)
    return np.stack((code // n_items, code % n_items), axis=1), worth[order][at]


def _matches(both: npt.NDArray[np.uint64], owner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of landmarks of two pictures that look alike, the first times the length of ``both`` plus the second.

    ``both`` holds the words and then, in the same order, those of the mirrored pictures.
    """
    n = len(owner)
    found = [np.zeros(0, np.int64)]
    for one, other in like_words(both, max_bits=_MAX_BITS):
        # mirrored against mirrored says nothing new
        known = (one < n) & (owner[one % n] != owner[other % n])
        left, right, mirror = one[known], other[known] % n, other[known] >= n
        swap = owner[left] > owner[right]
        first, second = np.where(swap, right, left), np.where(swap, left, right)
        found.append(np.unique(first * (2 * n) + second + n * mirror))
    return np.unique(np.concatenate(found))


def _some_for_each(pairs: Pairs) -> Pairs:
    """The first pairs of each position that has no more partners yet than it may; in order."""
    ends = np.concatenate([pairs[:, 0], pairs[:, 1]])
    rank = np.concatenate([np.arange(len(pairs))] * 2)
    order = np.lexsort((rank, ends))
    start = np.r_[True, np.diff(ends[order]) > 0]
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(start, np.arange(len(order)), 0))
    kept = np.zeros(len(pairs), bool)
    kept[rank[order][place < _MOST_PARTNERS]] = True
    return pairs[kept]
