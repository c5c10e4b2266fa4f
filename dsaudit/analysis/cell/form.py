"""Cells written otherwise than their column: shape, unit, decimal comma, order and form of dates, broken letters."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.column import WORDS_FOR_NOTHING
from dsaudit.analysis.cell.date import in_form, ordinal
from dsaudit.analysis.cell.hint import Hint, of_values
from dsaudit.analysis.cell.number import digits_for_letters, plainly, with_number
from dsaudit.analysis.cell.unit import converted, dimension, like, unit_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

Said = dict[int, tuple[float, str | None, float, str]]

_LOST = "\ufffd"
_MARK_IN_WORD = re.compile(r"[A-Za-z]\?[a-z]")
_ODD = re.compile(r"\b[A-Z]{2}[a-z]{2,}|\b[a-z]+[A-Z]\b|\b[A-Za-z][a-z]*[a-z][A-Z][a-z]")
_MANY = 200_000


def shape(text: str) -> str:
    """The pattern of a value: capitals A, small letters a, digits 9, repeats drawn together.

    >>> shape("AB-1204"), shape("Grand Rapids"), shape("12.0 oz.")
    ('A-9', 'Aa Aa', '9.9 a.')
    """
    signs = ["9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text]
    return "".join(c for k, c in enumerate(signs) if k == 0 or c != signs[k - 1] or c not in "9Aa")


def full_shape(text: str) -> str:
    """The pattern with its lengths.

    >>> full_shape("AB-1204")
    'AA-9999'
    """
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)


def misshapen(place: int, column: CodedColumn) -> list[Hint]:
    """Values of a rare pattern where nearly all have a few.

    A column of names has many patterns, each rare: then rarity says nothing. How many rows have a pattern as rare is
    what a rare one is measured by.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": [f"AB-{k}" for k in range(1000, 1200)] + ["17/4"]}))
    >>> [hint.rows.tolist() for hint in misshapen(0, column)]
    [[200]]
    """
    if column.role in {"constant", "number", "date"}:
        return []
    held = np.flatnonzero(~column.nothing)[:_MANY]
    counts = column.counts[held]
    n = counts.sum()
    p = np.zeros(len(held))
    why = np.full(len(held), "", object)
    wordy = column.role == "text" or sum(" " in v for v in column.values[held[:2_000]]) > 0.2 * min(len(held), 2_000)
    for form, most, limit in ((full_shape, 0.85, 0.002 if wordy else 0.02), (shape, 0.8, 0.003 if wordy else 0.03)):
        forms, codes = np.unique([form(v) for v in column.values[held]], return_inverse=True)
        rows = np.bincount(codes, weights=counts)
        # where patterns are many, none is the column's
        if len(forms) < 2 or len(held) <= 12 or np.sort(rows)[-5:].sum() < 0.7 * n:
            continue
        _, at = np.unique(rows, return_inverse=True)
        as_rare = np.cumsum(np.bincount(at, weights=rows))[at] / n
        own = (most * np.clip(1.0 - as_rare / limit, 0.0, 1.0))[codes]
        main, better = forms[rows.argmax()], own > p
        p[better] = own[better]
        for i in np.flatnonzero(better):
            why[i] = f"written as {forms[codes[i]][:40]!r}, most as {main[:40]!r}"
    for k in _odd_capitals(column.values[held], counts):
        p[k], why[k] = max(p[k], 0.6), "capitals inside a word, as in no other"
    # a value that many rows share is no slip
    p *= np.where(counts > np.maximum(3, 0.01 * n), 0.3, 1.0)
    return of_values(
        "form", place, column, {int(held[i]): (float(p[i]), None, 0.0, why[i]) for i in np.flatnonzero(p > 0.02)}
    )


def _odd_capitals(values: npt.NDArray[np.object_], counts: npt.NDArray[np.int64]) -> list[int]:
    """Values with a word of both cases but for its first letter, where hardly a word is so."""
    odd = [k for k, v in enumerate(values) if _ODD.search(v)]
    return odd if counts[odd].sum() <= 0.01 * counts.sum() else []


def misread_numbers(place: int, column: CodedColumn) -> list[Hint]:
    """In a column of numbers: text, units in several spellings, decimal commas, thousands.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": [f"{k}.5" for k in range(50)] + ["n1ne"]}))
    >>> [hint.rows.tolist() for hint in misread_numbers(0, column)]
    [[50]]
    """
    if column.role != "number":
        return []
    numbers, said = column.numbers, dict[int, tuple[float, str | None, float, str]]()
    n = max(int(column.counts[~column.nothing].sum()), 1)
    spelt = Counter[str]()
    for unit, count in zip(numbers.unit, column.counts, strict=True):
        spelt[unit] += int(count)
    bare = int(column.counts[~np.isnan(numbers.plain)].sum())
    mixed = len([u for u in spelt if u]) > 1 or bare > 0
    main = max((u for u in spelt if u), key=lambda u: spelt[u], default="")
    usual = main if main and spelt[main] >= 0.85 * n else ""
    commas = int(column.counts[numbers.comma == 1].sum())
    for k in np.flatnonzero(~column.nothing & np.isnan(numbers.plain)):
        value = column.values[k]
        if np.isnan(numbers.read[k]):
            turned = digits_for_letters(value)
            often = column.counts[k] >= max(3, 0.002 * n)
            words = "a word in the place of numbers" if often else "text in a column of numbers"
            said[int(k)] = (0.85 if often else 0.93, turned or ("" if often else None), 0.9 if turned else 0.5, words)
        elif numbers.unit[k] and usual and numbers.unit[k] == usual:
            continue
        elif numbers.unit[k] and (usual or mixed):
            mended, sure = _in_unit(column, int(k), usual)
            said[int(k)] = (0.93, mended, sure, f"{numbers.unit[k]!r} beside the number; others are written otherwise")
        elif numbers.comma[k]:
            if numbers.comma[k] == 1 and commas >= 0.8 * n:
                continue
            p = 0.9 if bare >= 0.3 * n else 0.4
            what = "a decimal comma" if numbers.comma[k] == 1 else "a mark between thousands"
            said[int(k)] = (p, _nearer(column, int(k)), 0.85, what)
    return of_values("number form", place, column, said)


def _in_unit(column: CodedColumn, k: int, usual: str) -> tuple[str, float]:
    """The value in the unit of its column, and how sure that is; the unit of bare numbers is that of the column's name,
    or the one by which the value is most like the others."""
    number, unit = float(column.numbers.read[k]), column.numbers.unit[k]
    if usual:
        if converted(1.0, unit, usual) in {None, 1.0}:
            return column.values[k].replace(unit, usual), 0.93 if converted(1.0, unit, usual) == 1.0 or not dimension(
                unit
            ) else 0.5
        pattern = str(column.values[np.argmax(column.numbers.unit == usual)])
        return with_number(pattern, number), 0.93
    own = unit_of(column.name)
    if own and (made := converted(number, unit, own)) is not None:
        return plainly(made), 0.95
    bare = column.numbers.plain[~np.isnan(column.numbers.plain)]
    if dimension(unit) and len(bare) >= 5:
        tried = [made for other in like(unit) if (made := converted(number, unit, other)) is not None]
        # as it is where that is no less likely
        best = min(tried, key=lambda made: abs(_place(bare, made)))
        if abs(_place(bare, number)) > abs(_place(bare, best)) + 1.0:
            return plainly(best), 0.7
    return _bare(column, k), 0.93


def _bare(column: CodedColumn, k: int) -> str:
    """The number without its unit; of a percent sign as it is or by a hundred, as the bare ones of the column are."""
    number, bare = column.numbers.read[k], column.numbers.plain[~np.isnan(column.numbers.plain)]
    if column.numbers.unit[k] == "%" and len(bare) >= 5:
        near = [abs(_place(bare, number / f)) for f in (1, 100)]
        number = number / (1, 100)[int(np.argmin(near))]
    return plainly(number)


def _nearer(column: CodedColumn, k: int) -> str:
    """A number whose comma may part decimals or thousands, by which of the two the others are like."""
    number = column.numbers.read[k]
    bare = column.numbers.plain[~np.isnan(column.numbers.plain)]
    if column.numbers.comma[k] == 3 and len(bare) >= 5 and abs(_place(bare, number / 1000)) < abs(_place(bare, number)):
        number /= 1000
    return plainly(number)


def _place(bare: np.ndarray, number: float) -> float:
    """How far from the middle of the others, in their spread."""
    low, mid, high = np.percentile(bare, [10, 50, 90])
    return float((number - mid) / max(high - low, 1e-9))


def misread_dates(place: int, column: CodedColumn) -> list[Hint]:
    """In a column of dates: another form, the other order, a day that no calendar has.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": [f"2021-03-{k:02d}" for k in range(1, 31)] + ["2021-02-30"]}))
    >>> [hint.rows.tolist() for hint in misread_dates(0, column)]
    [[30]]
    """
    if column.role != "date":
        return []
    dates, said = column.dates, dict[int, tuple[float, str | None, float, str]]()
    forms = Counter[str]()
    for form, count in zip(dates.form, column.counts, strict=True):
        if form:
            forms[form] += int(count)
    main, often = forms.most_common(1)[0]
    n = sum(forms.values())
    for k in np.flatnonzero(~column.nothing):
        value, form, day = column.values[k], dates.form[k], dates.day[k]
        if not form:
            said[int(k)] = (0.92, None, 0.0, "no date in a column of dates")
        elif np.isnan(day):
            turned = _turned(value)
            said[int(k)] = (0.97, turned, 0.9 if turned else 0.0, "no calendar has this day")
        elif form != main and often >= 0.5 * n:
            p = 0.9 if forms[form] < 0.3 * n else 0.5
            said[int(k)] = (p, in_form(day, main, dates.tail[k]), 0.85, f"written as {form}, most as {main}")
    return of_values("date form", place, column, said)


def _turned(value: str) -> str | None:
    """Day and month exchanged, where that makes a date."""
    found = re.match(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(.*)$", value)
    if found and not np.isnan(ordinal(int(found[1]), int(found[4]), int(found[3]))):
        return f"{found[1]}{found[2]}{int(found[4]):02d}{found[2]}{int(found[3]):02d}{found[5]}"
    return None


def misdecoded(place: int, column: CodedColumn) -> list[Hint]:
    """Letters broken by a wrong decoding.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": ["Zürich", "ZÃ¼rich", "Zürich"]}))
    >>> [hint.rows.tolist() for hint in misdecoded(0, column)]
    [[1]]
    """
    said: Said = {}
    strange = [k for k, v in enumerate(column.values[:_MANY]) if not v.isascii() or _MARK_IN_WORD.search(v)]
    if not strange:
        return []
    import ftfy

    for k in strange:
        value = column.values[k]
        mended = ftfy.fix_encoding(value)
        if mended != value:
            said[k] = (0.97, mended, 0.95, "letters broken by a wrong decoding")
        elif _LOST in value:
            said[k] = (0.97, None, 0.0, "letters lost in decoding")
        elif any(unlike in value for unlike in "\x80\x93\x94\x99\x9c\xad"):
            said[k] = (0.9, None, 0.0, "control characters inside")
        elif value.isascii() and column.role != "text" and value.strip().lower() not in WORDS_FOR_NOTHING:
            said[k] = (0.5, None, 0.0, "a question mark within a word")
    return of_values("decoding", place, column, said)


_GENE = re.compile(
    r"^(?:(\d{1,2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(\d{2}))$"
)
_SCIENTIFIC = re.compile(r"^\d(?:[.,]\d+)?[eE]\+?\d{1,3}$")
_FAULTS = frozenset({"#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NULL!", "#N/A"})


def spoilt(place: int, column: CodedColumn) -> list[Hint]:
    """Codes that a spreadsheet took for numbers or dates: zeros lost, 1E+05, 2-Sep, 12.0, #NAME?.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (column,) = columns_of(pd.DataFrame({"x": [f"{k:05d}" for k in range(1000, 1100)] + ["977"]}))
    >>> [hint.rows.tolist() for hint in spoilt(0, column)]
    [[100]]
    """
    said: Said = {}
    held = np.flatnonzero(~column.blank)[:_MANY]
    values, counts = column.values, column.counts
    n = int(counts[held].sum())
    if not n:
        return []
    digits = np.fromiter((values[k].isdigit() for k in held), bool, len(held))
    lengths = np.fromiter((len(values[k]) for k in held), np.int64, len(held))
    zeros = np.fromiter((values[k][0] == "0" and len(values[k]) > 1 for k in held), bool, len(held))
    width = int(np.bincount(lengths[digits], weights=counts[held][digits]).argmax()) if digits.any() else 0
    padded = digits & zeros & (lengths == width)
    whole = int(counts[held][digits].sum())
    dated = [k for k in held if _GENE.match(values[k])]
    n_dated = int(sum(counts[k] for k in dated))
    for k in held:
        value = values[k]
        if value.strip().upper() in _FAULTS:
            said[int(k)] = (0.97, None, 0.0, "an error of a spreadsheet in the place of the value")
        elif value.isdigit() and padded.sum() >= 2 and len(value) < width:
            said[int(k)] = (0.93, value.zfill(width), 0.95, f"leading zeros lost: others have {width} digits")
        elif _SCIENTIFIC.match(value) and whole >= 0.5 * n and width >= 6:
            said[int(k)] = (0.95, None, 0.0, "a code turned into a power of ten: its last digits are lost")
        elif re.fullmatch(r"\d+\.0", value) and 0.5 * n <= whole < n and not _fractions(values, held):
            said[int(k)] = (0.9, value[:-2], 0.95, "a whole number written as a fraction")
    if dated and n_dated < 0.5 * n and column.role != "date":
        for k in dated:
            said[int(k)] = (0.95, _undated(values, _GENE.match(values[k])), 0.6, "a code turned into a date")
    return of_values("spreadsheet", place, column, said)


def _fractions(values: np.ndarray, held: np.ndarray) -> bool:
    """Whether any value has decimals that say something."""
    return any(re.fullmatch(r"-?\d+\.\d*[1-9]\d*", values[k]) for k in held)


def _undated(values: np.ndarray, found: re.Match[str] | None) -> str | None:
    """The code that a spreadsheet reads as this date, as the column has such: ``SEPT2``, ``09-02``."""
    if found is None:
        return None
    day, month = int(found[1] or found[4]), (found[2] or found[3]).upper()
    number = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"].index(month) + 1
    names = {"MAR": ["MARCH", "MARC", "MAR"], "SEP": ["SEPT", "SEPTIN", "SEP"]}.get(month, [month])
    there = set(values)
    for name in names:
        if f"{name}{day}" in there:
            return f"{name}{day}"
    pairs = [v for v in there if re.fullmatch(r"\d{2}-\d{2}", v)]
    return f"{day:02d}-{number:02d}" if len(pairs) >= 5 else None
