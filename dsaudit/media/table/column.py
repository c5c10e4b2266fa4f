"""What the columns of a table hold: identifiers, categories, numbers, dates, texts, or one and the same value."""

from __future__ import annotations

import re
from calendar import month_name
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.column import names_codes
from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

ColumnType = Literal["identifier", "category", "number", "date", "text", "constant"]
COLUMN_TYPES: tuple[ColumnType, ...] = get_args(ColumnType)

NOTHING = frozenset(
    {"", "-", "--", "---", "?", "??", ".", "..", "*", "n/a", "#n/a", "na", "n.a.", "n.a", "nan", "<na>", "nat", "null"}
    | {"none", "nil", "missing", "unknown", "not available", "not applicable", "no data", "not known", "tbd", "empty"}
    | {"\u2013", "\u2014", "(null)", "(blank)", "#value!", "#ref!", "#div/0!", "#name?", "#null!", "#num!", "undefined"}
)
"""Words, in lower case, that people write where there is no value. They tell nothing of a column's type."""

_LOOKED_AT = 20_000
_MOST = 0.8
"""Share of values from which a column holds what they are."""
_FEW = 0.05
_WORDS_OF_TEXTS = 4
_NUMBER = re.compile(
    r"(?P<sign>[-+\u2212]?)\s*(?:[$€£¥]\s*)?"
    r"(?P<digits>\d{1,3}(?:[.,'\u2019 \u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)"
    r"(?P<power>[eE][-+]?\d+)?\s*(?P<unit>%|[^\W\d_][^\d]{0,24}|°[CF]?|[$€£¥])?"
)
_WITH_COMMA = re.compile(r"[-+]?\d*,\d{1,2}|[-+]?\d*,\d{4,}|[-+]?[\d.]+\.\d{3},\d+|[-+]?0,\d+")
_WITH_POINT = re.compile(r"[-+]?\d*\.\d{1,2}|[-+]?\d*\.\d{4,}|[-+]?[\d,]+,\d{3}\.\d+|[-+]?0\.\d+")
_MOST_UNITS = 20
_DIGITS = re.compile(r"\d+")
_SPECIAL = {"inf": np.inf, "+inf": np.inf, "-inf": -np.inf, "infinity": np.inf, "-infinity": -np.inf}
_CODE = re.compile(r"0\d+|\d{10,}")
"""Digits that are no amount: with a zero in front, or too many of them."""
_COUNTED = 20
_MONTHS = {name.casefold()[:3]: k for k, name in enumerate(month_name) if k}
_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[-+]\d{2}:?\d{2})?)?"
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME)
_NUMERIC_DATE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})" + _TIME)
_WORD_DATE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-. ]+([A-Za-z]{3})[a-z]*\.?,?[-. ]+(\d{4}|\d{2})" + _TIME)
_WORD_FIRST = re.compile(r"([A-Za-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _TIME)
_SHORTEST_DATE = len("1/1/99")
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table.

    Attributes
    ----------
    name : str
    type : str
        One of ``COLUMN_TYPES``.
    n_values : int
        Cells that hold something, of the rows looked at.
    n_distinct : int
        Different ones of them.
    fits : float
        Share of the values that are of this type, 0 to 1; words that stand for nothing aside.
    decimal_comma : bool
        Of numbers: whether most of those that tell are written with a comma.
    day_first : bool
        Of dates written in numbers: whether the day stands before the month in most of those that tell.
    told : bool
        Whether the user said the type.
    """

    name: str
    type: ColumnType
    n_values: int = 0
    n_distinct: int = 0
    fits: float = 1.0
    decimal_comma: bool = False
    day_first: bool = True
    told: bool = False


def infer_columns(frame: pd.DataFrame, told: Mapping[str, str] | None = None) -> tuple[TableColumn, ...]:
    """The type of every column, by what most of its cells are.

    Parameters
    ----------
    frame : DataFrame
        Cells as they were read: texts where the file holds texts, numbers and dates where it holds those, None, NaN or
        NaT for nothing. Of long tables a part is looked at.
    told : mapping of str to str, optional
        Types by name of column that the user says.

    Raises
    ------
    UsageError
        A type or a column that there is not.

    Examples
    --------
    >>> table = pd.DataFrame({"age": ["31", "40", "?"], "town": ["Bern", "Graz", "Bern"], "on": ["2021-03-01"] * 3})
    >>> [(column.name, column.type) for column in infer_columns(table)]
    [('age', 'number'), ('town', 'category'), ('on', 'constant')]
    """
    told = told or {}
    for name, of_type in told.items():
        if of_type not in COLUMN_TYPES:
            raise UsageError(
                f"no type of column is called {of_type!r}",
                hint=f"--column-type NAME=TYPE knows {', '.join(COLUMN_TYPES)}",
            )
        if name not in frame.columns:
            raise UsageError(
                f"there is no column {name!r} to give a type",
                hint=f"there are {', '.join(map(repr, frame.columns[:12]))}",
            )
    step = -(-len(frame) // _LOOKED_AT) or 1
    found = []
    for place, name in enumerate(frame.columns):
        cells = frame.iloc[::step, place]
        column = _inferred(str(name), cells)
        if column.type == "constant" and step > 1 and frame.iloc[:, place].nunique() > 1:
            column = replace(column, type="category")
        found.append(replace(column, type=told[name], told=True) if name in told else column)  # type: ignore[arg-type]
    return tuple(found)


def _inferred(name: str, cells: pd.Series[Any]) -> TableColumn:
    texts, counts = distinct_texts(cells)
    n_values, n_distinct = int(counts.sum()), len(texts)
    telling = np.array([text.strip().casefold() not in NOTHING for text in texts], dtype=bool)
    if n_distinct < 2:
        return TableColumn(name, "constant" if len(cells) > 1 or not n_values else _of_one(texts), n_values, n_distinct)
    if not telling.any():
        return TableColumn(name, "category", n_values, n_distinct)
    words = [text for text, tells in zip(texts, telling, strict=True) if tells]
    weights = counts[telling]
    n_telling = int(weights.sum())
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return TableColumn(name, "date", n_values, n_distinct)
    figures = cells.dtype.kind in "if"  # read as numbers: nothing in them is left to be understood
    days, day_first = (np.full(len(words), np.nan), True) if figures else _days_of(words)
    if (fits := float(weights[~np.isnan(days)].sum() / n_telling)) >= _MOST:
        return TableColumn(name, "date", n_values, n_distinct, fits, day_first=day_first)
    numbers, comma = (np.array(words, dtype=np.float64), False) if figures else _numbers_of(words)
    fits = float(weights[~np.isnan(numbers)].sum() / n_telling)
    unique = len(words) >= (1 - _FEW) * n_telling
    whole = _are_whole(words, numbers)
    named = whole and names_codes(name)
    if fits >= _MOST and not named and not _are_codes(words, numbers) and (figures or not _have_many_units(words)):
        counts_on = unique and whole and len(words) == n_telling and _count_on(numbers)
        two = len(words) == 2 and n_telling > 3 and set(numbers[np.isfinite(numbers)]) <= {0.0, 1.0, 2.0, -1.0}
        kind: ColumnType = "identifier" if counts_on else "category" if two else "number"
        return TableColumn(name, kind, n_values, n_distinct, fits, decimal_comma=comma)
    n_words = sum(len(text.split()) * int(n) for text, n in zip(words, weights, strict=True)) / n_telling
    if n_words >= _WORDS_OF_TEXTS and 2 * len(words) > n_telling:
        return TableColumn(name, "text", n_values, n_distinct)
    if unique and n_telling > 1:
        forms = {_DIGITS.sub("0", word) for word in words}
        is_code = n_words < 1.5 or len(forms) <= max(1, _FEW * len(words))
        return TableColumn(name, "identifier" if is_code else "text", n_values, n_distinct)
    return TableColumn(name, "category", n_values, n_distinct)


def _of_one(texts: Sequence[str]) -> ColumnType:
    """The type of a column of one row."""
    if not np.isnan(_numbers_of(texts)[0]).any():
        return "number"
    if not np.isnan(_days_of(texts)[0]).any():
        return "date"
    return "text" if len(texts[0].split()) >= _WORDS_OF_TEXTS else "category"


def _are_whole(words: Sequence[str], numbers: npt.NDArray[np.float64]) -> bool:
    """Whether nearly all figures are digits alone, and none is below 0."""
    figures = [word.strip() for word, number in zip(words, numbers, strict=True) if not np.isnan(number)]
    return sum(figure.isdigit() for figure in figures) >= (1 - _FEW) * len(figures) > 0


def _are_codes(words: Sequence[str], numbers: npt.NDArray[np.float64]) -> bool:
    """Whether figures are names of something: with zeros in front, or all of one long length."""
    figures = [word.strip() for word, number in zip(words, numbers, strict=True) if not np.isnan(number)]
    return sum(bool(_CODE.fullmatch(figure)) for figure in figures) > _FEW * len(figures)


def _have_many_units(words: Sequence[str]) -> bool:
    """Whether words after figures are as many as the figures, as in addresses: then these are no amounts."""
    bare = [text for word in words if not (text := word.strip())[-1:].isdecimal()]
    units = [m["unit"].strip().casefold() for text in bare if (m := _NUMBER.fullmatch(text)) and m["unit"]]
    return len(set(units)) > _MOST_UNITS and 2 * len(set(units)) > len(units)


def _count_on(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers, all different, go up by about one step, as those that number the rows."""
    ordered = np.sort(numbers[np.isfinite(numbers)])
    if len(ordered) < _COUNTED or ordered[-1] - ordered[0] < 1.5 * len(ordered):
        return len(ordered) >= _COUNTED
    steps = np.diff(ordered)
    return bool(steps.min() > 0 and np.ptp(steps) <= 0.5 * np.median(steps))


def distinct_texts(cells: pd.Series[Any]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The different values of a column as text, in the order in which they come, and how often each does.

    >>> distinct_texts(pd.Series(["b", None, "a", "b"]))
    (['b', 'a'], array([2, 1]))
    """
    codes, values = _coded(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
    return [cell_text(value) for value in values], counts


def _coded(cells: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], Any]:
    """A number for each cell, -1 for nothing, and the values, in the order in which they come."""
    try:
        return pd.factorize(cells)
    except TypeError:  # lists and the like are told by how they are written
        told = cells.map(lambda cell: str(cell) if isinstance(cell, (list, dict, set, np.ndarray)) else cell)
        return pd.factorize(told)


def cell_text(value: object) -> str:
    """A value as people would write it: ``3`` for 3.0 too.

    >>> cell_text(3.0), cell_text("3.0"), cell_text(pd.Timestamp("1850-01-31"))
    ('3', '3.0', '1850-01-31')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime):
        return str(value.date()) if value == value.replace(hour=0, minute=0, second=0, microsecond=0) else str(value)
    return str(value)


def numbers(cells: pd.Series[Any], *, decimal_comma: bool = False) -> npt.NDArray[np.float64]:
    """The cells as numbers, NaN where they are none: signs, thousands, percents, currencies and units are understood.

    A unit is passed over, so ``12 oz`` is 12; ``50 %`` is 50.

    >>> numbers(pd.Series(["1,200.5", "12 oz", "-3", "x", None])).tolist()
    [1200.5, 12.0, -3.0, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    codes, values = _coded(cells)
    found = [_number(value, decimal_comma) for value in values]
    return np.array([*found, np.nan], dtype=np.float64)[codes]


def days(cells: pd.Series[Any], *, day_first: bool = True) -> npt.NDArray[np.float64]:
    """The cells as days since 1970-01-01, NaN where they are no date of the years 1 to 9999.

    >>> days(pd.Series(["1970-01-02", "2/1/1970", "1 Jan 1850", "soon"])).tolist()
    [1.0, 1.0, -43829.0, nan]
    """
    codes, values = _coded(cells)
    found = [_day(value, day_first) for value in values]
    return np.array([*found, np.nan], dtype=np.float64)[codes]


def _numbers_of(words: Sequence[str]) -> tuple[npt.NDArray[np.float64], bool]:
    """Numbers, and whether they are written with a decimal comma."""
    commas = sum(bool(_WITH_COMMA.fullmatch(w.strip())) for w in words if "," in w)
    points = sum(bool(_WITH_POINT.fullmatch(w.strip())) for w in words if "." in w)
    comma = commas > points
    return np.array([_number(word, comma) for word in words], dtype=np.float64), comma


def _number(value: object, decimal_comma: bool) -> float:
    if not isinstance(value, str):
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return np.nan
    text = value.strip()
    if text.casefold() in _SPECIAL:
        return float(_SPECIAL[text.casefold()])
    bare = text[1:] if text[:1] in ("-", "+") else text
    if not decimal_comma and bare.isascii() and bare[-1:] != "." and bare.replace(".", "", 1).isdecimal():
        return float(text)  # nearly all are written so, and the rest takes ten times as long
    match = _NUMBER.fullmatch(text)
    if match is None:
        return np.nan
    digits = match["digits"]
    for space in " '\u2019\u00a0\u202f":
        digits = digits.replace(space, "")
    kinds = {sign for sign in digits if sign in ".,"}
    if len(kinds) == 2:
        last = max(digits.rfind("."), digits.rfind(","))
        digits = re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :]
    elif kinds:
        sign = kinds.pop()
        thousands = bool(re.fullmatch(rf"\d{{1,3}}(?:\{sign}\d{{3}})+", digits)) and not digits.startswith("0")
        own = "," if decimal_comma else "."
        if digits.count(sign) > 1 or (thousands and sign != own):
            digits = digits.replace(sign, "")
        digits = digits.replace(",", ".")
    number = float(digits + (match["power"] or ""))
    return -number if match["sign"] in ("-", "\u2212") else number


def _days_of(words: Sequence[str]) -> tuple[npt.NDArray[np.float64], bool]:
    """Days, and whether the day stands before the month where both are numbers."""
    long = [text for word in words if len(text := word.strip()) >= _SHORTEST_DATE]
    pairs = [(int(m[1]), int(m[3])) for text in long if (m := _NUMERIC_DATE.fullmatch(text))]
    day_first = sum(a > 12 for a, _ in pairs) >= sum(b > 12 for _, b in pairs)
    return np.array([_day(word, day_first) for word in words], dtype=np.float64), day_first


def _day(value: object, day_first: bool) -> float:
    if isinstance(value, date):
        return float(value.toordinal() - _EPOCH)
    text = value.strip() if isinstance(value, str) else ""
    if not _SHORTEST_DATE <= len(text) <= 40:
        return np.nan
    if m := _ISO.fullmatch(text):
        return _ordinal(int(m[1]), int(m[3]), int(m[4]))
    if m := _NUMERIC_DATE.fullmatch(text):
        a, b, year = int(m[1]), int(m[3]), _year(m[4])
        day, month = (a, b) if (day_first and b <= 12) or a > 12 else (b, a)
        return _ordinal(year, month, day)
    if m := _WORD_DATE.fullmatch(text):
        return _ordinal(_year(m[3]), _MONTHS.get(m[2].casefold(), 0), int(m[1]))
    if m := _WORD_FIRST.fullmatch(text):
        return _ordinal(int(m[3]), _MONTHS.get(m[1].casefold(), 0), int(m[2]))
    return np.nan


def _year(text: str) -> int:
    return int(text) + ((1900 if int(text) >= 50 else 2000) if len(text) == 2 else 0)


def _ordinal(year: int, month: int, day: int) -> float:
    try:
        return float(date(year, month, day).toordinal() - _EPOCH)
    except ValueError:
        return np.nan
