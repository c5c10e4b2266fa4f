"""Predicted probabilities that somebody else made: which column is which class, and whether they are any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.dataset.columns import listed
from dsaudit.dataset.labels import whole_numbers
from dsaudit.dataset.names import counted
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from dsaudit.dataset.arrays import Numbers

    Array = npt.NDArray[np.float64]

SUM_TOLERANCE = 1e-3
"""How far a row may be from a sum of 1 without a word: what 16-bit floats leave."""
_ROUNDED_TOLERANCE = 0.1
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_PREFIXES = ("p:", "p_", "prob_", "prob:", "proba_", "pred_prob_", "pred_probs_", "pred_probs.")


def column_order(classes: Iterable[str]) -> list[str]:
    """Classes as the columns of an array without names follow each other: sorted, numbers by value.

    Examples
    --------
    >>> column_order({"10", "9", "8"}), column_order({"yes", "no", "10"})
    (['8', '9', '10'], ['10', 'no', 'yes'])
    """
    names = [str(c) for c in classes]
    if all(_NUMBER.fullmatch(c) for c in names):
        return sorted(names, key=lambda c: (float(c), c))
    return sorted(names)


def class_columns(read: Numbers, classes: Sequence[str]) -> tuple[list[int], list[str], list[str]]:
    """The columns that are classes, and what they are called.

    Parameters
    ----------
    read : Numbers
    classes : sequence of str
        Of the dataset, as ``column_order`` has them.

    Returns
    -------
    columns : list of int
        Places in ``read.values``.
    names : list of str
        The class of each of them.
    notes : list of str

    Raises
    ------
    DatasetError
        No column is a class, a class comes twice, or the number of columns without names is not that of the classes.
    """
    values, columns = read.values, read.columns
    if columns is not None:
        named = _plain_names(columns, classes)
        known = [k for k, c in enumerate(named) if c in set(classes)]
        # columns that only count, as many as there are classes, are not called after classes that count from 1
        counts = named == [str(k) for k in range(len(classes))] and set(named) != set(classes)
        if known and not counts:
            return _named_columns(read, named, known)
        if not counts and not all(_NUMBER.fullmatch(c) for c in columns):
            raise DatasetError(
                f"no column of {read.name} is a class of the dataset: it has {listed(columns, most=4)}, "
                f"the classes are {listed(list(classes), most=4)}",
                hint="name each column as its class, or give an array with the classes in sorted order",
            )
    if values.shape[1] != len(classes):
        unit = counted(values.shape[1], "column")
        hint = "name the columns: an npz with classes, or a table with one column per class"
        if values.shape[1] == 1 and len(classes) == 2:
            hint = "give both classes: np.column_stack([1 - p, p])"
        raise DatasetError(
            f"{read.name} has {unit}, the dataset {len(classes)} classes: {listed(list(classes), most=6)}", hint=hint
        )
    note = f"{read.name} names no classes: its columns are taken in sorted order, {listed(list(classes), most=4)}"
    return list(range(len(classes))), list(classes), [note]


def _plain_names(columns: Sequence[str], classes: Sequence[str]) -> list[str]:
    """Column names without a prefix such as ``p:`` where that makes them classes."""
    known = set(classes)
    if any(c in known for c in columns):
        return list(columns)
    columns = [c or "" for c in whole_numbers(columns)]
    if any(c in known for c in columns):
        return columns
    for prefix in _PREFIXES:
        if any(c.startswith(prefix) and c[len(prefix) :] in known for c in columns):
            return [c[len(prefix) :] if c.startswith(prefix) else f"\0{c}" for c in columns]
    return list(columns)


def _named_columns(read: Numbers, named: list[str], known: list[int]) -> tuple[list[int], list[str], list[str]]:
    names = [named[k] for k in known]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise DatasetError(f"{read.name} has more than one column {twice!r}", hint="rename one of them")
    values = read.values[:, known]
    others = [k for k, c in enumerate(named) if k not in set(known)]
    if not others or _sums_to_one(values):
        passed = [named[k].removeprefix("\0") for k in others]
        notes = [f"{read.name}: no class of the dataset, and passed over: {listed(passed, most=5)}"] if passed else []
        return known, names, notes
    everything = read.values
    if _sums_to_one(everything) and not any(named[k].startswith("\0") for k in others):
        note = f"{read.name} also knows {listed([named[k] for k in others], most=5)}, which is the label of no item"
        return list(range(len(named))), named, [note]
    return known, names, []


def _sums_to_one(values: npt.NDArray[np.floating[Any]]) -> bool:
    some = values[~np.isnan(values).any(axis=1)]
    return bool(len(some)) and bool(np.mean(np.abs(some.sum(axis=1) - 1.0) <= SUM_TOLERANCE) > 0.99)


def checked_probabilities(
    values: Array, ids: Sequence[str], name: str, *, absent: Sequence[str] = ()
) -> tuple[Array, list[str]]:
    """Rows that sum to 1, and notes.

    Parameters
    ----------
    values : float64 array (n, k)
    ids : sequence of str, length n
        Of the rows, for messages.
    name : str
        Of the file.
    absent : sequence of str
        Classes of the dataset without a column: where rows do not sum to 1 they are what is missing.

    Raises
    ------
    DatasetError
        NaN, an infinity, a negative value, or sums that rounding does not explain.

    Examples
    --------
    >>> import numpy as np
    >>> values, notes = checked_probabilities(np.array([[0.2, 0.8001]]), ["x"], "probs.npy")
    >>> values.sum(axis=1).round(6).tolist()
    [1.0]
    """
    if len(bad := np.flatnonzero(~np.isfinite(values).all(axis=1))):
        raise DatasetError(
            f"{name}: {counted(len(bad), 'row')} with NaN or an infinity, the first is {ids[int(bad[0])]}",
            hint="leave an item out, or give it NaN throughout, where it has no prediction",
        )
    sums = values.sum(axis=1)
    off = np.abs(sums - 1.0)
    tolerance, note = SUM_TOLERANCE, ""
    if off.max() > tolerance and (digits := _digits(values)) is not None:
        tolerance = min(_ROUNDED_TOLERANCE, values.shape[1] * 0.5 * 10.0**-digits + SUM_TOLERANCE)
        note = f"{name} is rounded to {digits} digits: its rows were scaled to sum to 1"
    worst = int(off.argmax())
    if values.min() < -SUM_TOLERANCE or off[worst] > tolerance:
        raise _no_probabilities(values, sums, ids, name, absent)
    values = np.maximum(values, 0.0)
    values = values / values.sum(axis=1, keepdims=True)
    notes = [note] if note else []
    if bool(np.isin(values, (0.0, 1.0)).all()):
        notes.append(f"{name} says 0 or 1 only: items that disagree with their label are found, but cannot be ranked")
    return values, notes


def _no_probabilities(values: Array, sums: Array, ids: Sequence[str], name: str, absent: Sequence[str]) -> DatasetError:
    least, most = float(values.min()), float(values.max())
    if most <= SUM_TOLERANCE and np.allclose(np.exp(np.minimum(values, 0.0)).sum(axis=1), 1.0, atol=SUM_TOLERANCE):
        return DatasetError(f"{name} holds logarithms of probabilities", hint="apply exp before saving it")
    if least >= 0.0 and np.allclose(sums, 100.0, atol=1.0):
        return DatasetError(f"{name} holds percentages", hint="divide by 100 before saving it")
    one = np.abs(sums - 1.0) <= SUM_TOLERANCE
    if least < -SUM_TOLERANCE and one.mean() > 0.5:  # logits do not sum to 1
        first = ids[int(values.min(axis=1).argmin())]
        return DatasetError(
            f"{name}: a probability below 0, {least:.3g} for {first}", hint="every row holds probabilities of 0 to 1"
        )
    if least < -SUM_TOLERANCE or most > 1.0 + SUM_TOLERANCE:
        return DatasetError(
            f"{name} holds values from {least:.3g} to {most:.3g}: these look like logits",
            hint="apply softmax: every row holds probabilities of 0 to 1 that sum to 1",
        )
    worst = int(np.abs(sums - 1.0).argmax())
    hint = "one row holds the probability of each class; several labels at once are not looked at"
    if absent:
        hint = f"no column is called {listed(absent, most=4)}: every class the model knows needs one"
    return DatasetError(
        f"{name}: {counted(int((~one).sum()), 'row')} not summing to 1, worst {ids[worst]} with {sums[worst]:.3f}",
        hint=hint,
    )


def _digits(values: Array) -> int | None:
    """Decimals that all values are rounded to, 1 to 5; None where they are not."""
    for digits in range(1, 6):
        scaled = values * 10.0**digits
        if np.abs(scaled - np.rint(scaled)).max() < 1e-3:
            return digits
    return None
