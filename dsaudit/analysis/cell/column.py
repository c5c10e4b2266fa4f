"""A column as codes into its distinct values: all that is asked of a cell is asked once of each value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from dsaudit.analysis.cell.number import written_numbers

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.analysis.cell.date import Dates
    from dsaudit.analysis.cell.number import ReadNumbers

Role = Literal["constant", "number", "date", "category", "code", "text"]
"""constant: one value or none. code: distinct values are many and none is words. category: values repeat."""

WORDS_FOR_NOTHING = frozenset(
    (
        *("na", "n/a", "n.a.", "n.a", "#n/a", "#na", "nan", "null", "nil", "none", "(none)", "-", "--"),
        *("---", "?", "??", ".", "..", "*", "unknown", "unk", "missing", "empty", "blank", "(blank)"),
        *("not available", "not applicable", "not known", "not specified", "not provided", "no data"),
        *("undefined", "unspecified", "tbd", "n.d.", "n/d", "<na>", "<null>", "[null]", "xxx", "#null!"),
        *("#value!", "#ref!", "#name?", "#div/0!", "no answer", "not stated", "unbekannt", "k.a.", "k. a."),
        *("inconnu", "\\n"),
    )
)
"""Words that stand for a missing value, in lower case."""
_MANY, _FEW = 0.9, 0.05
_NAME_OF_CODES = re.compile(
    r"(?:^|.*[_\W])(?:id|no|nr|code|zip|zip.?code|plz|post.?code|postal.?code|phone|phone.?number|fax|ean|isbn|ssn|iban)$"
    r"|.*[a-z](?:Id|ID|No|Nr|Code|Zip|Number)$",
)
"""Names of columns whose figures are no amounts: ``brewery_id``, ``zip``, ``ZipCode``."""


def names_codes(name: str) -> bool:
    """Whether figures in a column of this name are no amounts.

    >>> [names_codes(name) for name in ("brewery_id", "ZipCode", "PhoneNumber", "paid", "valid")]
    [True, True, True, False, False]
    """
    return bool(_NAME_OF_CODES.match(name) or _NAME_OF_CODES.match(name.casefold()))


@dataclass(frozen=True)
class CodedColumn:
    """One column.

    Attributes
    ----------
    name : str
    codes : int32 array (n,)
        Of each row, into ``values``.
    values : object array (k,)
        Distinct strings in order of first appearance; what is missing is the empty one.
    counts : int64 array (k,)
        Rows of each.
    """

    name: str
    codes: npt.NDArray[np.int32]
    values: npt.NDArray[np.object_]
    counts: npt.NDArray[np.int64]

    @cached_property
    def blank(self) -> npt.NDArray[np.bool_]:
        """Of each value: whether it shows nothing (k,)."""
        return np.fromiter((not v.strip() for v in self.values), bool, len(self.values))

    @cached_property
    def nothing(self) -> npt.NDArray[np.bool_]:
        """Of each value: whether it is blank or a word for nothing (k,)."""
        said = (v.strip().lower() in WORDS_FOR_NOTHING for v in self.values)
        made: npt.NDArray[np.bool_] = self.blank | np.fromiter(said, bool, len(self.values))
        return made

    @cached_property
    def numbers(self) -> ReadNumbers:
        """Its values as numbers."""
        return written_numbers(self.values, self.counts, self.nothing)

    @cached_property
    def dates(self) -> Dates:
        """Its values as dates."""
        from dsaudit.analysis.cell.date import written_dates

        return written_dates(self.values, self.counts, self.nothing)

    @cached_property
    def role(self) -> Role:
        """What its values are."""
        said = ~self.nothing
        n, k = int(self.counts[said].sum()), int(said.sum())
        if k <= 1:
            return "constant"
        if self.dates.share >= 0.8:
            return "date"
        if self.numbers.share >= 0.8 and not self.numbers.code and not (names_codes(self.name) and self._figures()):
            return "number"
        if k < 0.5 * n or self.counts[said].max() >= max(3, 0.02 * n):
            return "category"
        words = sum(" " in v.strip() for v in self.values[said][:2_000]) / min(k, 2_000)
        return "text" if words > 0.5 else "code"

    def _figures(self) -> bool:
        """Whether nearly all of its values are digits alone."""
        said = ~self.nothing
        digits = np.fromiter((v.strip().isdigit() for v in self.values[said]), bool, int(said.sum()))
        return bool(self.counts[said][digits].sum() >= (1 - _FEW) * self.counts[said].sum())

    @cached_property
    def distinct(self) -> float:
        """Distinct values to a row that has one, 0 to 1."""
        said = ~self.blank
        return float(said.sum() / max(self.counts[said].sum(), 1))

    @property
    def keyed(self) -> bool:
        """Whether hardly a value repeats."""
        return self.distinct >= _MANY

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.codes)

    def strings(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """The values of some rows."""
        found: npt.NDArray[np.object_] = self.values[self.codes[rows]]
        return found


def columns_of(frame: pd.DataFrame) -> list[CodedColumn]:
    """The columns of a table of strings; equal names are kept apart by their place.

    Examples
    --------
    >>> import pandas as pd
    >>> (one,) = columns_of(pd.DataFrame({"town": ["Ulm", "Bern", "Ulm", None]}))
    >>> one.values.tolist(), one.codes.tolist(), one.counts.tolist()
    (['Ulm', 'Bern', ''], [0, 1, 0, 2], [2, 1, 1])
    """
    return [_column(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)]


def _column(name: str, series: pd.Series) -> CodedColumn:
    import pandas as pd

    if series.dtype != object or pd.api.types.infer_dtype(series, skipna=False) != "string":
        series = series.fillna("").astype(str)
    codes, values = pd.factorize(series.to_numpy(dtype=object))
    counts = np.bincount(codes, minlength=len(values))
    return CodedColumn(name, codes.astype(np.int32), np.asarray(values, dtype=object), counts)
