"""Embeddings and predicted probabilities that were made elsewhere, matched to the items of a dataset and checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from dsaudit.dataset.arrays import TABLES, Numbers, read_numbers
from dsaudit.dataset.inline import is_inline
from dsaudit.dataset.label_leakage import vectors_alone
from dsaudit.dataset.member import without_place
from dsaudit.dataset.names import absolute, counted, located
from dsaudit.dataset.probabilities import checked_probabilities, class_columns, column_order
from dsaudit.dataset.segment import file_and_segment, file_of
from dsaudit.errors import DatasetError
from dsaudit.store.files import digest
from dsaudit.store.memory import let_go

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.types import Dataset

    _Match = tuple[npt.NDArray[np.int64], npt.NDArray[np.object_], list[str]]
    _Values = npt.NDArray[np.floating[Any]]
    _Float = TypeVar("_Float", bound=np.floating[Any])

_N_PERFECT, _PERFECT = 200, 0.999
_N_CHANCE, _ABOVE_CHANCE = 50, 0.05
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """A table with a row per item that somebody else made.

    Attributes
    ----------
    table : DataFrame float32, index ``item_id`` sorted
        Columns are classes, or ``"0"`` … ``"d-1"`` for embeddings.
    name : str
        Of the file.
    digest : str
        Of its bytes, and of the columns taken where some are left out: what anything computed from it depends on.
    notes : tuple of str
        What the reader of a report should know, one sentence each.
    """

    table: pd.DataFrame
    name: str
    digest: str
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class External:
    """What the user brought along instead of having it made; None for what is to be made."""

    embeddings: ExternalTable | None = None
    pred_probs: ExternalTable | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know of both."""
        return tuple(n for table in (self.embeddings, self.pred_probs) if table is not None for n in table.notes)


def read_external(
    dataset: Dataset,
    *,
    embeddings: str | None = None,
    pred_probs: str | None = None,
    id_columns: Sequence[str | None] = (),
    parts: Collection[str | None] = (),
    in_sample: bool = False,
) -> External:
    """Both files, as far as they are given; see ``read_embeddings`` and ``read_pred_probs``."""
    return External(
        read_embeddings(absolute(embeddings), dataset, id_columns=id_columns, parts=parts) if embeddings else None,
        read_pred_probs(absolute(pred_probs), dataset, id_columns=id_columns, in_sample=in_sample)
        if pred_probs
        else None,
    )


def read_embeddings(
    path: Path, dataset: Dataset, *, id_columns: Sequence[str | None] = (), parts: Collection[str | None] = ()
) -> ExternalTable:
    """Embeddings of the items of a dataset, from a file as ``dsaudit.dataset.arrays.read_numbers`` reads it.

    A column of a table that says something of an item by its name (label, group, fold …), or stands for the labels by
    its numbers, is no part of the vectors, and the notes name it. A number of an array that stands for the labels is
    kept, and the notes warn of it.

    Parameters
    ----------
    path : Path
    dataset : Dataset
    id_columns, parts
        See ``read_numbers``.

    Returns
    -------
    ExternalTable
        Only items that have a vector.

    Raises
    ------
    DatasetError
        The file cannot be used; one line that says why, with a hint.
    """
    read = read_numbers(path, array="embeddings", id_columns=id_columns, parts=parts)
    if read.values.shape[1] < 2:
        raise DatasetError(
            f"{read.name} has {counted(read.values.shape[1], 'number')} per item, which is no embedding",
            hint="give at least two columns of numbers",
        )
    at, index, notes = _matched(read, dataset, "vector")
    index, values = _without_empty(index, _rows_at(read.values, at), "vector", notes)
    labels = dataset.items["label"].reindex(index)
    values, taken, more = vectors_alone(read, values, labels, is_table=path.suffix.lower() in TABLES)
    notes += more
    if read.passed or len(taken) < read.values.shape[1]:  # what is left out depends on more than the file
        read = replace(read, digest=digest(read.digest, *taken))
    if (odd := _first_odd(values)) is not None:
        raise DatasetError(
            f"{read.name}: the vector of {index[odd]} holds NaN, an infinity or more than 32 bits can",
            hint="leave an item out, or give it NaN throughout, where it has no vector",
        )
    columns = [str(k) for k in range(values.shape[1])]
    return _external(read, index, values, columns, notes)


