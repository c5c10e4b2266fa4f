"""What one way of looking says against cells of one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

LEAST = 0.02
"""Less is not worth keeping."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Suspicions of one kind against cells of one column.

    Attributes
    ----------
    kind : str
        ``spelling``, ``format`` …: what is wrong if it is right.
    column : int
        Place of the column.
    rows : int64 array (m,)
    p : float array (m,)
        Probability that the cell is wrong, from this alone, 0 to 1.
    repair : object array (m,)
        What belongs there; None where that is not known.
    sure : float array (m,)
        Probability that the repair is right if the cell is wrong, 0 to 1.
    why : object array (m,)
        In words, for people.
    """

    kind: str
    column: int
    rows: npt.NDArray[np.int64]
    p: npt.NDArray[np.float64]
    repair: npt.NDArray[np.object_]
    sure: npt.NDArray[np.float64]
    why: npt.NDArray[np.object_]


def of_values(
    kind: str,
    place: int,
    column: CodedColumn,
    said: dict[int, tuple[float, str | None, float, str]],
) -> list[Hint]:
    """The hint from what is said of distinct values: by value ``(p, repair, sure, why)``.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> (town,) = columns_of(pd.DataFrame({"town": ["Ulm", "Ulmm", "Ulm"]}))
    >>> (hint,) = of_values("spelling", 0, town, {1: (0.9, "Ulm", 0.8, "like Ulm")})
    >>> hint.rows.tolist(), hint.repair.tolist()
    ([1], ['Ulm'])
    """
    said = {k: what for k, what in said.items() if what[0] >= LEAST}
    if not said:
        return []
    codes = np.fromiter(said, np.int64, len(said))
    place_of = np.full(len(column.values), -1, np.int64)
    place_of[codes] = np.arange(len(codes))
    rows = np.flatnonzero(place_of[column.codes] >= 0)
    at = place_of[column.codes[rows]]
    p, repair, sure, why = zip(*said.values(), strict=True)
    return [
        Hint(
            kind,
            place,
            rows,
            np.asarray(p, np.float64)[at],
            _objects(repair)[at],
            np.asarray(sure, np.float64)[at],
            _objects(why)[at],
        )
    ]


def of_rows(
    kind: str,
    place: int,
    rows: npt.NDArray[np.int64],
    p: npt.NDArray[np.float64],
    *,
    why: npt.NDArray[np.object_] | str,
    repair: npt.NDArray[np.object_] | None = None,
    sure: npt.NDArray[np.float64] | float = 0.0,
) -> list[Hint]:
    """The hint from what is said of single cells.

    >>> import numpy as np
    >>> (hint,) = of_rows("spelling", 0, np.array([4, 7]), np.array([0.9, 0.001]), why="odd")
    >>> hint.rows.tolist(), hint.why.tolist()
    ([4], ['odd'])
    """
    kept = p >= LEAST
    if not kept.any():
        return []
    m = len(rows)
    none = np.full(m, None, object)
    words = np.full(m, why, object) if isinstance(why, str) else why
    own = none if repair is None else repair
    trust = np.broadcast_to(np.asarray(sure, np.float64), (m,))
    return [Hint(kind, place, rows[kept].astype(np.int64), p[kept], own[kept], trust[kept], words[kept])]


def _objects(values: tuple[object, ...]) -> npt.NDArray[np.object_]:
    made = np.empty(len(values), object)
    made[:] = values
    return made
