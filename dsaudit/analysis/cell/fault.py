"""What is wrong with whole columns of a table, told from its cells and the labels of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dsaudit.analysis.cell.dependency import pairs_beside
from dsaudit.analysis.cell.drift import drifts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.cell.column import CodedColumn

Fault = Literal["constant", "identifier", "twin", "telling", "lacking", "order", "together", "afterwards", "drift"]

_ALMOST, _KEYED = 0.995, 0.99
_TELLS = 0.985
"""Balanced accuracy on unseen rows from which one column alone gives the label away."""
_ONE_CLASS, _LEAST_SAID, _BY_CHANCE = 0.97, 20, 1e-6
"""Of what is known only after the label: share of one class, rows, and chance that so many rows are of it."""
_AS_MISSING = 0.9
"""Of rows that two columns lack, those that both do, from which they are missing together."""
_LEAST_OF_CLASS = 10
_CHANCE = 0.01
"""Of naming one column at all along which labels do not drift."""
_LOOKED = 4_000
_SHOWN, _NAMED = 20, 4
_SEED = 0


@dataclass(frozen=True, slots=True)
class ColumnFault:
    """What is wrong with a column.

    Attributes
    ----------
    kind : str
        constant: it says nothing. identifier: each row has its own value. twin: another column says the same. telling:
        it gives the label away. lacking: values are missing in some classes far more than in others. order: rows come
        in the order of their labels, or labels drift with the time in it. together: it is missing where others are.
        afterwards: it says something in rows of one class alone. drift: it holds other values in one split.
    column : str
        Empty where the rows as a whole are meant.
    why : str
        In words.
    rows : int64 array (m,)
        Rows that show it, some of them.
    """

    kind: Fault
    column: str
    why: str
    rows: npt.NDArray[np.int64]


def column_faults(
    columns: Sequence[CodedColumn],
    labels: npt.NDArray[np.object_] | None = None,
    *,
    splits: npt.NDArray[np.object_] | None = None,
    groups: npt.NDArray[np.object_] | None = None,
) -> list[ColumnFault]:
    """What is wrong with each column.

    Parameters
    ----------
    columns : sequence of CodedColumn
        Without that of the labels.
    labels : object array (n,), optional
        Class of each row; None where it has none.
    splits, groups : object array (n,), optional
        Of each row; None where it is in none.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.analysis.cell.column import columns_of
    >>> frame = pd.DataFrame({"land": ["CH"] * 60, "debt": [str(k % 11) for k in range(60)]})
    >>> frame["debt2"] = frame["debt"]
    >>> [(fault.kind, fault.column) for fault in column_faults(columns_of(frame))]
    [('constant', 'land'), ('twin', 'debt2')]
    """
    if not columns or columns[0].n < 20:
        return []
    found = [fault for column in columns for fault in (_constant(column), _identifier(column)) if fault is not None]
    flat = {fault.column for fault in found if fault.kind == "constant"}
    alive = [column for column in columns if column.name not in flat]
    found += _twins(alive)
    found += _together(columns)
    if splits is not None:
        found += [ColumnFault("drift", name, why, rows) for name, why, rows in drifts(alive, splits, groups)]
    if labels is not None:
        classes, y = np.unique([str(label) for label in labels if label is not None], return_inverse=True)
        known = np.flatnonzero([label is not None for label in labels])
        if len(classes) >= 2 and len(known) >= 50:
            for column in alive:
                leak = _telling(column, known, y) or _afterwards(column, known, y, classes)
                found += [fault for fault in (leak, _lacking(column, known, y, classes)) if fault]
            found += _order(alive, known, y)
    return found


def _constant(column: CodedColumn) -> ColumnFault | None:
    rows = np.arange(min(column.n, _SHOWN))
    held = ~column.blank
    if not column.counts[held].sum():
        return ColumnFault("constant", column.name, "holds nothing in any row", rows)
    top = int(np.where(held, column.counts, 0).argmax())
    share = column.counts[top] / column.n
    if len(column.values) == 1:
        return ColumnFault("constant", column.name, f"holds {column.values[top]!r} in every row", rows)
    if share >= _ALMOST and column.n >= 200:
        others = np.flatnonzero(column.codes != top)
        words = f"holds {column.values[top]!r} in all but {len(others)} of {column.n:,} rows"
        return ColumnFault("constant", column.name, words, others[:_SHOWN])
    return None


def _identifier(column: CodedColumn) -> ColumnFault | None:
    """Each row has a value of its own, and it is no measure and no prose."""
    if column.distinct < 0.99 or column.n < 30 or column.role in {"text", "date", "constant"}:
        return None
    if column.role == "number":
        numbers = column.numbers.read[column.codes]
        whole = bool((numbers[np.isfinite(numbers)] % 1 == 0).all())
        steps = np.diff(numbers[np.isfinite(numbers)])
        counts_on = len(steps) > 0 and (steps > 0).mean() > 0.98
        if not whole or not (counts_on or np.ptp(numbers[np.isfinite(numbers)]) < 1.5 * column.n):
            return None
    return ColumnFault("identifier", column.name, "has another value in every row", np.arange(min(column.n, _SHOWN)))


def _twins(columns: Sequence[CodedColumn]) -> list[ColumnFault]:
    """Columns that say the same: value by value, or number by number but for a factor."""
    found: list[ColumnFault] = []
    said: set[int] = set()
    first: dict[bytes, list[int]] = {}
    for j, b in enumerate(columns):
        # codes go by first appearance, so those of columns that say the same are the same
        like = first.setdefault(b.codes.tobytes(), [])
        for i in like:
            a = columns[i]
            same = bool((a.values == b.values).all())
            if same or not (a.distinct >= _KEYED and b.distinct >= _KEYED):
                words = "holds the same as" if same else "says the same in other words as"
                found.append(ColumnFault("twin", b.name, f"{words} {a.name!r}", np.arange(min(a.n, _SHOWN))))
                said.add(j)
                break
        like.append(j)
    for i, j in pairs_beside(range(len(columns)), len(columns)):
        a, b = columns[i], columns[j]
        if not {i, j} & said and a.role == b.role == "number":
            if a.values[0] != b.values[0] and a.distinct >= _KEYED and b.distinct >= _KEYED:
                continue
            if factor := _factor(a, b):
                words = f"is {a.name!r} times {factor:.6g}"
                found.append(ColumnFault("twin", b.name, words, np.arange(min(a.n, _SHOWN))))
                said.add(j)
    return found


def _factor(a: CodedColumn, b: CodedColumn) -> float:
    """What one column of numbers is to be multiplied by to give the other in nearly all rows; 0 for none."""
    x, y = a.numbers.read[a.codes[:5_000]], b.numbers.read[b.codes[:5_000]]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = y / x
    ratio = ratio[np.isfinite(ratio) & (x != 0)]
    if len(ratio) < 20 or len(a.values) < 8:
        return 0.0
    middle = float(np.median(ratio))
    return middle if middle and (np.abs(ratio / middle - 1) < 2e-3).mean() > 0.98 else 0.0


def _telling(column: CodedColumn, known: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> ColumnFault | None:
    """Whether it gives the label away on rows that were not looked at."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    # an id that goes up with the label tells it as well
    in_figures = column.role == "number" or (column.keyed and column.numbers.share >= 0.8)
    if column.keyed and not in_figures:
        return None
    rng = np.random.default_rng(_SEED)
    some = np.sort(rng.choice(len(known), min(len(known), _LOOKED), replace=False))
    numbers = column.numbers.read if in_figures else column.dates.day if column.role == "date" else None
    by_value = (
        np.arange(len(column.values), dtype=float) if numbers is None else np.where(column.blank, np.nan, numbers)
    )
    if numbers is None and len(column.values) > max(50, 0.1 * column.n):
        return None
    x, label = by_value[column.codes[known[some]]].reshape(-1, 1), y[some]
    if np.bincount(label).min() < 5:
        return None
    tree = DecisionTreeClassifier(max_leaf_nodes=None if numbers is None else 2 * len(np.unique(y)) + 2, random_state=0)
    if balanced_accuracy_score(label, tree.fit(x, label).predict(x)) < _TELLS:  # on others it does no better
        return None
    told = cross_val_predict(tree, x, label, cv=3)
    score = float(balanced_accuracy_score(label, told))
    if score < _TELLS:
        return None
    words = f"tells the label alone in {(told == label).mean():.1%} of rows: is it known before the label is?"
    return ColumnFault("telling", column.name, words, known[some[:_SHOWN]])


