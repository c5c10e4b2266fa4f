"""Columns among supplied vectors that stand for the labels: a model that sees one learns nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.dataset.columns import listed
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.dataset.arrays import Numbers

    _Values = npt.NDArray[np.floating[Any]]

_MIN_ITEMS = 20
_LEAST, _LEAST_OF_TWO = 0.9, 0.98
"""Mean share of a class with its number: below 1, for labels may have been corrected since; of two classes a true
feature, such as a word that occurs or not, may tell nearly as much."""
_LOOKED_AT = 1_000


def vectors_alone(
    read: Numbers, values: _Values, labels: pd.Series[Any], *, is_table: bool
) -> tuple[_Values, list[str], list[str]]:
    """Vectors without the columns that stand for the labels, the names of those taken, and what to say of them.

    An array is taken as it is, with a warning: whoever made it chose its columns.

    Parameters
    ----------
    read : Numbers
    values : float array (n, d)
        Of the items that have a vector.
    labels : Series (n,)
        Theirs; None for unlabelled.
    is_table : bool

    Raises
    ------
    DatasetError
        Fewer than two columns of a table are left.
    """
    names = read.columns or [f"column {k + 1}" for k in range(values.shape[1])]
    notes = [f"{read.name}: not taken as a part of the vectors: {listed(read.passed, most=5)}"] if read.passed else []
    told = label_columns(values, labels)
    said = f"{listed([names[k] for k in told], most=5)}: whole numbers that stand for the labels"
    if told and not is_table:
        return values, names, [*notes, f"{read.name} gives the labels away in {said}"]
    if told:
        values = np.delete(values, told, axis=1)
        notes.append(f"{read.name}: not taken as a part of the vectors: {said}")
        if values.shape[1] < 2:
            raise DatasetError(f"{read.name} holds no vectors beside {said}", hint="give two columns of numbers more")
    taken = [name for k, name in enumerate(names) if k not in set(told)]
    if read.columns:
        notes.append(f"{read.name}: a vector is the {len(taken)} columns {listed(taken, most=3)}")
    return values, taken, notes


def label_columns(values: _Values, labels: pd.Series[Any]) -> list[int]:
    """Columns of whole numbers in which each class has a number of its own.

    Parameters
    ----------
    values : float array (n, d)
        Without NaN.
    labels : Series (n,)

    Returns
    -------
    list of int
        In order; empty below 20 labelled items or two classes.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> labels = pd.Series(["no", "yes"] * 20)
    >>> values = np.column_stack([np.random.default_rng(0).normal(size=40), [0.0, 1.0] * 20])
    >>> label_columns(values, labels)
    [1]
    """
    known = labels.notna().to_numpy()
    given, classes = pd.factorize(labels[known], sort=True)
    n_classes = len(classes)
    if len(given) < _MIN_ITEMS or n_classes < 2:
        return []
    first = values[:_LOOKED_AT]
    size = np.bincount(given, minlength=n_classes)
    found = []
    for k in np.flatnonzero((first == np.rint(first)).all(axis=0)).tolist():
        column = values[known, k]
        if not (column == np.rint(column)).all():
            continue
        numbers, place = np.unique(column, return_inverse=True)
        if not n_classes <= len(numbers) <= 1.1 * n_classes + 1:
            continue
        counts = np.bincount(place * n_classes + given, minlength=len(numbers) * n_classes)
        counts = counts.reshape(len(numbers), n_classes)
        own = counts.argmax(axis=1)
        hits = np.bincount(own, weights=counts[np.arange(len(numbers)), own], minlength=n_classes)
        if (hits / size).mean() >= (_LEAST_OF_TWO if n_classes == 2 else _LEAST):
            found.append(k)
    return found
