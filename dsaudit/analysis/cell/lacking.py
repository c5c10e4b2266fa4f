"""Values that stand for none: words, numbers and dates that forms and programs put where nothing is known."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.date import ordinal
from dsaudit.analysis.cell.hint import Hint, of_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

Said = dict[int, tuple[float, str | None, float, str]]

_CODE = 5
"""Digits of a code at least."""
_MAY_BE_MEANT = frozenset(
    {"none", "unknown", "unk", "missing", "empty", "blank", "no answer", "not applicable", "(none)"}
)
_SENTINELS = frozenset(
    float(s + d) for s in ("", "-") for d in ("9", "99", "999", "9999", "99999", "999999", "1", "0", "8888", "7777")
) | {-2.0, -8.0, -7.0, 998.0, 99.9, 999.9, 9999.9, -99.9, -999.9, 32767.0, -32768.0, 2147483647.0, -2147483648.0}
_DAYS = frozenset(
    ordinal(*day)
    for day in (
        *((1900, 1, 1), (1899, 12, 30), (1899, 12, 31), (1899, 12, 29), (1904, 1, 1), (1970, 1, 1), (1980, 1, 1)),
        *((1111, 11, 11), (2099, 12, 31), (2999, 12, 31), (1901, 1, 1), (1800, 1, 1), (1753, 1, 1), (1969, 12, 31)),
        (2000, 1, 1),
    )
)


def convention(columns: Sequence[CodedColumn]) -> str | None:
    """The one word by which the whole table says that nothing is known: in several columns, and no cell is empty.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> convention(columns_of(pd.DataFrame({"a": ["x", "empty"], "b": ["empty", "y"]})))
    'empty'
    """
    used: dict[str, int] = Counter(
        value.strip().lower() for c in columns for value in c.values[c.nothing & ~c.blank].tolist()
    )
    blank = any(c.counts[c.blank].sum() for c in columns)
    often = [word for word, n in used.items() if n >= 2]
    return often[0] if len(often) == 1 and not blank else None


def placeholders(place: int, column: CodedColumn, usual: str | None = None) -> list[Hint]:
    """What stands for a missing value in a column; ``usual`` is the table's own word for it.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": ["12", "9", "n/a", "14"]}))
    >>> [hint.rows.tolist() for hint in placeholders(0, column)]
    [[2]]
    """
    said: Said = {}
    for k in np.flatnonzero(column.nothing & ~column.blank):
        word = column.values[k].strip().lower()
        if word == usual or word.startswith("#"):
            continue
        meant = word in _MAY_BE_MEANT and column.role not in {"number", "date"}
        said[int(k)] = (0.45 if meant else 0.92, "", 0.95, "a word for nothing known")
    if column.role == "number":
        _sentinels(column, said)
    if column.role == "date":
        _days(column, said)
    return of_values("stand-in", place, column, said)


def _sentinels(column: CodedColumn, said: Said) -> None:
    """Numbers that repeat and lie apart from the others, above all those that programs use for nothing."""
    numbers = column.numbers.plain
    order = np.argsort(numbers, kind="stable")[: int((~np.isnan(numbers)).sum())]
    x, counts = numbers[order], column.counts[order]
    if len(x) < 6:
        return
    n, alike = int(counts.sum()), float(np.median(counts))
    apart = _apart(x, counts)
    long_ = _length(column)
    for i in np.flatnonzero(apart > 0):
        known = float(x[i]) in _SENTINELS
        if not known and len(column.values[order[i]].strip()) == long_:  # one code among codes
            continue
        if max(3, 0.002 * n, 0 if known or apart[i] > 1.0 else 4 * alike) <= counts[i] <= 0.6 * n:
            far = apart[i] > (0.3 if known else 1.0)
            p = (0.95 if far else 0.6) if known else 0.8 if far else 0.2
            said[int(order[i])] = (p, "", 0.9, f"{column.values[order[i]]} stands apart in {counts[i]} rows")


def _length(column: CodedColumn) -> int:
    """The number of digits that nearly all values have, where it is that of codes; else 0."""
    texts = [v.strip() for v in column.values]
    digits = np.array([len(v) if v.isdigit() else 0 for v in texts])
    often = np.bincount(digits, weights=np.where(column.nothing, 0, column.counts))
    most = int(often.argmax())
    return most if most >= _CODE and often[most] >= 0.9 * column.counts[~column.nothing].sum() else 0


def _apart(x: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Of the few numbers at either end how far each is from the next further in, in the spread of the rest.

    What lies beyond a gap is a heap of its own where it has many numbers.
    """
    found = np.zeros(len(x))
    spread_of = np.repeat(x, np.minimum(counts, 1_000))
    low, high = np.percentile(spread_of, [15, 85])
    spread = max(float(high - low), 1e-9)
    gaps = np.diff(x)
    usual = float(np.percentile(gaps, 90))
    for ends, step in ((range(min(4, len(x) // 3)), 0), (range(len(x) - 1, len(x) - 1 - min(4, len(x) // 3), -1), -1)):
        outer: list[int] = []
        for i in ends:
            outer.append(i)
            gap = float(gaps[i + step])
            if gap > 0.15 * spread and gap > 3 * usual:
                for k in outer:
                    found[k] = max(found[k], gap / spread)
    return found


def _days(column: CodedColumn, said: Said) -> None:
    """Days that programs start counting from."""
    dates = column.dates.day
    counts = column.counts
    known = [k for k in np.flatnonzero(~np.isnan(dates)) if dates[k] in _DAYS]
    others = np.array([d for k, d in enumerate(dates) if not np.isnan(d) and k not in known])
    if not len(others):
        return
    margin = max(0.15 * (others.max() - others.min()), 60)
    low, high = others.min() - margin, others.max() + margin
    usual = float(np.median([counts[k] for k in range(len(dates)) if k not in known and not np.isnan(dates[k])]))
    for k in known:
        outside = not low <= dates[k] <= high
        if outside or counts[k] >= max(5, 8 * usual):
            said[int(k)] = (0.95 if outside else 0.75, "", 0.9, f"{column.values[k]} is where programs start counting")
