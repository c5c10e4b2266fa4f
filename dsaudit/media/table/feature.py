"""What a model is given of a row: numbers, days, and a code for each category. Learned without labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.table.column import NOTHING, cell_text, days, distinct_texts, numbers
from dsaudit.media.table.row import columns_of, frame_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.media.table.column import TableColumn

    Rows = npt.NDArray[np.float32]

MOST_CATEGORIES = 250
"""Codes of a column; rarer categories share the last one."""
_MOST_KNOWN = 1_000_000


@dataclass(frozen=True, slots=True)
class Feature:
    """One column as a model is given it.

    Attributes
    ----------
    column : TableColumn
    codes : mapping of str to int
        Of a category: code by value, from 1, the commonest first; 0 is nothing and what was never seen.
    middle, spread : float
        Of numbers and days: what is taken off, and what it is divided by, before they become float32.
    least, most : float
        Of what is finite: infinities lie just outside.
    """

    column: TableColumn
    codes: Mapping[str, int]
    middle: float = 0.0
    spread: float = 1.0
    least: float = 0.0
    most: float = 0.0

    @property
    def n_codes(self) -> int:
        """Codes of a category, 0 included; 0 for a number."""
        return 1 + max(self.codes.values()) if self.codes else 0

    def values(self, cells: pd.Series[Any]) -> npt.NDArray[np.float64]:
        """Codes of a category; numbers and days in their own unit, NaN where there is none."""
        import pandas as pd

        if self.codes:
            codes, distinct = pd.factorize(cells)
            known = [self.codes.get(cell_text(value), 0) for value in distinct]
            return np.array([*known, 0], dtype=np.float64)[codes]
        if self.column.type == "date":
            return days(cells, day_first=self.column.day_first)
        if self.column.type == "text":
            return np.array([float("nan") if cell is None else len(str(cell)) for cell in cells], dtype=np.float64)
        return numbers(cells, decimal_comma=self.column.decimal_comma)

    def apply(self, cells: pd.Series[Any]) -> Rows:
        """The same as a model is given them, float32 (n,)."""
        found = self.values(cells)
        if self.codes:
            return found.astype(np.float32)
        step = self.most - self.least or 1.0
        found = np.clip(found, self.least - step, self.most + step)
        return ((found - self.middle) / self.spread).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Features:
    """The columns of a table that a model is given: none that names each row, or says the same in all.

    Examples
    --------
    >>> rows = [{"no": k, "age": 20 + k * k, "town": "BG"[k % 2]} for k in range(30)]
    >>> features = Features.of(rows)
    >>> [(one.column.name, one.n_codes) for one in features.every], features.apply(rows[:2])[:, 1].tolist()
    ([('age', 0), ('town', 3)], [1.0, 2.0])
    """

    every: tuple[Feature, ...]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]] | pd.DataFrame) -> Features:
        """Learn from all rows of a table, or from what ``frame_of`` makes of them."""
        frame = frame_of(rows)
        made = (_feature(column, frame[column.name]) for column in columns_of(frame))
        return cls(tuple(one for one in made if one is not None))

    @property
    def n_codes(self) -> npt.NDArray[np.int64]:
        """Codes of each, 0 for a number."""
        return np.array([one.n_codes for one in self.every], dtype=np.int64)

    def apply(self, rows: Sequence[Mapping[str, Any]] | pd.DataFrame) -> Rows:
        """What a model is given of rows, float32 (n, d): codes of categories as they are, NaN for no number."""
        import pandas as pd

        frame = frame_of(rows)
        made = np.zeros((len(rows), len(self.every)), dtype=np.float32)
        for k, one in enumerate(self.every):
            name = one.column.name
            cells = frame[name] if name in frame else pd.Series([None] * len(rows), dtype=object)
            made[:, k] = one.apply(cells)
        return made


def _feature(column: TableColumn, cells: pd.Series[Any]) -> Feature | None:
    if column.type in ("identifier", "constant"):
        return None
    if column.type == "category":
        texts, counts = distinct_texts(cells)
        often = {text: int(n) for text, n in zip(texts, counts, strict=True) if text.strip().casefold() not in NOTHING}
        order = sorted(often, key=lambda text: (-often[text], text))[:_MOST_KNOWN]
        if not order:
            return None
        return Feature(column, {value: min(k, MOST_CATEGORIES) for k, value in enumerate(order, start=1)})
    raw = Feature(column, {})
    found = raw.values(cells)
    finite = found[np.isfinite(found)]
    if not len(finite):
        return None
    low, middle, high = np.quantile(finite, [0.25, 0.5, 0.75])
    spread = (high - low) / 1.349 or float(finite.std()) or 1.0
    least, most = float(finite.min()), float(finite.max())
    return replace(raw, middle=float(middle), spread=float(spread), least=least, most=most)