def read_pred_probs(
    path: Path, dataset: Dataset, *, id_columns: Sequence[str | None] = (), in_sample: bool = False
) -> ExternalTable:
    """Predicted probabilities of the items of a dataset, from a file as ``read_numbers`` reads it.

    Rows are normalised to sum to 1. Where the columns have no names they are the classes of the dataset in sorted
    order (whole numbers by value).

    Parameters
    ----------
    path : Path
    dataset : Dataset
    id_columns
        See ``read_numbers``.
    in_sample : bool
        Whether the model saw these labels, as the caller says: that it agrees with them is then no news.

    Returns
    -------
    ExternalTable
        Only items that have probabilities. A class of the dataset that has no column is not learned.

    Raises
    ------
    DatasetError
        The file cannot be used; one line that says why, with a hint.
    """
    given = dataset.items["label"] if dataset.listing is None else dataset.listing
    classes = column_order(given.dropna().unique())
    if not classes:
        raise DatasetError(
            "no item has a label, so that probabilities of classes say nothing",
            hint="--label-column NAME says which column holds them",
        )
    read = read_numbers(path, array="pred_probs", id_columns=id_columns, keep=frozenset(classes))
    columns, names, notes = class_columns(read, classes)
    order = sorted(range(len(names)), key=names.__getitem__)
    names = [names[k] for k in order]
    at, index, more = _matched(read, dataset, "prediction")
    notes += more
    chosen = read.values[np.ix_(at, np.array(columns)[order])].astype(np.float64, copy=False)
    index, values = _without_empty(index, chosen, "prediction", notes)
    absent = [c for c in classes if c not in set(names)]
    values, more = checked_probabilities(values, index.tolist(), read.name, absent=absent)
    notes += more
    labels = dataset.items["label"].reindex(index)
    unlearned = labels.dropna()[~labels.dropna().isin(names)]
    if len(unlearned):
        notes.append(
            f"{read.name} has no column for {', '.join(sorted(map(repr, set(unlearned)))[:5])}: "
            f"the {counted(len(unlearned), 'item')} labelled so cannot be judged"
        )
    predicted = np.array(names, dtype=object)[values.argmax(axis=1)]
    notes += _agreement_notes(labels.to_numpy(dtype=object), predicted, read.name, in_sample=in_sample)
    return _external(read, index, values, names, notes)


def _external(
    read: Numbers, index: npt.NDArray[np.object_], values: _Values, columns: list[str], notes: list[str]
) -> ExternalTable:
    named = pd.Index(index, dtype=object, name="item_id")
    kept = values.astype(np.float32, copy=False)
    on_disk = isinstance(kept, np.memmap)  # it stays there
    table = pd.DataFrame(kept, index=named, columns=columns, copy=False if on_disk else None)
    return ExternalTable(table, read.name, read.digest, tuple(notes))


def _rows_at(values: _Values, at: npt.NDArray[np.int64]) -> _Values:
    """Those rows; the array itself where they are all of it in its order, so that one on disk stays there."""
    return values if np.array_equal(at, np.arange(len(values))) else values[at]


def _first_odd(values: _Values) -> int | None:
    """The first row that holds something else than finite numbers."""
    for start in range(0, len(values), _ROWS_AT_ONCE):
        finite = np.isfinite(values[start : start + _ROWS_AT_ONCE]).all(axis=1)
        let_go(values)
        if not finite.all():
            return start + int(finite.argmin())
    return None


def _matched(read: Numbers, dataset: Dataset, what: str) -> _Match:
    """Rows of the file that are about an item, in the order of the items' ids; those ids, and notes."""
    if not read.ids and not read.words:
        return _by_order(read, dataset)
    items = dataset.items
    known = {str(i): str(i) for i in items.index}
    root = str(dataset.root)
    for item_id, uri in zip(items.index, items["uri"], strict=True):
        if not is_inline(uri) and file_and_segment(uri)[1] is None:
            known.setdefault(without_place(located(file_of(uri), root)[0]), str(item_id))
    listed = set(known) if dataset.listing is None else set(known) | set(dataset.listing.index)
    ids = read.ids or _ids_among(read.words, listed)
    if ids is None:
        return _by_order(read, dataset)
    plain = [i if i in listed else located(i, root)[0] if i else "" for i in ids]
    at = [k for k, i in enumerate(plain) if i in known]
    if not at:
        raise DatasetError(
            f"none of the {len(plain)} ids in {read.name} is an item of the dataset: it has "
            f"{_two(ids)}, the dataset {_two([str(i) for i in items.index])}",
            hint="name the items as the dataset does, or give the rows in its order without ids",
        )
    found = [known[plain[k]] for k in at]
    if len(set(found)) < len(found):
        raise DatasetError(f"{read.name} names {_repeated(found)} more than once", hint="give one row per item")
    notes = []
    # a path that is no id names perhaps an item outside the sample, of which only the id is known
    by_path = len(dataset.listing if dataset.listing is not None else items) > len(items) and any(
        plain[k] != i for k, i in zip(at, found, strict=True)
    )
    if not by_path and (strange := sum(i not in listed for i in plain)):
        first = next(i for i in plain if i not in listed)
        notes.append(f"{read.name}: {counted(strange, 'row')} about no item of the dataset, such as {first!r}")
    if missing := len(items) - len(found):
        notes.append(f"{read.name} has no {what} for {counted(missing, 'item')}")
    return *_sorted(at, found), notes


