"""What is measured of the rows of a table, each beside all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.media.table.column import cell_text
from dsaudit.media.table.row import columns_of, frame_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.media.base import Measured
    from dsaudit.media.table.column import TableColumn

_CHANCE_BITS = 5.0
"""Rows that are the same are copies where fewer than one row in 2 to so many would have one by chance."""


def measured(rows: Sequence[Mapping[str, Any]]) -> list[Measured]:
    """``n_missing``, and the hash by which copies are told, of every row.

    >>> [one["n_missing"] for one in measured([{"age": 31, "town": None}, {"age": 40, "town": "Graz"}])]
    [1, 0]
    """
    if not rows:
        return []
    frame = frame_of(rows)
    missing = frame.isna().to_numpy().sum(axis=1)
    hashes = copy_hashes(frame, columns_of(frame))
    return [
        {"n_missing": int(n), "sample_hash": told, "perceptual_hash": ""}
        for n, told in zip(missing, hashes, strict=True)
    ]


def copy_hashes(frame: pd.DataFrame, columns: Sequence[TableColumn]) -> list[str | None]:
    """A word for each row that it shares with its exact copies; None for a row that others are like by chance.

    Identifiers tell copies apart that are the same otherwise, so they do not count. A row of few values that each come
    often, as in a table of answers, is no copy of another.

    >>> table = pd.DataFrame({"a": [*range(100), 7], "b": [k * k for k in range(100)] + [49]})
    >>> told = copy_hashes(table, [])
    >>> told[7] == told[100] != told[8]
    True
    """
    n = len(frame)
    spoken = {column.name: column.type for column in columns}
    bits = np.zeros(n)
    mixed = np.zeros(n, dtype=np.uint64)
    for name in frame.columns:
        if spoken.get(name) in ("identifier", "constant"):
            continue
        codes, hashes = _codes(frame[name])
        counts = np.bincount(codes, minlength=len(hashes))
        bits += np.log2(n / np.maximum(counts - 1, 1))[codes]
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + hashes[codes]
    told = bits >= np.log2(n) + _CHANCE_BITS
    return [f"{word:016x}" if known else None for word, known in zip(mixed.tolist(), told, strict=True)]


def _codes(cells: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """A number for each cell, and a hash of each value; nothing is a value as well."""
    codes, values = pd.factorize(cells.map(cell_text, na_action="ignore") if cells.dtype == object else cells)
    texts = np.array([*(cell_text(value) for value in values), ""], dtype=object)
    hashes = pd.util.hash_array(texts, categorize=False)
    return np.where(codes < 0, len(values), codes).astype(np.int64), hashes
