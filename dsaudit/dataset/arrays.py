"""Numbers per item that were made elsewhere: from a file to an array, whatever holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.dataset.names import shown
from dsaudit.dataset.number_table import NumberTable, read_csv_numbers, read_parquet_numbers, texts_of
from dsaudit.dataset.text import in_one_line, unreadable
from dsaudit.errors import DatasetError
from dsaudit.store.files import digest_file
from dsaudit.store.memory import MAPPED_FROM, on_disk

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import numpy.typing as npt

TABLES = (".parquet", ".csv", ".tsv")
SUFFIXES = (".npy", ".npz", *TABLES)
_IDS = ("ids", "item_ids", "item_id")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a file of numbers holds.

    Attributes
    ----------
    name : str
        Of the file, for messages.
    digest : str
        Of its bytes.
    values : float array (n, d)
        float64 for ``pred_probs``, float32 for ``embeddings``.
    ids : list of str, or None
        None where nothing is called the name of an item.
    columns : list of str, or None
        Names of the columns; None where it has none.
    words : tuple of list of str
        Columns of words beside the numbers: one of them may name the items all the same.
    passed : tuple of str
        Columns of numbers that are not part of ``values``.
    """

    name: str
    digest: str
    values: npt.NDArray[np.floating[Any]]
    ids: list[str] | None
    columns: list[str] | None
    words: tuple[list[str], ...] = ()
    passed: tuple[str, ...] = ()


@in_one_line
def read_numbers(
    path: Path,
    *,
    array: str,
    id_columns: Sequence[str | None] = (),
    keep: Collection[str] = frozenset(),
    parts: Collection[str | None] = (),
) -> Numbers:
    """Read one array of numbers with a row per item.

    ``.npy`` holds the array alone; ``.npz`` holds it under the name ``array`` or as its only two-dimensional array of
    numbers, with ``ids`` (or ``item_ids``) and ``classes`` where it has them; ``.parquet``, ``.csv`` and ``.tsv`` hold
    a column per number and one that names the item, or a single column of lists. Columns of words are passed over.
    Nothing in a file is ever run: pickled objects are refused.

    Parameters
    ----------
    path : Path
    array : str
        ``pred_probs`` or ``embeddings``; also the option, in messages.
    id_columns : sequence of (str or None)
        Columns that name the item, should they be there; then the usual names of ids and paths.
    keep : collection of str
        Names that are columns of numbers even if they look like an id's.
    parts : collection of (str or None)
        Columns that are no part of ``embeddings`` should they be there, beside those with the usual names of labels,
        groups, splits, folds … (``dsaudit.dataset.columns.plays_part``): the caller's own names of them.

    Raises
    ------
    DatasetError
        Missing, unreadable, of another shape or kind; one line with a hint.
    """
    option = f"--{array.replace('_', '-')}"
    if not path.is_file():
        fault = "is no file" if path.exists() else "does not exist"
        raise DatasetError(f"{shown(path)} {fault}", hint=f"{option} takes a file: {' '.join(SUFFIXES)}")
    suffix = path.suffix.lower()
    try:
        if suffix in (".npy", ".npz"):
            table = _loaded(path, array)
        elif suffix == ".parquet":
            table = read_parquet_numbers(path, array=array, id_columns=id_columns, keep=keep, parts=parts)
        elif suffix in (".csv", ".tsv"):
            table = read_csv_numbers(path, array=array, id_columns=id_columns, keep=keep, parts=parts)
        else:
            raise DatasetError(f"{shown(path)} is no file of {array}", hint=f"{option} reads {' '.join(SUFFIXES)}")
        checksum = digest_file(path)
    except OSError as error:
        raise unreadable(path, error) from error
    values, ids = table.values, table.ids
    if values.ndim != 2 or not values.size:
        hint = "it needs one row per item and one column per " + ("class" if array == "pred_probs" else "number")
        if array == "pred_probs" and values.ndim == 1 and values.size:
            hint += "; for two classes: np.column_stack([1 - p, p])"
        raise DatasetError(f"{path.name} has the shape {values.shape}, not (items, columns)", hint=hint)
    if values.dtype.kind not in "fiub":
        raise DatasetError(f"{path.name} holds {values.dtype}, not numbers", hint="save an array of floats")
    if ids is not None and len(ids) != len(values):
        raise DatasetError(f"{path.name} has {len(values)} rows and {len(ids)} ids", hint="give one id per row")
    with np.errstate(over="ignore"):  # what 32 bits cannot hold becomes an infinity, which is refused
        values = values.astype(np.float64 if array == "pred_probs" else np.float32, copy=False)
    return Numbers(path.name, checksum, values, ids, table.columns, table.words, table.passed)


def _loaded(path: Path, array: str) -> NumberTable:
    """An array, or an archive of arrays, whichever of the two the file holds."""
    how = f"np.savez(file, {array}=array, ids=ids)" if path.suffix.lower() == ".npz" else "np.save(file, array)"
    try:
        if path.suffix.lower() == ".npy" and path.stat().st_size >= MAPPED_FROM:
            return NumberTable(on_disk(path), None, None)
        with path.open("rb") as stream:  # numpy leaves a damaged archive open
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return NumberTable(loaded, None, None)
            # one that was pickled is of no use here, and must not stop the others from being read
            found = {name: _member(loaded, name) for name in loaded.files}
    except MemoryError as error:
        raise DatasetError(f"{path.name} says to be larger than the memory", hint=f"write it again: {how}") from error
    except Exception as error:  # what damaged files make of numpy, zipfile and zlib follows no rule
        if isinstance(error, OSError) and error.errno:
            raise
        if "pickle" in str(error).lower() or "Python objects" in str(error):
            raise DatasetError(
                f"{path.name} holds Python objects or no array, which are not loaded", hint=f"save plain numbers: {how}"
            ) from error
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{path.name} is damaged: {line}", hint=f"write it again: {how}") from error
    return _chosen(found, path.name, array)


def _member(archive: Any, name: str) -> npt.NDArray[Any] | None:
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        if "pickle" in str(error).lower():
            return None
        raise


def _chosen(found: dict[str, npt.NDArray[Any] | None], name: str, array: str) -> NumberTable:
    """The array that is meant, with the names beside it."""
    tables = [n for n, a in found.items() if a is not None and a.ndim == 2 and a.dtype.kind == "f"]
    names = [array] if array in found else tables
    values = found[names[0]] if len(names) == 1 else None
    if values is None:
        raise DatasetError(
            f"{name} holds {', '.join(found) or 'nothing'}: which array is meant is not clear",
            hint=f"call it {array}, as in: np.savez(file, {array}=array, ids=ids)",
        )
    ids = _names_in(found, next((n for n in _IDS if n in found), None), name)
    columns = _names_in(found, "classes" if array == "pred_probs" else None, name)
    if columns is not None and values.ndim == 2 and len(columns) != values.shape[1]:
        raise DatasetError(
            f"{name} has {values.shape[1]} columns and {len(columns)} classes", hint="give one per column"
        )
    return NumberTable(values, ids, columns)


def _names_in(found: dict[str, npt.NDArray[Any] | None], key: str | None, name: str) -> list[str] | None:
    if key is None or key not in found:
        return None
    held = found[key]
    if held is None:  # to go by the order instead could give every row to the wrong item
        raise DatasetError(
            f"{key} in {name} were saved as Python objects, which are not loaded",
            hint=f"save them as text: {key}=np.asarray({key}, dtype=str)",
        )
    return texts_of(held.ravel().tolist(), name, what=key)
