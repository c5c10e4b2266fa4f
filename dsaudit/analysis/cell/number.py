"""Numbers as people write them: units, decimal commas, thousands, signs of money, and letters for digits."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.unit import converted

if TYPE_CHECKING:
    import numpy.typing as npt

_WRITTEN = re.compile(
    r"^\s*(?P<before>[$€£¥]|[A-Z]{3}\s|[<>≈~]\s?)?\s*"
    r"(?P<number>[+-]?(?:\d[\d.,'’ \u00a0\u202f]*\d|\d)|[+-]?[.,]\d+)(?P<power>[eE][+-]?\d{1,3})?\s*"
    r"(?P<unit>[%‰°$€£¥a-zA-Zµμ/²³.\"'][%°$€£¥a-zA-Zµμ/²³.\" -]{0,23})?\s*$"
)
_FEW_UNITS = 15
_LOOKS = str.maketrans("OoQIl|SBZ", "000111582")


@dataclass(frozen=True, slots=True)
class ReadNumbers:
    """Values of a column as numbers.

    Attributes
    ----------
    plain : float array (k,)
        As programs read them; NaN where they do not.
    read : float array (k,)
        As people do: with the unit and the separators taken off, in the unit of most; NaN where it is no number.
    unit : object array (k,)
        What stands beside the number; empty where nothing does.
    comma : int8 array (k,)
        1: a decimal comma, 2: thousands are set apart, 3: it may be either, 0: neither.
    share : float
        Of the rows that hold something, those that hold a number.
    code : bool
        Whether they are names written in digits: leading zeros, or many of one length.
    """

    plain: npt.NDArray[np.float64]
    read: npt.NDArray[np.float64]
    unit: npt.NDArray[np.object_]
    comma: npt.NDArray[np.int8]
    share: float
    code: bool

    @property
    def units(self) -> Counter[str]:
        """Ways of writing the unit, with the number of distinct values."""
        return Counter(u for u in self.unit if u)


def written_numbers(
    values: npt.NDArray[np.object_], counts: npt.NDArray[np.int64], nothing: npt.NDArray[np.bool_]
) -> ReadNumbers:
    """Read the distinct values of a column as numbers.

    Examples
    --------
    >>> import numpy as np
    >>> cells = np.array(["12.0 oz", "3", "1,5", "?"], dtype=object)
    >>> found = written_numbers(cells, np.ones(4, int), np.arange(4) == 3)
    >>> found.read.tolist(), found.unit.tolist(), found.comma.tolist()
    ([12.0, 3.0, 1.5, nan], ['oz', '', '', ''], [0, 0, 1, 0])
    """
    import pandas as pd

    plain = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    plain = np.where(np.isfinite(plain) & ~nothing, plain, np.nan)
    read, unit, comma = plain.copy(), np.full(len(values), "", dtype=object), np.zeros(len(values), np.int8)
    for k in np.flatnonzero(np.isnan(plain) & ~nothing):
        if len(values[k]) <= 48 and (found := _WRITTEN.match(values[k])):
            read[k], comma[k] = _number(found["number"], found["power"] or "")
            unit[k] = ((found["before"] or "") + (found["unit"] or "")).strip()
    if not _measured(unit, counts):
        read, unit = np.where(unit == "", read, np.nan), np.full(len(values), "", dtype=object)
    held = ~nothing
    n = max(int(counts[held].sum()), 1)
    _into_usual(read, unit, counts, 0.5 * n)
    share = float(counts[held & ~np.isnan(read)].sum() / n)
    return ReadNumbers(plain, read, unit, comma, share, share >= 0.5 and _code(values[held], counts[held], plain[held]))


def _into_usual(
    read: npt.NDArray[np.float64], unit: npt.NDArray[np.object_], counts: npt.NDArray[np.int64], most: float
) -> None:
    """Numbers in other units, in place, in that of most rows."""
    spelt = Counter[str]()
    for one, count in zip(unit, counts, strict=True):
        spelt[one] += int(count)
    usual = max(spelt, key=lambda one: spelt[one], default="")
    if not usual or spelt[usual] < most:
        return
    for k in np.flatnonzero((unit != "") & (unit != usual)):
        made = converted(float(read[k]), unit[k], usual)
        read[k] = read[k] if made is None else made


def _number(text: str, power: str) -> tuple[float, int]:
    """The number, and how its separators were read, see ``ReadNumbers.comma``."""
    whole = re.sub(r"['’ \u00a0\u202f]", "", text)
    spaced = len(whole) < len(text)
    dot, comma = whole.rfind("."), whole.rfind(",")
    how = 2 if spaced else 0
    if dot >= 0 and comma >= 0:
        how, whole = (2, whole.replace(",", "")) if dot > comma else (1, whole.replace(".", "").replace(",", "."))
    elif whole.count(",") > 1 or whole.count(".") > 1:
        how, whole = 2, whole.replace(",", "").replace(".", "")
    elif comma >= 0:
        grouped = re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", whole)
        how, whole = (3, whole.replace(",", "")) if grouped else (1, whole.replace(",", "."))
    try:
        number = float(whole + power)
    except ValueError:
        number = float("nan")
    return (number, how) if np.isfinite(number) else (float("nan"), 0)


def _measured(unit: npt.NDArray[np.object_], counts: npt.NDArray[np.int64]) -> bool:
    """Whether what stands beside the numbers are units: a few words, each of them often, not street names."""
    has = unit != ""
    words = {re.split(r"[\s.]", u.lower())[0] for u in unit[has]}
    return 0 < len(words) <= _FEW_UNITS and len(words) * 4 <= counts[has].sum() + 4


def _code(values: npt.NDArray[np.object_], counts: npt.NDArray[np.int64], plain: npt.NDArray[np.float64]) -> bool:
    """Names written in digits: zeros lead, or nearly all are whole, long and of one length."""
    digits = np.fromiter((v.isdigit() for v in values), bool, len(values))
    n = counts.sum()
    if not digits.any() or counts[digits].sum() < 0.6 * n:
        return False
    zeros = np.fromiter((v[0] == "0" and len(v) > 1 for v in values[digits]), bool, int(digits.sum()))
    lengths = np.fromiter(map(len, values[digits]), np.int64, int(digits.sum()))
    if counts[digits][zeros].sum() >= 0.01 * n and zeros.sum() > 1:
        return True
    often = np.bincount(lengths, weights=counts[digits])
    first = np.fromiter((v[0] for v in values[digits]), "U1", int(digits.sum()))
    return bool(often.argmax() >= 5 and often.max() >= 0.9 * n and len(set(first)) >= 1 and _no_measure(plain[digits]))


def _no_measure(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether they lie as names do: not in a heap about a middle. Dense runs are counters, which are names, too."""
    span = numbers.max() - numbers.min()
    if not span:
        return True
    low, mid, high = np.percentile(numbers, [10, 50, 90])
    return not (0.35 < (mid - low) / max(high - low, 1e-9) < 0.65 and (high - low) < 0.6 * span)


def plainly(number: float) -> str:
    """The number as programs write it, without the noise of the last binary digits.

    >>> plainly(12.0), plainly(0.055999999999999994), plainly(1e20)
    ('12', '0.056', '1e+20')
    """
    tidy = float(f"{number:.12g}")
    return str(int(tidy)) if tidy.is_integer() and abs(tidy) < 1e15 else repr(tidy)


def with_number(text: str, number: float) -> str:
    """The text with another number in the place of its first.

    >>> with_number("12.0 oz", 8.5)
    '8.5 oz'
    """
    return re.sub(r"[-+]?\d[\d.,]*", plainly(number), text, count=1)


def digits_for_letters(text: str) -> str | None:
    """The number that a reader by eye took letters for: ``1O5`` is 105. None where no number comes out.

    >>> digits_for_letters("1O5"), digits_for_letters("oil")
    ('105', None)
    """
    if not any(c.isdigit() for c in text):
        return None
    turned = text.translate(_LOOKS)
    return turned if turned != text and re.fullmatch(r"[+-]?\d+(\.\d+)?", turned) else None
