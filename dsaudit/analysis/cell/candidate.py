"""All hints against a cell drawn together: which cells are wrong, how likely, and what belongs there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.column import CodedColumn, columns_of
from dsaudit.analysis.cell.dependency import Dependency, broken, dependencies
from dsaudit.analysis.cell.derived import confirmed, derived, underivable
from dsaudit.analysis.cell.form import misdecoded, misread_dates, misread_numbers, misshapen, spoilt
from dsaudit.analysis.cell.hint import Hint
from dsaudit.analysis.cell.lacking import convention, placeholders
from dsaudit.analysis.cell.misplaced import misplaced
from dsaudit.analysis.cell.order import Order, orders, out_of_order, repeated_keys
from dsaudit.analysis.cell.site import other_units
from dsaudit.analysis.cell.spelling import misspelt, odd_words, variants
from dsaudit.analysis.cell.unlikely import unlikely

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt
    import pandas as pd

KINDS = (
    *("spelling", "variant", "form", "number form", "date form", "decoding", "spreadsheet", "stand-in", "number"),
    *("unlikely", "dependency", "exchanged", "shifted", "order", "key", "derived", "unit"),
)
"""What may be wrong with a cell."""
_FAMILIES = (
    ("spelling", "variant", "form", "decoding", "spreadsheet"),
    ("number form", "date form", "stand-in"),
    ("number", "unlikely", "order", "unit"),
    ("dependency", "derived"),
    ("exchanged", "shifted"),
    ("key",),
)
"""Hints of one family see the same thing: the strongest speaks for them."""
_THIRD = 0.1
_LOOKS_AT_NAMES = (misshapen, misdecoded, spoilt, repeated_keys)
_LOOKS = (misspelt, odd_words, variants, misread_numbers, misread_dates, *_LOOKS_AT_NAMES)


@dataclass(frozen=True)
class Suspicion:
    """What is suspected of the cells of a table.

    Attributes
    ----------
    columns : list of CodedColumn
        Identifiers last.
    hints : list of Hint
    dependencies : list of Dependency
    orders : list of Order
    p : float32 array (n, columns)
        Probability that each cell is wrong.
    """

    columns: list[CodedColumn]
    hints: list[Hint]
    dependencies: list[Dependency]
    orders: list[Order]
    p: npt.NDArray[np.float32]


def suspicion(frame: pd.DataFrame, *, identifiers: Collection[int] = (), seed: int = 0) -> Suspicion:
    """Look at a table of strings in every way.

    Parameters
    ----------
    frame : DataFrame
    identifiers : collection of int
        Places of columns that name rows or groups of rows: they have a pattern, may be keys, and tell other columns,
        but nothing tells them, and nothing else is at home there.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"town": ["Boston", "Ulm", "Bern"] * 20, "size": [str(k % 7) for k in range(60)]})
    >>> frame.loc[3, "town"] = "Bostn"
    >>> cells = candidates(suspicion(frame))
    >>> int(cells.loc[0, "row"]), cells.loc[0, ["column", "value", "repair"]].tolist()
    (3, ['town', 'Bostn', 'Boston'])
    """
    every = columns_of(frame)
    cells = [column for j, column in enumerate(every) if j not in identifiers]
    columns = [*cells, *(column for j, column in enumerate(every) if j in identifiers)]
    n = len(frame)
    if not n or not columns:
        return Suspicion(columns, [], [], [], np.zeros((n, len(columns)), np.float32))
    usual = convention(columns)
    hints: list[Hint] = []
    for j, column in enumerate(columns):
        for look in _LOOKS if j < len(cells) else _LOOKS_AT_NAMES:
            hints += look(j, column)
        hints += placeholders(j, column, usual)
    hints += other_units(cells, columns)
    found = [told for told in dependencies(columns, seed=seed) if told.then < len(cells)]
    hints += broken(columns, found)
    doubted = together(hints, n, len(columns))
    between = orders(cells, doubted, seed=seed)
    hints += out_of_order(cells, between, doubted)
    if cells:
        equations = derived(cells, seed=seed)
        more, expected = unlikely(cells, together(hints, n, len(columns))[:, : len(cells)], seed=seed)
        hints += confirmed(more, equations)
        hints += underivable(cells, equations, together(hints, n, len(columns)))
        hints += misplaced(cells, expected)
    return Suspicion(columns, hints, found, between, together(hints, n, len(columns)))


def together(hints: Sequence[Hint], n: int, k: int) -> npt.NDArray[np.float32]:
    """Probability that each cell is wrong (n, k): families of hints speak apart, in a family the strongest does.

    >>> import numpy as np
    >>> from dsaudit.analysis.cell.hint import of_rows
    >>> one, two = (of_rows(kind, 0, np.array([1]), np.array([0.5]), why="odd") for kind in ("spelling", "broken"))
    >>> together([*one, *two], n=3, k=1).tolist()
    [[0.0], [0.5], [0.0]]
    """
    right = np.ones((n, k), np.float32)
    of_column: dict[int, list[Hint]] = defaultdict(list)
    for hint in hints:
        of_column[hint.column].append(hint)
    for j, own in of_column.items():
        for family in _FAMILIES:
            strongest = np.zeros(n, np.float32)
            for hint in own:
                if hint.kind in family:
                    np.maximum.at(strongest, hint.rows, hint.p.astype(np.float32))
            right[:, j] *= 1.0 - strongest
    made: npt.NDArray[np.float32] = 1.0 - right
    return made


def candidates(found: Suspicion, p: npt.NDArray[np.float32] | None = None, *, least: float = 0.05) -> pd.DataFrame:
    """Cells that may be wrong, the likeliest first.

    Parameters
    ----------
    found : Suspicion
    p : float array (n, columns), optional
        Takes the place of ``found.p``: what verdicts on cells made of it.
    least : float
        Nothing less likely is listed, 0 to 1.

    Returns
    -------
    DataFrame
        ``row`` (place), ``place`` and ``column`` (place and name), ``value``, ``p_wrong``, ``repair`` (None where
        unknown), ``p_repair`` (that the repair is right), ``kind``, ``why``.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"town": ["Bern", "Graz", "Ulm"] * 40 + ["Grazz"],
    ...     "n": [str(k % 7) for k in range(121)]})
    >>> candidates(suspicion(table), least=0.5)[["row", "column", "value", "repair"]].values.tolist()
    [[120, 'town', 'Grazz', 'Graz']]
    """
    import pandas as pd

    own = found.p if p is None else p
    rows, places = np.nonzero(own >= least)
    key = rows.astype(np.int64) * len(found.columns) + places
    m = len(key)
    kind, why, strength = np.full(m, "", object), np.full(m, "", object), np.zeros(m)
    told: list[tuple[np.ndarray, Hint, np.ndarray]] = []
    for hint in found.hints:
        mine = hint.rows * len(found.columns) + hint.column
        at = np.searchsorted(key, mine)
        there = (at < m) & (key[np.minimum(at, m - 1)] == mine) if m else np.zeros(len(mine), bool)
        told.append((at[there], hint, np.flatnonzero(there)))
        better = hint.p[there] > strength[at[there]]
        place = at[there][better]
        strength[place], kind[place], why[place] = hint.p[there][better], hint.kind, hint.why[there][better]
    repair, sure = _repairs(told, m)
    values = np.full(m, "", object)
    for j, column in enumerate(found.columns):
        mine = places == j
        values[mine] = column.strings(rows[mine])
    names = np.array([c.name for c in found.columns], object)
    p_wrong = own[rows, places].astype(float)
    table = pd.DataFrame(
        {
            "row": rows,
            "place": places,
            "column": names[places] if m else np.empty(0, object),
            "value": values,
            "p_wrong": p_wrong,
            "repair": pd.Series(repair, dtype=object),
            "p_repair": p_wrong * sure,
            "kind": kind,
            "why": why,
        }
    )
    return table.sort_values(
        ["p_wrong", "row", "place"], ascending=[False, True, True], kind="stable", ignore_index=True
    )


def _repairs(told: list[tuple[np.ndarray, Hint, np.ndarray]], m: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell the repair that most speaks for, and how sure it is if the cell is wrong."""
    left: dict[tuple[int, str], float] = defaultdict(lambda: 1.0)  # of the doubt that it is this one
    spelt: dict[int, object] = {}
    for at, hint, which in told:
        if hint.kind == "spelling":
            spelt |= dict(zip(at.tolist(), hint.repair[which], strict=True))
    for at, hint, which in told:
        weights = (hint.p * hint.sure)[which].tolist()
        for cell, text, weight in zip(at.tolist(), hint.repair[which].tolist(), weights, strict=True):
            if text is not None:
                # what is written like another value is hardly a third that the row would let expect
                other = hint.kind == "unlikely" and spelt.get(cell, text) != text
                left[cell, text] *= 1.0 - min(max(weight * (_THIRD if other else 1.0), 0.0), 0.999)
    repair, total, best = np.full(m, None, object), np.zeros(m), np.zeros(m)
    for (cell, text), doubt in left.items():
        total[cell] += 1.0 - doubt
        if 1.0 - doubt > best[cell]:
            best[cell], repair[cell] = 1.0 - doubt, text
    with np.errstate(invalid="ignore", divide="ignore"):
        sure = np.where(
            total > 0, np.minimum(0.98, best / np.maximum(total, 1e-9)) * np.minimum(1.0, 0.6 + best * 0.4), 0.0
        )
    return repair, sure