def _afterwards(
    column: CodedColumn, known: npt.NDArray[np.int64], y: npt.NDArray[np.int64], classes: npt.NDArray[np.str_]
) -> ColumnFault | None:
    """Whether it says more than nothing, or than it mostly does, in rows of one class alone."""
    usual = column.nothing.copy()
    top = int(column.counts.argmax())
    usual[top] |= column.counts[top] >= 0.5 * column.n
    says = ~usual[column.codes[known]]
    if says.sum() < _LEAST_SAID:
        return None
    own = int(np.bincount(y[says], minlength=len(classes)).argmax())
    share = float((y == own).mean())
    if (y[says] == own).mean() < _ONE_CLASS or share ** int(says.sum()) > _BY_CHANCE:
        return None
    of_class = says[y == own].mean()
    held = "" if column.nothing[top] or not usual[top] else f"other than {str(column.values[top])[:40]!r} "
    words = (
        f"holds something {held}in {of_class:.0%} of the rows of {str(classes[own])!r} and in hardly another: "
        "is it known before the label is?"
    )
    return ColumnFault("afterwards", column.name, words, known[says][:_SHOWN])


def _together(columns: Sequence[CodedColumn]) -> list[ColumnFault]:
    """Columns that lack values in the same rows, each set of them named by its first."""
    n = columns[0].n
    able = [c for c in columns if 10 <= c.counts[c.nothing].sum() <= n - 10]
    if len(able) < 2:
        return []
    lacks = np.stack([c.nothing[c.codes] for c in able])
    # where most is missing, any two columns lack the same rows
    seldom = np.where(lacks.mean(axis=1, keepdims=True) > 0.5, ~lacks, lacks).astype(np.float32)
    many = seldom.sum(axis=1)
    both = seldom @ seldom.T
    alike = both >= _AS_MISSING * (many[:, None] + many[None, :] - both)
    found, said = [], set[int]()
    for a in range(len(able)):
        with_it = [b for b in np.flatnonzero(alike[a]).tolist() if b > a and b not in said]
        if a in said or not with_it:
            continue
        said |= {a, *with_it}
        rows = np.flatnonzero(lacks[[a, *with_it]].all(axis=0))
        names = ", ".join(repr(able[b].name) for b in with_it[:_NAMED]) + (" …" if len(with_it) > _NAMED else "")
        words = f"lacks values in the same rows as {names}: {len(rows):,} of {n:,} rows"
        found.append(ColumnFault("together", able[a].name, words, rows[:_SHOWN]))
    return found