def _ids_among(words: Sequence[list[str]], listed: Collection[str]) -> list[str] | None:
    """The column of words that names the items, whatever it is called: to go by the order would be to guess."""
    for column in words:
        if 2 * sum(word in listed for word in column) > len(column) and len(set(column)) == len(column):
            return column
    return None


def _sorted(at: npt.ArrayLike, ids: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    place, named = np.asarray(at, dtype=np.int64), np.array(ids, dtype=object)
    if all(a <= b for a, b in pairwise(ids)):
        return place, named
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return place[order], named[order]


def _by_order(read: Numbers, dataset: Dataset) -> _Match:
    index = dataset.items.index if dataset.listing is None else dataset.listing.index
    if len(read.values) != len(index):
        raise DatasetError(
            f"{read.name} has {counted(len(read.values), 'row')}, the dataset {counted(len(index), 'item')}",
            hint="give one row per item in its own order, or name the items: an npz with ids, or an id column",
        )
    names = [str(i) for i in index]
    if dataset.source == "folder" and (pair := _two_orders(names)):
        raise DatasetError(
            f"{read.name} names no items, and sorted by folder {pair[0]!r} comes first, sorted as text {pair[1]!r}",
            hint="name the items: an npz with ids, or an id column",
        )
    at = np.flatnonzero(index.isin(dataset.items.index))
    own = "sorted by path" if dataset.source == "folder" else f"in the order of the {dataset.source}"
    note = f"{read.name} names no items: its rows are taken {own}, from {index[0]} to {index[-1]}"
    return *_sorted(at, [names[k] for k in at.tolist()]), [note]


def _two_orders(ids: list[str]) -> tuple[str, str] | None:
    """Where ids sorted as text and sorted folder by folder differ first, as ``a b/1`` and ``a/1`` do."""
    by_folder = sorted(ids, key=lambda i: i.split("/"))
    return next(((a, b) for a, b in zip(by_folder, ids, strict=True) if a != b), None)


def _without_empty(
    index: npt.NDArray[np.object_], values: npt.NDArray[_Float], what: str, notes: list[str]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[_Float]]:
    """Rows of NaN alone say that an item has none."""
    empty = np.isnan(values[:, 0])
    empty[empty] = np.isnan(values[empty]).all(axis=1)
    if empty.all():
        raise DatasetError(f"every {what} is NaN", hint="look at how the file was written")
    if not empty.any():
        return index, values
    notes.append(f"{counted(int(empty.sum()), 'item')} without a {what}: the row is NaN throughout")
    return index[~empty], values[~empty]


def _agreement_notes(
    given: npt.NDArray[np.object_], predicted: npt.NDArray[np.object_], name: str, *, in_sample: bool
) -> list[str]:
    """What agreement with the labels that is too good, or no better than chance, says of a file."""
    known = pd.notna(given)
    given, predicted = given[known], predicted[known]
    n = len(given)
    right = float((given == predicted).mean()) if n else 0.0
    said = f"{name} agrees with {right:.1%} of {n:,} labels"
    if n >= _N_PERFECT and right >= _PERFECT:
        seldom = f"{said}: a model that never saw them rarely does; --in-sample says that it did"
        return [] if in_sample else [seldom]
    if n < _N_CHANCE:
        return []
    shares = pd.Series(given).value_counts(normalize=True)
    chance = float((pd.Series(predicted).value_counts(normalize=True) * shares).sum())
    if right <= chance + max(_ABOVE_CHANCE * (1.0 - chance), 3.0 * np.sqrt(chance * (1.0 - chance) / n)):
        return [
            f"{said}, chance would do so with {chance:.1%}: are its rows and columns in the order of the dataset's?"
        ]
    return []


def _repeated(names: list[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""


def _two(names: Sequence[str]) -> str:
    return " and ".join(repr(n) for n in list(names)[:2])
