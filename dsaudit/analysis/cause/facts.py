"""What is known of each item without a model: flags, groups, splits, values and bands of measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

BANDS = (("high", (0.98, 0.95, 0.9, 0.75)), ("low", (0.02, 0.05, 0.1, 0.25)))
"""Side and quantiles of the bands that are tried on every measurement, the narrowest first."""
MAX_VALUES = 12
"""A measurement with at most so many different values is taken value by value."""
MAX_SHARE = 0.8
"""A fact that holds for more of the items explains nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds for some of the items and not for the others.

    Attributes
    ----------
    kind : str
        ``finding``, ``group``, ``split``, ``value`` or ``band``.
    name : str
        Name of the rule; column of the items or of the measurements.
    value : str or None
        The group, split or value; for a band ``high`` or ``low``.
    code : str or None
        Code of the rule.
    low, high : float or None
        Where a band begins or ends, in the measurement's unit, itself inside it; None at its open end.
    """

    kind: str
    name: str
    value: str | None = None
    code: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts and for which items they hold.

    Attributes
    ----------
    about : tuple of Fact, length c
    items : int64 array (nnz,)
        Rows, fact by fact.
    starts : int64 array (c + 1,)
        ``items[starts[j]:starts[j + 1]]`` are the rows for which fact j holds, ascending.
    """

    about: tuple[Fact, ...]
    items: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]

    def rows(self, fact: int) -> npt.NDArray[np.int64]:
        """Rows for which the fact holds."""
        return self.items[self.starts[fact] : self.starts[fact + 1]]


def facts_of(
    item_ids: Sequence[str],
    *,
    flagged: Mapping[tuple[str, str], Sequence[str]] | None = None,
    groups: pd.Series | None = None,
    splits: pd.Series | None = None,
    measurements: pd.DataFrame | None = None,
    min_items: int = 4,
) -> Facts:
    """Every fact that holds for at least ``min_items`` items and at most four fifths of them.

    Of facts that hold for exactly the same items the first is kept, findings before values, splits and
    bands; groups are always kept.

    Parameters
    ----------
    item_ids : sequence of str, length n
    flagged : mapping of (code, rule name) to item ids, optional
        Leave out rules that look at predictions: what the model says does not explain what it says.
    groups, splits : Series of str, index ``item_id``, optional
        Missing values belong to none.
    measurements : DataFrame, index ``item_id``, optional
        Those that may explain something. Numbers are cut into bands, or taken value by value where there are few; so
        is text.
    min_items : int

    Returns
    -------
    Facts

    Examples
    --------
    >>> import pandas as pd
    >>> ids = [f"{i}" for i in range(10)]
    >>> facts = facts_of(ids, splits=pd.Series(["train"] * 6 + ["test"] * 4, index=ids))
    >>> [(fact.value, facts.rows(k).tolist()) for k, fact in enumerate(facts.about)]
    [('test', [6, 7, 8, 9]), ('train', [0, 1, 2, 3, 4, 5])]
    """
    index = pd.Index(item_ids)
    n = len(index)
    about: list[Fact] = []
    members: list[npt.NDArray[np.int64]] = []
    seen: set[bytes] = set()
    for fact, rows in _every(index, flagged, groups, splits, measurements):
        if not min_items <= len(rows) <= MAX_SHARE * n:
            continue
        key = rows.tobytes()
        if fact.kind != "group" and key in seen:
            continue
        if fact.kind != "group":  # a fact that marks one group stays beside it: the test tells them apart
            seen.add(key)
        about.append(fact)
        members.append(rows)
    starts = np.concatenate([[0], np.cumsum([len(m) for m in members])]).astype(np.int64)
    return Facts(tuple(about), np.concatenate(members) if members else np.empty(0, dtype=np.int64), starts)


def _every(
    index: pd.Index[Any],
    flagged: Mapping[tuple[str, str], Sequence[str]] | None,
    groups: pd.Series | None,
    splits: pd.Series | None,
    measurements: pd.DataFrame | None,
) -> Iterator[tuple[Fact, npt.NDArray[np.int64]]]:
    for (code, name), ids in sorted((flagged or {}).items()):
        rows = index.get_indexer(pd.Index(sorted(set(ids)), dtype=object))
        yield Fact("finding", name, code=code), np.sort(rows[rows >= 0]).astype(np.int64)
    table = measurements.reindex(index) if measurements is not None else pd.DataFrame(index=index)
    columns = [str(c) for c in sorted(table.columns)]
    counted = {c: table[c].nunique() for c in columns}
    for column in columns:
        if 1 < counted[column] <= MAX_VALUES:
            yield from _by_value("value", column, table[column])
    if groups is not None:
        yield from _by_value("group", "group", groups.reindex(index))
    if splits is not None:
        yield from _by_value("split", "split", splits.reindex(index))
    for column in columns:
        if counted[column] > MAX_VALUES and pd.api.types.is_numeric_dtype(table[column]):
            yield from _by_band(column, table[column].to_numpy(dtype=np.float64, na_value=np.nan))


def _by_value(kind: str, name: str, column: pd.Series) -> Iterator[tuple[Fact, npt.NDArray[np.int64]]]:
    codes, values = pd.factorize(column, sort=True)
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(values) + 1))
    for k, value in enumerate(values):
        yield Fact(kind, name, value=_text(value)), order[ends[k] : ends[k + 1]].astype(np.int64)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _by_band(name: str, x: npt.NDArray[np.float64]) -> Iterator[tuple[Fact, npt.NDArray[np.int64]]]:
    known = np.sort(x[np.isfinite(x)])
    if not len(known):
        return
    for side, shares in BANDS:
        for share in shares:
            edge = known[int(share * (len(known) - 1))]
            if side == "high":
                # many items with one value at this end: the band is what lies beyond it
                inside = x > edge if edge == known[0] else x >= edge
            else:
                inside = x < edge if edge == known[-1] else x <= edge
            rows = np.flatnonzero(inside)
            if len(rows):
                if x[rows].min() == x[rows].max():
                    yield Fact("value", name, value=_text(float(x[rows][0]))), rows
                    continue
                low = float(x[rows].min()) if side == "high" else None
                high = float(x[rows].max()) if side == "low" else None
                yield Fact("band", name, value=side, low=low, high=high), rows
