"""Numbers per item in a table: which column names the items, which are numbers, which are words."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.dataset.columns import Choice, id_column_of, known_columns, plays_part
from dsaudit.dataset.labels import whole_numbers
from dsaudit.dataset.table import cell_text
from dsaudit.dataset.text import file_text
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

_BLOCK = 20_000
_NOTHING = frozenset({"", "na", "n/a", "<na>", "null", "none"})
_SET_APART = ("", "Unnamed: 0")


@dataclass(frozen=True, slots=True)
class NumberTable:
    """The numbers of a table and what stands beside them.

    Attributes
    ----------
    values : float array (n, d)
    ids : list of str, or None
        Of the column or index that names the items.
    columns : list of str, or None
        Names of the columns of ``values``; None where they have none.
    words : tuple of list of str
        Columns that are no numbers, in their order.
    passed : tuple of str
        Columns of numbers that are not part of ``values``.
    """

    values: npt.NDArray[Any]
    ids: list[str] | None
    columns: list[str] | None
    words: tuple[list[str], ...] = ()
    passed: tuple[str, ...] = ()


def texts_of(values: Iterable[object], name: str, *, what: str = "ids") -> list[str]:
    """Names of items or classes as text; an empty one where a cell holds nothing.

    Raises
    ------
    DatasetError
        A cell holds a list, a mapping or another value that is not one word or number.
    """
    try:
        return [cell_text(v.decode(errors="surrogateescape") if isinstance(v, bytes) else v) or "" for v in values]
    except TypeError as error:
        raise DatasetError(
            f"the {what} in {name} are of the kind {error}, not words or numbers", hint=f"write the {what} as text"
        ) from None


def read_csv_numbers(
    path: Path, *, array: str, id_columns: Sequence[str | None], keep: Collection[str], parts: Collection[str | None]
) -> NumberTable:
    """Numbers of a CSV or TSV file, read in blocks of rows: the text of a large one is never held as a whole.

    Without a line of names its columns have none. Parameters and errors as for ``arrays.read_numbers``.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = next((line for line in stream if line.strip()), "")
            own = "\t" if path.suffix.lower() == ".tsv" else ","
            reader = csv.reader(chain([first], stream), delimiter=_delimiter(first, own))
            rows: Iterator[list[str]] = (row for row in reader if row)
            names = [name.strip() for name in next(rows, [])]
            if not _is_header(names, keep):
                rows, names = chain([names], rows), [""] * len(names)
            at = id_column_of(names, named=id_columns, keep=keep)
            kept_as_text = {at} | ({0} if names[:1] and names[0] in _SET_APART and any(names) else set())
            columns = _columns(rows, len(names), kept_as_text, path.name)
    except UnicodeDecodeError:
        file_text(path)  # says which byte of which line
        raise
    except csv.Error as error:
        raise DatasetError(f"{path.name} cannot be read: {error}", hint="write it again, one row per item") from error
    frame = pd.DataFrame({k: pd.Series(v, dtype=getattr(v, "dtype", object)) for k, v in enumerate(columns)})
    return _table(frame.set_axis(names, axis=1), path.name, array=array, at=at, keep=keep, parts=parts)


def read_parquet_numbers(
    path: Path, *, array: str, id_columns: Sequence[str | None], keep: Collection[str], parts: Collection[str | None]
) -> NumberTable:
    """Numbers of a Parquet file. Parameters and errors as for ``arrays.read_numbers``."""
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # what the reader raises at damage follows no rule
        if isinstance(error, OSError) and error.errno:
            raise
        raise DatasetError(
            f"{path.name} is not a readable Parquet file: {(str(error).splitlines() or ['damaged'])[0]}",
            hint="write it again, for example with pandas: frame.to_parquet('file.parquet')",
        ) from error
    at = id_column_of([str(c) for c in frame.columns], named=id_columns, keep=keep)
    if at is None and isinstance(frame.index, pd.MultiIndex):
        raise DatasetError(
            f"{path.name} has an index of several levels", hint="name the item of every row in one column, item_id"
        )
    return _table(frame, path.name, array=array, at=at, keep=keep, parts=parts)


def _delimiter(header: str, own: str) -> str:
    def known(delimiter: str) -> tuple[int, int]:
        return known_columns(next(csv.reader([header], delimiter=delimiter), []), Choice()), header.count(delimiter)

    return max((own, *(d for d in ",;\t" if d != own)), key=known)


def _is_header(names: list[str], keep: Collection[str]) -> bool:
    """Whether a first line names columns: it has words beside the first cell, names of classes, or it counts."""
    if names[:1] and (names[0] in _SET_APART or plays_part(names[0])):
        return True
    rest = names if names[:1] and _number(names[0]) is not None else names[1:]
    values = [_number(name) for name in rest]
    if None in values or not values:
        return True
    counts = np.arange(len(values))
    return any(n in keep for n in (*names, *whole_numbers(rest))) or any(
        np.array_equal(np.array(values), counts + k) for k in (0, 1)
    )