def _lacking(
    column: CodedColumn, known: npt.NDArray[np.int64], y: npt.NDArray[np.int64], classes: npt.NDArray[np.str_]
) -> ColumnFault | None:
    """Whether values are missing in one class far more than in another."""
    missing = column.nothing[column.codes[known]]
    if not 10 <= missing.sum() < len(missing):
        return None
    n = np.bincount(y, minlength=len(classes))
    share = np.bincount(y, weights=missing, minlength=len(classes)) / np.maximum(n, 1)
    usual = missing.mean()
    z = (share - usual) / np.sqrt(usual * (1 - usual) / np.maximum(n, 1))
    z[n < _LEAST_OF_CLASS] = 0.0
    worst = int(np.abs(z).argmax())
    other = float((missing.sum() - share[worst] * n[worst]) / max(n.sum() - n[worst], 1))
    if abs(z[worst]) < 5 or abs(share[worst] - other) < 0.1:
        return None
    words = f"is empty in {share[worst]:.0%} of the rows of {str(classes[worst])!r} and in {other:.0%} of the others"
    return ColumnFault("lacking", column.name, words, known[missing][:_SHOWN])


def _order(columns: Sequence[CodedColumn], known: npt.NDArray[np.int64], y: npt.NDArray[np.int64]) -> list[ColumnFault]:
    """Rows in the order of their labels, and labels that drift along a column in time."""
    from scipy.stats import norm

    n = len(y)
    same = float((y[1:] == y[:-1]).mean())
    shares = np.bincount(y) / n
    chance = float((shares**2).sum())
    found = []
    if (same - chance) / max(1 - chance, 1e-9) > 0.8 and same > 0.9:
        words = "the rows are sorted by label: a split by place has other classes on either side"
        found.append(ColumnFault("order", "", words, known[:_SHOWN]))
    dated = [column for column in columns if column.role == "date"]
    n_tests = len(dated) * (len(shares) if len(shares) > 2 else 1)
    least = float(norm.isf(_CHANCE / 2 / max(n_tests, 1)))
    for column in dated:
        day = column.dates.day[column.codes[known]]
        held = np.isfinite(day)
        if held.sum() < 100:
            continue
        early = day <= np.nanmedian(day)
        a, b = (np.bincount(y[held & part], minlength=len(shares)) for part in (early, ~early))
        p = a / max(a.sum(), 1) - b / max(b.sum(), 1)
        spread = np.sqrt(shares * (1 - shares) * (1 / max(a.sum(), 1) + 1 / max(b.sum(), 1)))
        worst = int(np.abs(p / spread).argmax())
        if abs(p[worst]) / spread[worst] > least and abs(p[worst]) > 0.1:
            words = "labels drift along it: split by time, not at random"
            found.append(ColumnFault("order", column.name, words, known[np.argsort(day, kind="stable")[:_SHOWN]]))
    return found
