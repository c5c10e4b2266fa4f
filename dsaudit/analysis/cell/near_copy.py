"""Rows that are one thing entered twice, with a few cells written otherwise."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.spelling import edits, firm, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

_KEYS = 9
"""Columns that tell most: copies agree in two of them."""
_IN_ONE = 6
"""Rows that agree in two columns, beyond which these say nothing of a pair."""
_MOST_ROWS = 300_000
_BITS = 7.0
"""Agreement beyond the logarithm of the rows from which two are one."""
_DIFFERS, _LACKS = 4.0, 1.0
"""Bits that a cell takes away that is another, and one that only one row has."""
_NEAR = 0.75
"""Share of the bits of a cell that is written otherwise."""
_PRIOR = 8.0
"""Rows that what is usual in a column counts as, beside those with one value of another."""
MOST_COLUMNS = 60
"""Columns that are heard, those that tell rows apart most; the others hardly add to them."""
_LOOKED = 20_000
"""Rows by which it is told which column tells most of another."""
_SHARE = 0.4
"""Share of rows alike from which that is the nature of the table."""


def near_copies(columns: Sequence[CodedColumn]) -> npt.NDArray[np.int64]:
    """Pairs of rows that are one thing, the likeliest first.

    Cells that agree speak for a pair as far as their value is rare, and cells that differ against it (record linkage
    after I. Fellegi and A. Sunter, "A theory for record linkage", JASA 1969). A column that another tells is not heard
    again. Identifiers speak for a pair
    where they agree, and not against it.

    Parameters
    ----------
    columns : sequence of CodedColumn

    Returns
    -------
    int64 array (m, 2)
        Rows, the earlier first; pairs that agree in every cell are not among them.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.integers(0, 60, (90, 5)).astype(str), columns=["name", "cm", "kg", "steps", "pulse"])
    >>> table["name"] = "member " + table["name"]
    >>> table.loc[90] = [table.loc[17, "name"].replace("mb", "bm"), *table.loc[17].tolist()[1:]]
    >>> near_copies(columns_of(table)).tolist()
    [[17, 90]]
    """
    n = columns[0].n if columns else 0
    able = [c for c in columns if c.role != "constant"] if 20 <= n <= _MOST_ROWS else []
    names = [c for c in able if _identifies(c)]
    held = [c for c in able if not _identifies(c)]
    known = [_Known(column) for column in _telling(held)]
    if len(known) < 2:
        return np.zeros((0, 2), np.int64)
    keys = [_Known(column) for column in names]
    pairs = _proposed(known, keys, n)
    a, b = pairs[:, 0], pairs[:, 1]
    bits, differ = np.zeros(len(pairs)), np.zeros(len(pairs), np.int64)
    for key in keys:  # one thing has two numbers where it was entered twice
        bits += np.where(key.codes[a] == key.codes[b], key.bits[key.codes[a]], 0.0)
    open_: list[tuple[_Known, npt.NDArray[np.int64]]] = []
    alone, given, of = rarity([(one.codes, one.nothing) for one in known])
    for k, one in enumerate(known):
        own, other = one.codes[a], one.codes[b]
        same, lacks = own == other, one.nothing[own] | one.nothing[other]
        again = known[of[k]].codes[a] == known[of[k]].codes[b] if of[k] >= 0 else np.zeros(len(pairs), bool)
        speaks = np.where(again, given[a, k], alone[a, k])
        bits += np.where(same, speaks, np.where(lacks, -_LACKS, 0.0))
        unlike = ~same & ~lacks
        if one.words:
            open_.append((one, unlike))
            bits += np.where(unlike, _NEAR * np.minimum(one.bits[own], one.bits[other]), 0.0)
        else:
            bits -= np.where(unlike, _DIFFERS, 0.0)
        differ += ~same & (lacks | (not one.words))
    least = np.log2(n) + _BITS
    kept = np.flatnonzero(bits >= least)
    for one, unlike in open_:
        asked = kept[unlike[kept]]
        for at, x, y in zip(asked.tolist(), one.codes[a[asked]].tolist(), one.codes[b[asked]].tolist(), strict=True):
            if not one.near(x, y):
                bits[at] -= _NEAR * min(one.bits[x], one.bits[y]) + _DIFFERS
                differ[at] += 1
        kept = kept[bits[kept] >= least]
    kept = kept[differ[kept] <= max(1, len(known) // 2)]
    kept = kept[np.any([c.codes[a[kept]] != c.codes[b[kept]] for c in held], axis=0)]
    found = pairs[kept[np.argsort(-bits[kept], kind="stable")]]
    return found if len(np.unique(found)) <= _SHARE * n else np.zeros((0, 2), np.int64)


def rarity(
    columns: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], list[int]]:
    """Bits by which another row would rarely agree in each cell by chance.

    Parameters
    ----------
    columns : sequence of (codes, nothing)
        Of each column the codes of its rows (n,), and of each code whether it stands for nothing.

    Returns
    -------
    alone : float array (n, columns)
    given : float array (n, columns)
        Of rows that agree in another column, too: the one that tells most of it.
    of : list of int
        Places of these other columns; -1 for none.

    Examples
    --------
    >>> town, land = np.arange(64) % 16, np.arange(64) % 8
    >>> never = np.zeros(16, bool)
    >>> alone, given, of = rarity([(town, never), (land, never)])
    >>> alone[0].round().tolist(), given[0].round().tolist(), of
    ([4.0, 3.0], [4.0, 2.0], [-1, 0])
    """
    import pandas as pd

    n = len(columns[0][0])
    counts = [np.bincount(codes, minlength=len(nothing)) for codes, nothing in columns]
    share = [np.maximum(c - 1, 1) / n for c in counts]
    alone = np.zeros((n, len(columns)))
    for k, (codes, nothing) in enumerate(columns):
        alone[:, k] = np.where(nothing[codes], 0.0, -np.log2(share[k][codes]))
    given, of = alone.copy(), [-1] * len(columns)
    order = sorted(range(len(columns)), key=lambda k: -alone[:, k].sum())

    def told(k: int, i: int, rows: slice) -> npt.NDArray[np.float64]:
        codes, nothing, other = columns[k][0][rows], columns[k][1], columns[i][0][rows]
        pair, _ = pd.factorize(other * np.int64(len(nothing)) + codes)  # np.unique would sort
        of_other = np.bincount(other, minlength=len(counts[i]))
        # the two rows of a pair teach nothing of themselves
        both, own = np.maximum(np.bincount(pair)[pair] - 2, 0), np.maximum(of_other[other] - 2, 0)
        return np.where(nothing[codes], 0.0, -np.log2((both + _PRIOR * share[k][codes]) / (own + _PRIOR)))

    some = slice(None, None, -(-n // _LOOKED) or 1)
    for at, k in enumerate(order):
        least = float(alone[some, k].sum())
        for i in order[:at]:
            if (bits := float(told(k, i, some).sum())) < least:
                least, of[k] = bits, i
        if of[k] >= 0:
            given[:, k] = told(k, of[k], slice(None))
    return alone, given, of


def _telling(columns: Sequence[CodedColumn]) -> list[CodedColumn]:
    """Columns that tell rows apart, without those that others tell."""
    kept: list[CodedColumn] = []
    for column in sorted(columns, key=lambda c: -_entropy(c.counts))[:MOST_COLUMNS]:
        if not any(_tells(one, column) for one in kept):
            kept.append(column)
    return kept


def _identifies(column: CodedColumn) -> bool:
    """Whether it numbers or names the rows by a code."""
    if column.role == "code":
        return column.keyed
    if column.role != "number" or column.distinct < 0.95:
        return False
    x = column.numbers.read[column.codes]
    x = x[np.isfinite(x)]
    return len(x) > 0 and bool((x % 1 == 0).all()) and bool((np.diff(x) > 0).mean() > 0.9)


def _entropy(counts: npt.NDArray[np.int64]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def _tells(one: CodedColumn, other: CodedColumn) -> bool:
    """Whether ``other`` adds nothing: nearly each value of ``one`` has one of it, or they go up together."""
    joint = np.unique(one.codes.astype(np.int64) * len(other.values) + other.codes, return_counts=True)[1]
    if one.distinct <= 0.7:
        return _entropy(joint) - _entropy(one.counts) < 0.1 * _entropy(other.counts)
    if one.role == other.role == "number":
        x, y = one.numbers.read[one.codes], other.numbers.read[other.codes]
        held = np.isfinite(x) & np.isfinite(y)
        if held.sum() > 20 and np.ptp(x[held]) and np.ptp(y[held]):
            ranks = np.stack([np.argsort(np.argsort(z[held], kind="stable"), kind="stable") for z in (x, y)])
            return bool(abs(np.asarray(np.corrcoef(ranks))[0, 1]) > 0.97)
    return False


class _Known:
    """A column made ready: its codes with values that mean the same joined, and the bits that each is worth."""

    def __init__(self, column: CodedColumn) -> None:
        import pandas as pd

        self.words = column.role in {"category", "text", "code"}
        self.values = column.values
        if column.role == "number":
            meant = np.where(np.isfinite(column.numbers.read), column.numbers.read.astype(object), column.values)
        elif column.role == "date":
            meant = np.where(np.isfinite(column.dates.day), column.dates.day.astype(object), column.values)
        else:
            meant = np.array([plain(v) or v for v in column.values], dtype=object)
        joined, _ = pd.factorize(np.array([str(v) for v in meant], dtype=object))
        self.first = np.unique(joined, return_index=True)[1]
        self.codes = joined[column.codes]
        counts = np.bincount(joined, weights=column.counts)
        self.bits = np.log2(column.n / np.maximum(counts - 1, 1))
        self.nothing = column.nothing[self.first]
        self.bits[self.nothing] = 0.0
        self.entropy = _entropy(counts)

    def near(self, a: int, b: int) -> bool:
        """Whether two values are one, written otherwise."""
        one, other = (plain(self.values[self.first[k]])[:200] for k in (a, b))
        if _digits(one) != _digits(other):
            return False
        if firm(one) == firm(other):
            return True
        size = min(len(one), len(other))
        most = 0 if size < 3 else 1 if size < 6 else 2 + size // 10
        return edits(one, other, most) <= most or _shortened(one, other)


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _shortened(a: str, b: str) -> bool:
    """Whether word by word one is the beginning of the other: j smith, john smith."""
    one, other = a.split(), b.split()
    return len(one) == len(other) > 1 and all(
        x.startswith(y) or y.startswith(x) for x, y in zip(one, other, strict=True)
    )


def _proposed(known: Sequence[_Known], keys: Sequence[_Known], n: int) -> npt.NDArray[np.int64]:
    """Pairs of rows that agree in two of the columns that tell most, or in one value that few have."""
    best = sorted(range(len(known)), key=lambda k: (-known[k].entropy, k))[:_KEYS]
    top = [known[k] for k in best]
    found = []
    for one, other in [*((one, one) for one in (*top, *keys)), *combinations(top, 2)]:
        key = one.codes.astype(np.int64) * len(other.bits) + other.codes
        able = np.flatnonzero(~one.nothing[one.codes] & ~other.nothing[other.codes])
        able = able[np.argsort(key[able], kind="stable")]
        start = np.flatnonzero(np.diff(key[able], prepend=-1))
        size = np.diff(np.append(start, len(able)))
        few = (np.repeat(size, size) <= _IN_ONE) if len(size) else np.zeros(0, bool)
        for step in range(1, _IN_ONE):
            left = np.flatnonzero(few[:-step] & (key[able[:-step]] == key[able[step:]]))
            found.append(np.stack([able[left], able[left + step]], axis=1))
    pairs = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    word = np.unique(pairs.min(1, initial=n) * n + pairs.max(1, initial=0)) if len(pairs) else np.zeros(0, np.int64)
    return np.stack([word // n, word % n], axis=1)