def _columns(
    rows: Iterator[list[str]], width: int, as_text: Collection[int | None], name: str
) -> list[npt.NDArray[np.float64] | list[str]]:
    """Columns of cells: float64 where all of them are numbers or nothing, else the words."""
    parts: list[list[npt.NDArray[np.float64] | list[str]]] = [[] for _ in range(width)]
    n = 0
    while block := list(islice(rows, _BLOCK)):
        if odd := next((k for k, row in enumerate(block, n + 1) if len(row) != width), 0):
            raise DatasetError(
                f"{name}, row {odd}: {len(block[odd - 1 - n])} fields where there should be {width}",
                hint="put a name that holds the delimiter in double quotes; a file that was cut off is written again",
            )
        n += len(block)
        for k, cells in enumerate(zip(*block, strict=True)):
            numbers = None if k in as_text else _numbers(cells)
            parts[k].append(list(cells) if numbers is None else numbers)
    if not n:
        raise DatasetError(f"{name} has no rows", hint="it needs a line of column names and one row per item")
    return [_joined(part) for part in parts]


def _joined(parts: list[npt.NDArray[np.float64] | list[str]]) -> npt.NDArray[np.float64] | list[str]:
    numbers = [p for p in parts if isinstance(p, np.ndarray)]
    if len(numbers) == len(parts):
        return np.concatenate(numbers)
    return [str(v) for part in parts for v in part]


def _numbers(cells: Iterable[object]) -> npt.NDArray[np.float64] | None:
    numbers = [_number(cell) for cell in cells]
    return None if None in numbers else np.array(numbers, dtype=np.float64)


def _number(cell: object) -> float | None:
    if cell is None:
        return math.nan
    try:
        return float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan if str(cell).strip().lower() in _NOTHING else None


def _table(
    frame: pd.DataFrame,
    name: str,
    *,
    array: str,
    at: int | None,
    keep: Collection[str],
    parts: Collection[str | None],
) -> NumberTable:
    names = [str(c) for c in frame.columns]
    ids: list[str] | None = None
    if at is not None:
        ids = texts_of(frame.iloc[:, at], name)
    elif not isinstance(frame.index, pd.RangeIndex) and not _is_count(frame.index):
        ids = texts_of(frame.index, name)
    places = [k for k in range(len(names)) if k != at]
    if ids is None and len(places) > 1 and names[places[0]] in _SET_APART and names[places[1]]:
        # the index that a table was saved with: a count says no more than the order does
        own = frame.iloc[:, places[0]]
        ids = None if _is_count(own) else texts_of(own, name)
        places = places[1:]
    lists = [k for k in places if _holds_lists(frame.iloc[:, k])]
    if lists and (len(lists) == 1 or array in names):
        chosen = names.index(array) if array in names else lists[0]
        return NumberTable(_stacked(frame.iloc[:, chosen], name, names[chosen]), ids, None)
    held = {k: _numeric(frame.iloc[:, k]) for k in places if k not in lists}
    for k in (k for k, numbers in held.items() if numbers is None and names[k] in keep):
        raise DatasetError(
            f"{name}: column {names[k]!r} holds {_first_word(frame.iloc[:, k])!r}, which is no number",
            hint="a class needs a column of numbers with a decimal point, empty where there is none",
        )
    words = [texts_of(frame.iloc[:, k], name) for k, n in held.items() if n is None and _is_text(frame.iloc[:, k])]
    numeric = {k: numbers for k, numbers in held.items() if numbers is not None}
    # a label among the numbers of a vector would give away what the model is to find out
    apart = [k for k in numeric if array == "embeddings" and (plays_part(names[k]) or names[k] in parts)]
    empty = [k for k in numeric if names[k] and names[k] not in keep and np.isnan(numeric[k]).all()]
    passed = sorted({*apart, *empty})
    chosen_columns = [k for k in numeric if k not in passed]
    if not chosen_columns:
        raise DatasetError(
            f"{name} has no column of numbers", hint=f"{array} needs one row of numbers per item, with a decimal point"
        )
    columns = [names[k] for k in chosen_columns]
    return NumberTable(
        np.column_stack([numeric[k] for k in chosen_columns]),
        ids,
        columns if any(columns) else None,
        tuple(words),
        tuple(names[k] for k in passed),
    )


def _numeric(values: pd.Series[Any]) -> npt.NDArray[Any] | None:
    """The column as numbers where all of it is, nothing as NaN; None where it is not."""
    if pd.api.types.is_numeric_dtype(values):
        floats = np.float32 if values.dtype in (np.dtype("f4"), np.dtype("f2")) else np.float64
        return values.to_numpy(dtype=floats, na_value=np.nan)
    if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
        return _numbers(None if v is pd.NA else v for v in values)
    return None


def _first_word(values: pd.Series[Any]) -> str:
    return next((str(v)[:40] for v in values if _number(v) is None), "")


def _is_text(values: pd.Series[Any]) -> bool:
    return all(v is None or isinstance(v, str | float) for v in values.astype(object))


def _is_count(values: pd.Series[Any] | pd.Index[Any]) -> bool:
    numbers = _numbers(values)
    return numbers is not None and np.array_equal(numbers, np.arange(len(numbers)))


def _holds_lists(values: pd.Series[Any]) -> bool:
    first = next((v for v in values if v is not None), None) if values.dtype == object else None
    return isinstance(first, list | tuple | np.ndarray)


def _stacked(values: pd.Series[Any], name: str, column: str) -> npt.NDArray[np.float64]:
    """Lists of one length as rows; NaN throughout where an item has none."""
    d = next(len(v) for v in values if v is not None)
    nothing = np.full(d, np.nan)
    try:
        return np.stack([nothing if v is None else np.asarray(v, dtype=np.float64) for v in values])
    except (ValueError, TypeError) as error:
        raise DatasetError(
            f"{name}: the lists in column {column!r} are not numbers of one length",
            hint="every row needs as many numbers, or nothing where an item has none",
        ) from error
