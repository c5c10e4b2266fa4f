"""Functional dependencies between two columns, mined with a tolerance, and the cells that break them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.cell.hint import Hint, of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

_SAMPLE = 200_000
_MOST = 8
"""Determinants heard of each column."""
WIDE, BESIDE = 100, 30
"""Of a table of more columns than the first, only those so near to each other are tried against each other."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """``given`` tells ``then``, but for a few rows.

    Attributes
    ----------
    given, then : int
        Places of the columns.
    n_values : int
        Values of ``given`` in several rows.
    n_rows : int
        Rows that have them.
    n_broken : int
        Those that have not the ``then`` most rows of their value have.
    strength : float
        How much more rows agree than by chance, 0 to 1.
    """

    given: int
    then: int
    n_values: int
    n_rows: int
    n_broken: int
    strength: float


def dependencies(columns: Sequence[CodedColumn], *, seed: int = 0) -> list[Dependency]:
    """The dependencies of a table, the strongest first.

    A pair is tried against itself with one column shuffled: groups of two or three agree by chance, too. Where a
    column has many values and those that disagree are scattered, many may (several sources on one thing).

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> towns, lands = ["Ulm", "Bern", "Graz", "Lyon"] * 10, ["DE", "CH", "AT", "FR"] * 10
    >>> found = dependencies(columns_of(pd.DataFrame({"town": towns, "land": [*lands[:-1], "DE"]})))
    >>> [(d.given, d.then, d.n_rows, d.n_broken) for d in found]
    [(0, 1, 40, 1), (1, 0, 40, 1)]
    """
    rng = np.random.default_rng(seed)
    n = columns[0].n if columns else 0
    rows = np.arange(n) if n <= _SAMPLE else np.sort(rng.choice(n, _SAMPLE, replace=False))
    shuffled = rng.permutation(len(rows))
    some = [c.codes[rows] for c in columns]
    able = [j for j, c in enumerate(columns) if _groups(c)]
    found: list[Dependency] = []
    for i in able:
        for j, then in enumerate(columns):
            if (
                i == j
                or not beside(i, j, len(columns))
                or then.role == "constant"
                or then.distinct > 0.95
                or _measure(then) > _measure(columns[i]) + 1
            ):
                continue
            if (made := _tried(columns, i, j, some, shuffled)) is not None:
                found.append(made)
    return sorted(found, key=lambda d: (-d.strength, d.given, d.then))


def beside(i: int, j: int, n_columns: int) -> bool:
    """Whether two columns are tried against each other: all are, but in wide tables.

    >>> beside(0, 99, 100), beside(0, 99, 2_000), beside(70, 99, 2_000)
    (True, False, True)
    """
    return n_columns <= WIDE or abs(i - j) <= BESIDE


def pairs_beside(places: Sequence[int], n_columns: int) -> Iterator[tuple[int, int]]:
    """Pairs of columns, of which the rising places are given, that are tried against each other.

    >>> list(pairs_beside([0, 99], 100)), list(pairs_beside([0, 10, 99], 2_000))
    ([(0, 99)], [(0, 10)])
    """
    for at, i in enumerate(places):
        for j in places[at + 1 :]:
            if not beside(i, j, n_columns):
                break
            yield i, j


def _groups(column: CodedColumn) -> bool:
    """Whether it can tell another: its values repeat, and it is no measured number."""
    if column.role == "constant" or column.distinct > 0.7 or len(column.values) < 3:
        return False
    numbers = column.numbers
    return not (column.role == "number" and (numbers.read[~np.isnan(numbers.read)] % 1 != 0).mean() > 0.1)


def _measure(column: CodedColumn) -> int:
    return int(column.role == "number")


def _tried(
    columns: Sequence[CodedColumn], i: int, j: int, some: list[npt.NDArray[np.int32]], shuffled: npt.NDArray[np.int64]
) -> Dependency | None:
    given, then = some[i], some[j]
    held = ~columns[i].nothing[given] & ~columns[j].nothing[then]
    found = _agreement(given[held], then[held], len(columns[j].values))
    if found is None:
        return None
    agree, second, least, n_values, n_rows, halves = found
    if agree < 0.55 or n_rows < 20 or n_values < 3:
        return None
    mixed = then[shuffled]
    also = ~columns[i].nothing[given] & ~columns[j].nothing[mixed]
    by_chance = _agreement(given[also], mixed[also], len(columns[j].values))
    base = by_chance[0] if by_chance else 0.0
    lift = (agree - base) / max(1.0 - base, 1e-9)
    sound = lift >= 0.85 and agree >= 0.9 and halves >= 0.9
    several = lift >= 0.5 and second <= 0.2 and halves >= 0.85 and least >= 8 and n_rows >= 5 * n_values
    if not (sound or several):
        return None
    return Dependency(
        i, j, n_values, n_rows, round((1 - agree) * n_rows), float(lift if sound else min(lift + 0.25, 0.9))
    )


def _agreement(
    given: npt.NDArray[np.int32], then: npt.NDArray[np.int32], k: int
) -> tuple[float, float, int, int, int, float] | None:
    """Of rows whose given value repeats: the share with their group's commonest value, with its second, how many
    values are commonest somewhere, groups, rows, and the share of rows in groups where it has two thirds."""
    if not len(given):
        return None
    pairs, counts = np.unique(given.astype(np.int64) * k + then, return_counts=True)
    group = pairs // k
    order = np.lexsort((-counts, group))
    group, counts, value = group[order], counts[order], (pairs % k)[order]
    start = np.flatnonzero(np.diff(group, prepend=-1))
    total = np.add.reduceat(counts, start)
    sizes = np.diff(np.append(start, len(group)))
    top = counts[start]
    second = np.where(sizes > 1, counts[np.minimum(start + 1, len(counts) - 1)], 0)
    several = total >= 2
    n = total[several].sum()
    if not n:
        return None
    clear = top >= 0.6 * total
    return (
        float(top[several].sum() / n),
        float(second[several].sum() / n),
        len(np.unique(value[start][several])),
        int(several.sum()),
        int(n),
        float(total[several & clear].sum() / n),
    )


def broken(columns: Sequence[CodedColumn], found: Sequence[Dependency]) -> list[Hint]:
    """Cells that their row's other cells speak against, each weighed by how clearly its group speaks.

    A row breaks a dependency by either of its two cells; the cell that more dependencies speak against is blamed.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> towns = {"3001": "Bern", "8010": "Graz", "4020": "Linz", "8001": "Wien"}
    >>> codes = [*towns] * 40
    >>> table = pd.DataFrame({"zip": codes, "town": [towns[code] for code in codes]})
    >>> table.loc[5, "town"] = "Bern"
    >>> columns = columns_of(table)
    >>> [(hint.column, hint.rows.tolist()) for hint in broken(columns, dependencies(columns))]
    [(0, [5]), (1, [5])]
    """
    hints: list[Hint] = []
    for j in sorted({d.then for d in found}):
        told = [d for d in found if d.then == j][:_MOST]
        hints += _votes(columns, j, told)
    return hints


def broken_rows(given: CodedColumn, then: CodedColumn) -> npt.NDArray[np.int64]:
    """Rows that have not what most rows of their ``given`` value have.

    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> town, land = columns_of(pd.DataFrame({"town": ["Ulm", "Ulm", "Ulm", "Bern"], "land": ["DE", "CH", "DE", "CH"]}))
    >>> broken_rows(town, land).tolist()
    [1]
    """
    own = _majority(given, then)[0][given.codes]
    return np.flatnonzero((own >= 0) & (own != then.codes) & ~then.nothing[then.codes])


def _votes(columns: Sequence[CodedColumn], j: int, told: Sequence[Dependency]) -> list[Hint]:
    column = columns[j]
    against, for_it = np.zeros(column.n, np.float32), np.zeros(column.n, np.float32)
    strongest = np.zeros(column.n, np.float32)
    best, names = np.full(column.n, -1, np.int32), np.full(column.n, -1, np.int16)
    for d in told:
        major, trust = _majority(columns[d.given], column)
        own = major[columns[d.given].codes]
        weight = (trust * d.strength).astype(np.float32)[columns[d.given].codes]
        weight[own < 0] = 0.0
        differs = own != column.codes
        against += np.where(differs, weight, 0)
        for_it += np.where(differs, 0, weight)
        better = differs & (weight > strongest)
        strongest[better], best[better], names[better] = weight[better], own[better], d.given
    rows = np.flatnonzero(against > 0)
    missing = column.nothing[column.codes[rows]]
    share = against[rows] / (against[rows] + for_it[rows])
    p = strongest[rows] * share
    # an empty cell is wrong only where the column is as a rule filled
    filled = 1.0 - column.counts[column.nothing].sum() / column.n
    p = np.where(missing, p * min(1.0, max(0.0, 2 * filled - 0.6)), p)
    repair = column.values[best[rows]]
    given = np.array([c.name for c in columns], object)[names[rows]]
    why = np.array(
        [f"most rows of this {name!r} have {value!r}" for name, value in zip(given, repair, strict=True)], object
    )
    return of_rows(
        "dependency",
        j,
        rows,
        p.astype(np.float64),
        why=why,
        repair=repair,
        sure=0.5 + 0.48 * strongest[rows].astype(np.float64),
    )


def _majority(given: CodedColumn, then: CodedColumn) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Of each value of ``given`` the commonest ``then``, -1 where none is, and how clearly it is, 0 to 1."""
    held = ~given.nothing[given.codes] & ~then.nothing[then.codes]
    k = len(then.values)
    pairs, counts = np.unique(given.codes[held].astype(np.int64) * k + then.codes[held], return_counts=True)
    order = np.lexsort((-counts, pairs // k))
    pairs, counts = pairs[order], counts[order]
    group = pairs // k
    start = np.flatnonzero(np.diff(group, prepend=-1))
    major, trust = np.full(len(given.values), -1, np.int64), np.zeros(len(given.values))
    if not len(start):
        return major, trust
    sizes = np.diff(np.append(start, len(group)))
    top, total = counts[start], np.add.reduceat(counts, start)
    second = np.where(sizes > 1, counts[np.minimum(start + 1, len(counts) - 1)], 0)
    major[group[start]] = np.where((top > second) & (total >= 2), pairs[start] % k, -1)
    # a lead of one among three is little, of ten among twelve nearly all
    trust[group[start]] = 1.0 - (second + 0.6) / (top + second + 0.6) * np.where(top >= 2, 1.0, 1.6)
    return major, np.clip(trust, 0.0, 1.0)
