"""Dates as people write them: which order, which separator, and what no calendar has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name.lower(): k for k, name in enumerate(_NAMES, 1)}
_NUMERIC = re.compile(r"^(\d{1,4})([-/. ])(\d{1,2})\2(\d{2,4})(?=$|[T ])(.*)$")
_COMPACT = re.compile(r"^((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
_NAMED = re.compile(
    r"^(?:(\d{1,2})[-/. ]{1,2}([A-Za-z]{3,9})|([A-Za-z]{3,9})\.?[- ](\d{1,2}))[-/., ]{1,2}(\d{4}|\d\d)(?=$|[T ])(.*)$"
)
_TIME = re.compile(r"^[T ]?\s*\d{1,2}:\d\d(:\d\d(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?)?(Z|\s?[+-]\d\d:?\d\d)?$")
_CLOCK = re.compile(r"^\s*\d{1,2}:\d\d(:\d\d)?\s*([AaPp]\.?[Mm]\.?)?\s*$")
_EARLIEST, _LATEST = 1000, 2999


@dataclass(frozen=True, slots=True)
class Dates:
    """Values of a column as dates.

    Attributes
    ----------
    day : float array (k,)
        Days since 1 January of the year 1; NaN where it is no date, or none of the calendar.
    form : object array (k,)
        How it is written, as ``y-m-d`` or ``d.m.y``; empty where not as a date.
    tail : object array (k,)
        The time that follows.
    order : str
        ``dmy`` or ``mdy``: how dates are read that may be either.
    other : int
        Rows that can only be read in the other order.
    share : float
        Of the rows that hold something, those written as a date.
    """

    day: npt.NDArray[np.float64]
    form: npt.NDArray[np.object_]
    tail: npt.NDArray[np.object_]
    order: str
    other: int
    share: float


def _parts(text: str) -> tuple[str, tuple[int, int, int], str] | None:
    """How it is written, its three numbers in that order, and what follows."""
    if found := _NUMERIC.match(text):
        a, sep, b, c, tail = found.groups()
        if tail and not _TIME.match(tail):
            return None
        if len(a) == 4:
            return f"y{sep}m{sep}d", (int(a), int(b), int(c)), tail
        if len(c) in {2, 4} and len(a) <= 2:
            year = int(c) + (0 if len(c) == 4 else 2000 if int(c) < 50 else 1900)
            return f"?{sep}?{sep}" + ("y" if len(c) == 4 else "yy"), (int(a), int(b), year), tail
        return None
    if found := _COMPACT.match(text):
        return "ymd", (int(found[1]), int(found[2]), int(found[3])), ""
    if found := _NAMED.match(text):
        day, name, first, later, written, tail = found.groups()
        month = _MONTHS.get((name or first)[:3].lower())
        if month is None or (tail and not _TIME.match(tail)):
            return None
        full = int(written) + (0 if len(written) == 4 else 2000 if int(written) < 50 else 1900)
        return ("d mon y" if name else "mon d y"), (int(day or later), month, full), tail
    return None


def ordinal(year: int, month: int, day: int) -> float:
    """Days since 1 January of the year 1; NaN where the calendar has no such day.

    >>> ordinal(2021, 2, 28) - ordinal(2021, 2, 27), ordinal(2021, 2, 30)
    (1.0, nan)
    """
    try:
        return float(date(year, month, day).toordinal())
    except ValueError:
        return float("nan")


def written_dates(
    values: npt.NDArray[np.object_], counts: npt.NDArray[np.int64], nothing: npt.NDArray[np.bool_]
) -> Dates:
    """Read the distinct values of a column as dates.

    Examples
    --------
    >>> import numpy as np
    >>> found = written_dates(np.array(["3/25/2021", "4/5/2021"], dtype=object), np.ones(2, int), np.zeros(2, bool))
    >>> found.order, found.form.tolist(), (found.day[1] - found.day[0]).item()
    ('mdy', ['m/d/y', 'm/d/y'], 11.0)
    """
    k = len(values)
    day, form, tail = np.full(k, np.nan), np.full(k, "", object), np.full(k, "", object)
    held = np.flatnonzero(~nothing)
    none = Dates(day, form, tail, "dmy", 0, 0.0)
    some = held[:: max(len(held) // 500, 1)]
    if not len(held) or sum(_parts(values[i].strip()) is not None for i in some) < 0.5 * len(some):
        return none
    read = {i: parts for i in held if len(values[i]) <= 40 and (parts := _parts(values[i].strip()))}
    if {parts[0] for parts in read.values()} == {"ymd"} and len({p[1][0] for p in read.values()}) > 150:
        return none
    first = sum(counts[i] for i, p in read.items() if p[0][0] == "?" and p[1][0] > 12 >= p[1][1])
    second = sum(counts[i] for i, p in read.items() if p[0][0] == "?" and p[1][1] > 12 >= p[1][0])
    order = "mdy" if second > first else "dmy"
    for i, (how, numbers, rest) in read.items():
        own = order
        if how[0] == "?" and max(numbers[:2]) > 12:
            own = "dmy" if numbers[0] > 12 else "mdy"
        if how[0] == "y":
            day[i] = ordinal(*numbers)
        elif how[0] in "dm" or own == "dmy":
            day[i] = ordinal(numbers[2], numbers[1], numbers[0])
        else:
            day[i] = ordinal(numbers[2], numbers[0], numbers[1])
        form[i] = how.replace("?", own[0], 1).replace("?", own[1], 1) if how[0] == "?" else how
        tail[i] = rest
    n = max(int(counts[held].sum()), 1)
    share = sum(int(counts[i]) for i in read) / n
    return Dates(day, form, tail, order, int(min(first, second)), float(share))


def in_form(day: float, form: str, tail: str = "") -> str:
    """The date written in a form.

    >>> in_form(ordinal(2021, 3, 5), "d.m.y"), in_form(ordinal(2021, 3, 5), "y-m-d")
    ('05.03.2021', '2021-03-05')
    """
    when = date.fromordinal(int(day))
    if form == "ymd":
        return f"{when.year:04d}{when.month:02d}{when.day:02d}{tail}"
    if form == "d mon y":
        return f"{when.day} {_NAMES[when.month - 1]} {when.year}{tail}"
    if form == "mon d y":
        return f"{_NAMES[when.month - 1]} {when.day}, {when.year}{tail}"
    own = {"y": f"{when.year:04d}", "yy": f"{when.year % 100:02d}", "m": f"{when.month:02d}", "d": f"{when.day:02d}"}
    sep = re.sub(r"[a-z]", "", form)[0]
    return sep.join(own[part] for part in form.split(sep)) + tail


def is_clock(text: str) -> bool:
    """Whether it is a time of day alone.

    >>> is_clock("6:55 a.m."), is_clock("6")
    (True, False)
    """
    return bool(_CLOCK.match(text))
