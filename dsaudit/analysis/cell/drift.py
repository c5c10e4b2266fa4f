"""Columns that hold other values in one split of a table than in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

_CHANCE = 1e-3
"""Of naming one column at all where rows were dealt at random."""
_LEAST = 30
"""Rows of a split; where rows are in groups, one of each group is heard."""
_DIFFERS = 0.1
"""Between the distributions, as the largest share by which they differ; less is of no account."""
_FEW = 5
_SHOWN = 20

Told = tuple[str, str, "npt.NDArray[np.int64]"]


def drifts(
    columns: Sequence[CodedColumn],
    splits: npt.NDArray[np.object_],
    groups: npt.NDArray[np.object_] | None = None,
) -> list[Told]:
    """Of each column that differs between splits its name, how, and some rows that show it.

    Each split is held against the largest: numbers by the test of Kolmogorov and Smirnov, categories by chi-squared,
    what is missing likewise; all tests share one chance of a false alarm (C. Bonferroni). Dates are passed over, for a
    split by time is meant, and so are names of rows.

    Parameters
    ----------
    columns : sequence of CodedColumn
    splits, groups : object array (n,)
        Of each row; None where it is in none.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> table = columns_of(pd.DataFrame({"site": ["A", "B"] * 60 + ["C", "C", "A"] * 20, "size": list("123456") * 30}))
    >>> parts = np.array(["train"] * 120 + ["test"] * 60, dtype=object)
    >>> [told[:2] for told in drifts(table, parts)]
    [('site', "holds 'C' in 67% of 'test' and in 0% of 'train'")]
    """
    heard = _one_of_each(groups, len(splits))
    parts: dict[str, npt.NDArray[np.int64]] = {}
    for name in sorted({str(s) for s in splits if s is not None}):
        rows = np.flatnonzero(heard & (splits == name))
        if len(rows) >= _LEAST:
            parts[name] = rows
    if len(parts) < 2:
        return []
    usual = max(parts, key=lambda name: len(parts[name]))
    able = [c for c in columns if c.role in {"number", "category"} and not (c.keyed and c.role != "number")]
    pairs = [(column, name) for column in able for name in parts if name != usual]
    found: dict[str, tuple[float, Told]] = {}
    for column, name in pairs:
        chance, words, rows = _apart(column, parts[name], parts[usual], name, usual)
        if chance < _CHANCE / len(pairs) and chance < found.get(column.name, (1.0,))[0]:
            found[column.name] = chance, (column.name, words, rows[:_SHOWN])
    return [told for _, told in found.values()]


def _one_of_each(groups: npt.NDArray[np.object_] | None, n: int) -> npt.NDArray[np.bool_]:
    """The first row of each group, and all that are in none: rows of one group are no witnesses of their own."""
    seen, heard = set[object](), np.ones(n, bool)
    for k, group in enumerate(groups if groups is not None else ()):
        heard[k] = group is None or group not in seen
        seen.add(group)
    return heard


def _apart(
    column: CodedColumn, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], name: str, usual: str
) -> tuple[float, str, npt.NDArray[np.int64]]:
    """The least chance by which the two parts differ so far, 1 where they hardly do; how; and rows of the first."""
    from scipy.stats import ks_2samp

    lacks = column.nothing[column.codes]
    codes = np.where(lacks, 0, 1 + column.codes)
    if column.role == "number":
        chance, words, rows = _of_categories(lacks[a].astype(np.int64), lacks[b].astype(np.int64))
        told = (chance, _lacking(words, name, usual), a[rows])
        x = column.numbers.read[column.codes]
        own, other = (part[np.isfinite(x[part])] for part in (a, b))
        if len(own) >= _LEAST <= len(other):
            test = ks_2samp(x[own], x[other], method="asymp")
            if test.statistic >= _DIFFERS and test.pvalue < told[0]:
                low, high = np.median(x[own]), np.median(x[other])
                words_ = f"has a median of {low:.4g} in {name!r} and of {high:.4g} in {usual!r}"
                far = own[np.argsort(-np.abs(x[own] - high), kind="stable")]
                told = (float(test.pvalue), words_, far)
        return told
    chance, shares, rows = _of_categories(codes[a], codes[b])
    if shares is None:
        return 1.0, "", a[:0]
    code, x_a, x_b = shares
    if code == 0:
        return chance, _lacking((1, x_a, x_b), name, usual), a[rows]
    value = str(column.values[code - 1])[:40]
    return chance, f"holds {value!r} in {x_a:.0%} of {name!r} and in {x_b:.0%} of {usual!r}", a[rows]


def _lacking(shares: tuple[int, float, float] | None, name: str, usual: str) -> str:
    return "" if shares is None else f"is empty in {shares[1]:.0%} of {name!r} and in {shares[2]:.0%} of {usual!r}"


def _of_categories(
    a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]
) -> tuple[float, tuple[int, float, float] | None, npt.NDArray[np.int64]]:
    """The chance by chi-squared, the code whose share differs most with both shares, and rows of the first with it."""
    from scipy.stats import chi2_contingency

    both = np.concatenate([a, b])
    values, own, counts = np.unique(both, return_inverse=True, return_counts=True)
    rare = counts * min(len(a), len(b)) < _FEW * len(both)
    codes = np.where(rare[own], len(values), own)
    table = np.stack([np.bincount(part, minlength=len(values) + 1) for part in (codes[: len(a)], codes[len(a) :])])
    table = table[:, table.sum(axis=0) > 0]
    share = np.stack(
        [np.bincount(own[: len(a)], minlength=len(values)), np.bincount(own[len(a) :], minlength=len(values))]
    ) / np.array([[len(a)], [len(b)]])
    if table.shape[1] < 2 or 0.5 * np.abs(np.diff(table / table.sum(axis=1, keepdims=True), axis=0)).sum() < _DIFFERS:
        return 1.0, None, np.empty(0, np.int64)
    at = int(np.abs(share[0] - share[1]).argmax())
    rows = np.flatnonzero(own[: len(a)] == at)
    return float(chi2_contingency(table).pvalue), (int(values[at]), float(share[0, at]), float(share[1, at])), rows
