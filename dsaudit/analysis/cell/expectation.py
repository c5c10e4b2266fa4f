"""What holds in the sound cells of a table, to be asked of the next one: types, ranges, forms, sets, keys, pairs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.dependency import Dependency, dependencies
from dsaudit.analysis.cell.order import orders
from dsaudit.analysis.cell.tail import scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.analysis.cell.column import CodedColumn

MARGIN = 0.25
_FEW = 0.005
"""Share of sound cells up to which those that break an expectation do not speak against it: they only soften it."""
_ROWS_EACH, _LEAST_EACH = 10, 3
"""A set of values is closed where there are ten rows to a value and no value has fewer than three; but for few rows."""
_MOST_VALUES, _GIVENS = 200, 2
_LEAST_ROWS = 30
_LATER_DAYS = 3653.0
"""Dates go on: ten years after the last one still pass."""
_FORMS = 3
_SIGNS = (("9", r"\d"), ("A", "[A-Z]"), ("a", "[a-z]"))
_LETTER = r"[^\W\d_]"


@dataclass(frozen=True, slots=True)
class ColumnExpectation:
    """What holds of the cells of a column; what is None or empty is not known to hold.

    Attributes
    ----------
    name : str
    type : str
        number, date or text.
    n_rows : int
        Sound cells, with those that are missing.
    missing : float
        Share of them without a value, 0 to 1; a stand-in is none.
    most_missing : float
        The share that still passes; 0: each cell has a value.
    missing_words : tuple of str
        Words by which the table itself says that there is no value.
    values : tuple of str
        All that there are, where nothing speaks for more.
    low, high : float or None
        Numbers, or days since 1 January of the year 1, that still pass.
    seen : (float, float)
        The lowest and the highest one there was.
    whole : bool
        Numbers are whole.
    units : tuple of str
        That may stand beside a number; empty: none does.
    comma : bool
        Whether numbers have a decimal comma.
    written : str
        How dates are written, for ``strptime``.
    pattern : str
        Regular expression that whole cells match.
    unique : bool
        No value comes twice.
    softened : tuple of (str, int)
        Of ``type``, ``values``, ``pattern``, ``whole`` and ``unique`` those that some sound cells break, and how
        many do.
    """

    name: str
    type: Literal["number", "date", "text"]
    n_rows: int
    missing: float = 0.0
    most_missing: float = 1.0
    missing_words: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    seen: tuple[float, float] = (np.nan, np.nan)
    whole: bool = False
    units: tuple[str, ...] = ()
    comma: bool = False
    written: str = ""
    pattern: str = ""
    unique: bool = False
    softened: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PairExpectation:
    """What holds between two columns.

    Attributes
    ----------
    kind : str
        tells: a value of ``first`` goes with one of ``second``. ordered: ``first`` is not above ``second``.
    first, second : str
    n_rows : int
        Rows that say so.
    n_broken : int
        Sound rows that do not.
    known : mapping of str to str
        Of tells: what goes with each value that at least three rows have; empty where more may come.
    """

    kind: Literal["tells", "ordered"]
    first: str
    second: str
    n_rows: int
    n_broken: int
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Expectations:
    """What holds of a table, column by column and between columns."""

    columns: tuple[ColumnExpectation, ...]
    pairs: tuple[PairExpectation, ...]

    @property
    def n(self) -> int:
        """How many single expectations there are."""
        return len(self.pairs) + sum(
            (c.type != "text") + (c.most_missing < 1) + bool(c.values) + (c.low is not None) + c.whole
            + bool(c.pattern) + c.unique for c in self.columns
        )  # fmt: skip


def expectations(
    frame: pd.DataFrame,
    wrong: npt.NDArray[np.bool_],
    stand_in: npt.NDArray[np.bool_],
    *,
    margin: float = MARGIN,
    told: Mapping[str, str] | None = None,
    private: Callable[[str], bool] = lambda text: False,
    seed: int = 0,
) -> Expectations:
    """What holds of the cells of a table that are not known to be wrong.

    Parameters
    ----------
    frame : DataFrame of str (n, k)
        Missing cells are empty.
    wrong : bool array (n, k)
        Cells that say nothing.
    stand_in : bool array (n, k)
        Cells that stand for none: they count as missing.
    margin : float
        What is added to either end of a range, in parts of its span, 0 or more; of numbers with a long tail on the
        scale of their logarithms. Nothing goes below 0 that was not there.
    told : mapping of str to str, optional
        Types of columns as they are known from elsewhere: identifier, category …
    private : callable
        Whether a text holds what should not be written down.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"town": ["Ulm", "Bern", "Graz"] * 40, "size": [str(k % 40) for k in range(120)]})
    >>> none = np.zeros(table.shape, bool)
    >>> town, size = expectations(table, none, none).columns
    >>> town.values, (size.type, size.low, size.high, size.whole, size.most_missing)
    (('Bern', 'Graz', 'Ulm'), ('number', 0.0, 49.0, True, 0.0))
    """
    told = told or {}
    sound = frame.mask(wrong | stand_in, "")
    columns = columns_of(sound)
    found = [
        _column(column, wrong[:, j], margin, told.get(column.name, ""), private) for j, column in enumerate(columns)
    ]
    return Expectations(tuple(found), (*_told(columns, found, private, seed), *_ordered(columns, found, seed)))


def _column(
    column: CodedColumn, wrong: npt.NDArray[np.bool_], margin: float, of_type: str, private: Callable[[str], bool]
) -> ColumnExpectation:
    n = int((~wrong).sum())
    said, words = ~column.blank, tuple[str, ...]()
    if of_type in {"number", "date", "identifier"} or column.role in {"number", "date", "code"}:
        said, words = ~column.nothing, tuple(sorted(column.values[column.nothing & ~column.blank].tolist()))
    held = int(column.counts[said].sum())
    made = ColumnExpectation(column.name, "text", n, missing_words=words)
    if not held or n < _LEAST_ROWS:
        return made
    share = 1.0 - held / n
    made = replace(made, missing=share, most_missing=min(1.0, 1.5 * share + 0.02) if held < n else 0.0)
    values, counts = column.values[said], column.counts[said]
    if of_type not in {"category", "identifier", "text"} and column.role == "number":
        made = _number(made, column, said, margin)
    elif of_type not in {"category", "identifier", "text"} and column.role == "date":
        made = _date(made, column, said, margin)
    if made.type == "text" or len(values) <= 2:
        known, n_broken = _closed(values, counts, column, private)
        made = _softened(replace(made, values=known), "values", n_broken)
    if made.type == "text" and not made.values:
        pattern, n_broken = _pattern(values, counts, private)
        made = _softened(replace(made, pattern=pattern), "pattern", n_broken)
    if held >= 50 and (of_type == "identifier" or column.role == "code"):
        twice = int(counts[counts > 1].sum())
        if twice <= _FEW * held:
            made = _softened(replace(made, unique=True), "unique", twice)
    return made


def _softened(made: ColumnExpectation, what: str, n_broken: int) -> ColumnExpectation:
    return replace(made, softened=(*made.softened, (what, n_broken))) if n_broken else made


def _number(
    made: ColumnExpectation, column: CodedColumn, said: npt.NDArray[np.bool_], margin: float
) -> ColumnExpectation:
    numbers, counts = column.numbers, column.counts
    held = int(counts[said].sum())
    plain = said & ~np.isnan(numbers.plain)
    units, comma = tuple[str, ...](), False
    figures = numbers.plain
    if counts[said & ~plain].sum() > _FEW * held:
        spelt = {unit: int(counts[said & (numbers.unit == unit)].sum()) for unit in set(numbers.unit[said])}
        units = tuple(sorted(unit for unit, n in spelt.items() if unit and n > _FEW * held))
        comma = bool(counts[said & (numbers.comma == 1)].sum() > 0.5 * counts[said & (numbers.comma > 0)].sum())
        read = number_reader(units, comma=comma)
        figures = np.array([read(value) if own else np.nan for value, own in zip(column.values, said, strict=True)])
        figures[~np.isclose(figures, numbers.read, equal_nan=True)] = np.nan
    known = said & np.isfinite(figures)
    n_broken = held - int(counts[known].sum())
    if n_broken > _FEW * held:
        return made
    x = figures[known]
    made = _softened(replace(made, type="number", units=units, comma=comma), "type", n_broken)
    broken = int(counts[known][x % 1 != 0].sum())
    if broken <= _FEW * held:
        made = _softened(replace(made, whole=True), "whole", broken)
    low, high = _reach(np.repeat(x, np.minimum(counts[known], 1_000)), margin)
    if made.whole:
        low, high = float(np.floor(low)), float(np.ceil(high))
    return replace(made, low=low, high=high, seen=(float(x.min()), float(x.max())))


def number_reader(units: Sequence[str], *, comma: bool) -> Callable[[str], float]:
    """What reads a number with one of the units beside it, as the written schema does; NaN for what is none.

    >>> read = number_reader(["cm"], comma=False)
    >>> read("12.5 cm"), read("1,200"), read("12 in")
    (12.5, 1200.0, nan)
    """
    pattern, thousands = number_pattern(units, comma=comma)
    whole = re.compile(pattern)

    def read(value: str) -> float:
        found = whole.fullmatch(value.strip())
        try:
            return float(re.sub(thousands, "", found[1]).replace(",", ".")) if found else float("nan")
        except ValueError:
            return float("nan")

    return read


def number_pattern(units: Sequence[str], *, comma: bool) -> tuple[str, str]:
    r"""Regular expressions of a number with a unit before or behind it, and of what stands between its thousands.

    >>> re.fullmatch(number_pattern(["kg"], comma=False)[0], "1,200 kg")[1]
    '1,200'
    """
    unit = "|".join(re.escape(u) for u in sorted(units, key=len, reverse=True))
    beside = f"(?:{unit})?" if unit else ""
    return rf"{beside}\s*([-+]?[\d.,' ]*\d(?:[eE][-+]?\d+)?)\s*{beside}", "[.' ]" if comma else "[,' ]"


def _reach(x: npt.NDArray[np.float64], margin: float) -> tuple[float, float]:
    """Where a range ends, with its margin, in few figures."""
    low, high = float(x.min()), float(x.max())
    above_0 = x[x > 0]
    if low >= 0 and scaled(above_0)[1]:
        factor = float(np.exp(margin * np.log(high / above_0.min())))
        wide = low / factor, high * factor
    else:
        wide = low - margin * (high - low), high + margin * (high - low)
    below, above = wide
    if low >= 0:
        below = max(0.0, below)
    if high <= 0:
        above = min(0.0, above)
    return min(low, _tidy(below, down=True)), max(high, _tidy(above, down=False))


def _tidy(number: float, *, down: bool) -> float:
    """Three figures of it, away from the middle."""
    if not number or not np.isfinite(number):
        return number
    step = 10.0 ** (np.floor(np.log10(abs(number))) - 2)
    return float(f"{(np.floor if down else np.ceil)(number / step) * step:.12g}")


def _date(
    made: ColumnExpectation, column: CodedColumn, said: npt.NDArray[np.bool_], margin: float
) -> ColumnExpectation:
    counts, dates = column.counts, column.dates
    held = int(counts[said].sum())
    forms: dict[tuple[str, str], int] = {}
    for form, tail, n in zip(dates.form[said], dates.tail[said], counts[said], strict=True):
        key = str(form), re.sub(r"\d+", "9", str(tail))
        forms[key] = forms.get(key, 0) + int(n)
    written = _strptime(*max(forms, key=lambda key: forms[key]))
    if not written:
        return made
    fits = np.array([own and _is_written(value, written) for value, own in zip(column.values, said, strict=True)])
    fits &= ~np.isnan(dates.day)
    n_broken = held - int(counts[fits].sum())
    if n_broken > _FEW * held:
        return made
    low, high = float(dates.day[fits].min()), float(dates.day[fits].max())
    wide = max(margin * (high - low), 30.0)
    made = replace(
        made, type="date", written=written, low=np.floor(low - wide), high=high + _LATER_DAYS, seen=(low, high)
    )
    return _softened(made, "type", n_broken)


def _strptime(form: str, tail: str) -> str:
    """How ``strptime`` is told of a form of ``analysis.cell.date``; empty where it cannot be."""
    clock = {"": "", " 9:9": " %H:%M", " 9:9:9": " %H:%M:%S", "T9:9": "T%H:%M", "T9:9:9": "T%H:%M:%S"}.get(tail)
    names = {"y": "%Y", "yy": "%y", "m": "%m", "d": "%d"}
    parts = [form[:1], form[1:2], form[2:]] if form == "ymd" else re.split(r"([-/. ])", form)
    if clock is None or not all(part in names or re.fullmatch(r"[-/. ]", part) for part in parts):
        return ""
    return "".join(names.get(part, part) for part in parts) + clock


def _is_written(value: str, written: str) -> bool:
    try:
        datetime.strptime(value.strip(), written)
    except ValueError:
        return False
    return True


def _closed(
    values: npt.NDArray[np.object_], counts: npt.NDArray[np.int64], column: CodedColumn, private: Callable[[str], bool]
) -> tuple[tuple[str, ...], int]:
    """The values, where there are many rows to each, and how many rows have another; none where more may come."""
    often = counts >= _LEAST_EACH
    n, n_broken = int(counts.sum()), int(counts[~often].sum())
    if not 0 < often.sum() <= _MOST_VALUES or n < max(_LEAST_ROWS, _ROWS_EACH * len(values)) or column.role == "text":
        return (), 0
    if n_broken > _FEW * n or any(map(private, values[often])):
        return (), 0
    return tuple(sorted(values[often].tolist())), n_broken


def _pattern(
    values: npt.NDArray[np.object_], counts: npt.NDArray[np.int64], private: Callable[[str], bool]
) -> tuple[str, int]:
    """A regular expression of few forms that nearly all cells have, and how many have another; empty for none."""
    runs = [tuple((sign, "".join(part)) for sign, part in groupby(value, _sign)) for value in values]
    forms: dict[tuple[str, ...], list[int]] = {}
    for k, own in enumerate(runs):
        forms.setdefault(tuple(sign for sign, _ in own), []).append(k)
    often = sorted(forms, key=lambda form: (-int(counts[forms[form]].sum()), form))
    n, made, held = int(counts.sum()), list[str](), 0
    for form in often[:_FORMS]:
        if counts[forms[form]].sum() < 0.02 * n or len(forms[form]) < 5:
            break
        made.append(_of_runs([runs[k] for k in forms[form]], private))
        held += int(counts[forms[form]].sum())
    if (
        not made
        or n < _LEAST_ROWS
        or n - held > _FEW * n
        or all(form in {("a",), ("A",)} for form in often[: len(made)])
    ):
        return "", 0
    return "|".join(made) if len(made) > 1 else made[0], n - held


def _sign(character: str) -> str:
    if character.isdecimal():
        return "9"
    if character.isalpha():
        return "A" if "A" <= character <= "Z" else "a" if "a" <= character <= "z" else "?"
    return character


def _of_runs(values: Sequence[tuple[tuple[str, str], ...]], private: Callable[[str], bool]) -> str:
    """The form that values of the same kinds of characters have: lengths where they are the same, words where those
    are, unless they should not be written down."""
    parts = []
    for run in zip(*values, strict=True):
        sign, texts = run[0][0], {text for _, text in run}
        lengths = {len(text) for text in texts}
        if len(texts) == 1 and sign != "9" and not private("".join(text for _, text in values[0])):
            parts.append(re.escape(texts.pop()))
            continue
        one = dict(_SIGNS).get(sign, _LETTER if sign == "?" else re.escape(sign))
        parts.append(one + (f"{{{lengths.pop()}}}" if len(lengths) == 1 else "+"))
    return "".join(part.removesuffix("{1}") for part in parts)


def _told(
    columns: Sequence[CodedColumn], found: Sequence[ColumnExpectation], private: Callable[[str], bool], seed: int
) -> list[PairExpectation]:
    """Of each column what tells it best: the most rows to a value, at most two."""
    kept: dict[int, list[Dependency]] = {}
    for d in sorted(dependencies(columns, seed=seed), key=lambda d: (d.n_broken > 0, -d.n_rows / d.n_values, d.given)):
        if d.n_broken <= _FEW * d.n_rows and d.n_rows >= _LEAST_ROWS and len(kept.setdefault(d.then, [])) < _GIVENS:
            kept[d.then].append(d)
    return [
        PairExpectation(
            "tells",
            columns[d.given].name,
            columns[d.then].name,
            d.n_rows,
            d.n_broken,
            _known(columns[d.given], columns[d.then], private) if found[d.given].values else {},
        )
        for d in sorted((d for own in kept.values() for d in own), key=lambda d: (d.given, d.then))
    ]


def _known(given: CodedColumn, then: CodedColumn, private: Callable[[str], bool]) -> dict[str, str]:
    import pandas as pd

    held = ~given.nothing[given.codes] & ~then.nothing[then.codes]
    rows = pd.DataFrame({"given": given.codes[held], "then": then.codes[held]})
    counts = rows.groupby(["given", "then"]).size().reset_index(name="n").sort_values(["given", "n"])
    first = counts.groupby("given").tail(1)
    first = first[first["n"] >= _LEAST_EACH]
    known = {str(given.values[g]): str(then.values[t]) for g, t in zip(first["given"], first["then"], strict=True)}
    return {} if any(private(text) for text in known.values()) else dict(sorted(known.items()))


def _ordered(columns: Sequence[CodedColumn], found: Sequence[ColumnExpectation], seed: int) -> list[PairExpectation]:
    """Orders between dates or numbers, unless their ranges tell as much."""
    made = []
    for one in orders(columns, seed=seed):
        low, high = found[one.low], found[one.high]
        if not low.type == high.type != "text":
            continue
        apart = low.high is not None and high.low is not None and low.high <= high.low
        if one.n_broken <= _FEW * one.n_rows and not apart:
            made.append(PairExpectation("ordered", low.name, high.name, one.n_rows, one.n_broken, {}))
    return made
