"""What is measured of the rows of a table, each beside all others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.column import columns_of as coded_columns
from dsaudit.analysis.cell.near_copy import MOST_COLUMNS, near_copies, rarity
from dsaudit.media.table.column import cell_text
from dsaudit.media.table.row import columns_of, frame_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.media.base import Measured
    from dsaudit.media.table.column import TableColumn

_CHANCE_BITS = 5.0
"""Rows that are the same are copies where fewer than one row in 2 to so many would have one by chance."""
_FEW = 3


def measured(rows: Sequence[Mapping[str, Any]]) -> list[Measured]:
    """``n_missing``, the hash by which copies are told, and a word for each near copy, of every row.

    >>> [one["n_missing"] for one in measured([{"age": 31, "town": None}, {"age": 40, "town": "Graz"}])]
    [1, 0]
    """
    if not rows:
        return []
    frame = frame_of(rows)
    missing = frame.isna().to_numpy().sum(axis=1)
    hashes = copy_hashes(frame, columns_of(frame))
    words = pair_words(near_copies(coded_columns(texts_of(frame))), len(frame))
    return [
        {"n_missing": int(n), "sample_hash": told, "perceptual_hash": "", "near_rows": near}
        for n, told, near in zip(missing, hashes, words, strict=True)
    ]


def pair_words(pairs: npt.NDArray[np.int64], n: int) -> list[str]:
    """Of each row the numbers of the pairs that it is in, the likeliest first; empty where it is in none.

    >>> pair_words(np.array([[0, 2], [2, 1]]), 4)
    ['0', '1', '0 1', '']
    """
    told: list[list[str]] = [[] for _ in range(n)]
    for k, pair in enumerate(pairs.tolist()):
        for row in pair:
            told[row].append(str(k))
    return [" ".join(words) for words in told]


def pairs_of(words: Sequence[str]) -> npt.NDArray[np.int64]:
    """The pairs of rows (m, 2) that share a number, see ``pair_words``; a row that is gone leaves its pairs.

    >>> pairs_of(["0", "1", "0 1", ""]).tolist()
    [[0, 2], [1, 2]]
    """
    held: dict[int, list[int]] = defaultdict(list)
    for row, text in enumerate(words):
        for word in text.split():
            held[int(word)].append(row)
    pairs = [held[k] for k in sorted(held) if len(held[k]) == 2]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def copy_hashes(frame: pd.DataFrame, columns: Sequence[TableColumn]) -> list[str | None]:
    """A word for each row that it shares with its exact copies; None for a row that others are like by chance.

    Identifiers tell copies apart that are the same otherwise, so they do not count. A row of few values that each come
    often, as in a table of answers, is no copy of another.

    >>> table = pd.DataFrame({"a": [*range(100), 7], "b": [k * k for k in range(100)] + [49]})
    >>> told = copy_hashes(table, [])
    >>> told[7] == told[100] != told[8]
    True
    """
    spoken = {column.name: column.type for column in columns}
    names = [name for name in frame.columns if spoken.get(name) not in ("identifier", "constant")]
    held = [_codes(frame[name]) for name in names]
    if not held:
        return [None] * len(frame)
    own = [(hashes * np.uint64(2 * k + 1) ^ hashes >> np.uint64(29))[codes] for k, (codes, hashes) in enumerate(held)]
    mixed = np.bitwise_xor.reduce(own)
    n_alike = _pairs(mixed)
    # where far more pairs differ in one column alone, rows without it are alike by chance, and so are these
    if n_alike and any(_pairs(mixed ^ one) - n_alike > 2 * n_alike + _FEW for one in own):
        return [None] * len(frame)
    telling = sorted(held, key=lambda one: -len(one[1]))[:MOST_COLUMNS]
    bits = rarity([(codes, np.zeros(len(hashes), bool)) for codes, hashes in telling])[1].sum(axis=1)
    told = bits >= np.log2(len(frame)) + _CHANCE_BITS
    return [f"{word:016x}" if known else None for word, known in zip(mixed.tolist(), told, strict=True)]


def _pairs(words: npt.NDArray[np.uint64]) -> int:
    counts = np.unique(words, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _codes(cells: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """A number for each cell, and a hash of each value; nothing is a value as well."""
    if cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) != "string":
        cells = cells.map(cell_text, na_action="ignore")
    codes, values = pd.factorize(cells)
    texts = np.array([*(cell_text(value) for value in values), ""], dtype=object)
    hashes = pd.util.hash_array(texts, categorize=False)
    return np.where(codes < 0, len(values), codes).astype(np.int64), hashes
