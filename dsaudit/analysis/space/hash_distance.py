"""Comparing perceptual hashes: Hamming distances, and the pairs close enough to be copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

MAX_DISTANCE = 0.22
"""Share of differing bits up to which two recordings count as copies of one another; unrelated ones differ in half."""

_CHUNK_VALUES = 1 << 24
_KEYS_AT_ONCE = 1 << 20
_SEEN, _FEW = 400, 40
_BELOW = 4.4
"""Robust standard deviations below the usual distance of two items at which only copies lie."""


def bits(hashes: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Hexadecimal hashes of one length as words of 64 bits.

    Parameters
    ----------
    hashes : sequence of str, length n
        All of one length, a multiple of 16 digits.

    Returns
    -------
    uint64 array (n, n_digits / 16)

    Examples
    --------
    >>> bits(["0" * 16, "f" * 16]).tolist()
    [[0], [18446744073709551615]]
    """
    return np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint64).reshape(len(hashes), -1)


def telling_distance(hashes: Sequence[str]) -> float:
    """Share of differing bits up to which hashes of this set tell copies from items that merely look alike.

    Simple pictures, such as digits on black, have hashes that differ in far less than half: there ``MAX_DISTANCE``
    would make one set of copies of them all. Never more than it; 0 where only equal hashes mean anything.

    Examples
    --------
    >>> import numpy as np
    >>> far = np.random.default_rng(0).bytes(32 * 100)
    >>> telling_distance([far[k : k + 32].hex() for k in range(0, len(far), 32)]) == MAX_DISTANCE
    True
    """
    known = sorted({h for h in hashes if h})
    if len(known) < _FEW:
        return MAX_DISTANCE
    words = bits(known[:: -(-len(known) // _SEEN)])
    upper = np.triu_indices(len(words), 1)
    differ = np.bitwise_count(words[upper[0]] ^ words[upper[1]]).sum(axis=1) / (64 * words.shape[1])
    low, usual = np.quantile(differ, (0.25, 0.5))
    return float(np.clip(usual - _BELOW * (usual - low) / 0.6745, 0.0, MAX_DISTANCE))


def near_pairs(
    hashes: Sequence[str], *, max_distance: float = MAX_DISTANCE
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Pairs of recordings that are near-duplicates.

    Compares all pairs, in blocks of bounded memory: 10,000 recordings take about a second.

    Parameters
    ----------
    hashes : sequence of str, length n
        Empty strings (nothing to hear) match nothing.
    max_distance : float
        Largest share of differing bits, 0 to 1.

    Returns
    -------
    pairs : int64 array (n_pairs, 2)
        Positions in ``hashes``, the smaller first, in ascending order.
    distances : float32 array (n_pairs,)

    Examples
    --------
    >>> pairs, distances = near_pairs(["f" * 16, "0" * 16, "f" * 15 + "e"])
    >>> pairs.tolist(), (distances * 64).tolist()
    ([[0, 2]], [1.0])
    """
    present = np.array([i for i, h in enumerate(hashes) if h], dtype=np.int64)
    found: list[npt.NDArray[np.int64]] = []
    distances: list[npt.NDArray[np.float32]] = []
    if len(present) > 1:
        words = bits([hashes[i] for i in present])
        n, n_words = words.shape
        most = int(max_distance * 64 * n_words)
        step = max(1, _CHUNK_VALUES // (n * n_words))
        for start in range(0, n, step):
            rows = words[start : start + step]
            differ = np.zeros((len(rows), n - start), dtype=np.uint16)
            for word in range(n_words):
                differ += np.bitwise_count(rows[:, None, word] ^ words[None, start:, word])
            i, j = np.nonzero(differ <= most)
            keep = j > i
            found.append(np.stack((present[start + i[keep]], present[start + j[keep]]), axis=1))
            distances.append((differ[i[keep], j[keep]] / (64 * n_words)).astype(np.float32))
    if not found:
        return np.zeros((0, 2), np.int64), np.zeros(0, np.float32)
    return np.concatenate(found), np.concatenate(distances)


def like_words(
    words: npt.NDArray[np.uint64], *, max_bits: int = 12, rounds: int = 12, reach: int = 6
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Positions of words of 64 bits that differ in few, most of them, round by round, without comparing all.

    In each round the words are sorted by other bits, and each is compared with those next to it: effort and yield grow
    with the number of words, not with its square. A pair may come in several rounds.

    Parameters
    ----------
    words : uint64 array (n,)
    max_bits : int
        In which two of them may differ.
    rounds, reach : int
        How often they are sorted, and how many that follow each is compared with.

    Examples
    --------
    >>> words = np.array([0, 2**40 - 1, 3], dtype=np.uint64)
    >>> {(int(i), int(j)) for one, other in like_words(words) for i, j in zip(one, other)}
    {(0, 2)}
    """
    rng = np.random.default_rng(0)
    bytes_ = words.astype(">u8").view(np.uint8).reshape(-1, 8)
    for _ in range(rounds):
        chosen = rng.permutation(64)[:32]
        keys = np.empty(len(words), np.uint32)
        for start in range(0, len(words), _KEYS_AT_ONCE):
            some = np.unpackbits(bytes_[start : start + _KEYS_AT_ONCE], axis=1)[:, chosen]
            keys[start : start + _KEYS_AT_ONCE] = np.ascontiguousarray(np.packbits(some, axis=1)).view(">u4").ravel()
        order = np.argsort(keys, kind="stable")
        ones, others = [], []
        for ahead in range(1, min(reach, len(words) - 1) + 1):
            one, other = order[:-ahead], order[ahead:]
            like = np.bitwise_count(words[one] ^ words[other]) <= max_bits
            ones.append(np.minimum(one, other)[like])
            others.append(np.maximum(one, other)[like])
        if ones:
            yield np.concatenate(ones), np.concatenate(others)


def pairs_within(
    hashes: Sequence[str], pairs: npt.NDArray[np.int64], *, max_distance: float = MAX_DISTANCE
) -> npt.NDArray[np.int64]:
    """Those of the given pairs, int64 (m, 2), whose hashes differ in at most that share of bits.

    Examples
    --------
    >>> import numpy as np
    >>> pairs_within(["f" * 16, "0" * 16, "f" * 15 + "e"], np.array([[0, 1], [0, 2]])).tolist()
    [[0, 2]]
    """
    present = np.array([bool(h) for h in hashes])
    known = pairs[present[pairs].all(axis=1)] if len(pairs) else pairs
    if not len(known):
        return np.zeros((0, 2), np.int64)
    width = max(len(h) for h in hashes)
    words = bits([h or "0" * width for h in hashes])
    differ = np.bitwise_count(words[known[:, 0]] ^ words[known[:, 1]]).sum(axis=1)
    return np.asarray(known[differ <= max_distance * 64 * words.shape[1]], dtype=np.int64)
