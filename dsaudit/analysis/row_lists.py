"""Columns that hold a list in each cell, taken apart without an object for each.

A million lists of ten names are ten million numbers where Arrow holds them as lists of categories; as cells of objects
they take a gigabyte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa


def column_of_lists(rows: npt.NDArray[Any], *, names: pd.Index | None = None) -> Any:
    """The rows of an array (n, k) as a column, of numbers, or of ``names`` at those places.

    Returns
    -------
    ExtensionArray of n lists of k values.

    Examples
    --------
    >>> import pandas as pd
    >>> pd.Series(column_of_lists(np.array([[1], [0]], dtype=np.int32), names=pd.Index(["a", "b"]))).tolist()
    [['b'], ['a']]
    """
    import pyarrow as pa

    n, k = rows.shape
    values = pa.array(rows.ravel())
    if names is not None:
        values = pa.DictionaryArray.from_arrays(values, pa.array(names.astype(object), type=pa.large_string()))
    starts = np.arange(n + 1, dtype=np.int64) * k
    return pd.arrays.ArrowExtensionArray(pa.LargeListArray.from_arrays(pa.array(starts), values))


def values_of_lists(lists: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Length of each list, int64 (n,), 0 where a cell holds none, and the values of all of them after each other.

    Examples
    --------
    >>> lengths, values = values_of_lists(pd.Series([[0.5, 1.0], None, [2.0]], dtype=object))
    >>> lengths.tolist(), values.tolist()
    ([2, 0, 1], [0.5, 1.0, 2.0])
    """
    held = _held(lists)
    if held is None:
        cells = [cell if isinstance(cell, list | tuple | np.ndarray) else () for cell in lists]
        lengths = np.array([len(cell) for cell in cells], dtype=np.int64)
        return lengths, np.array([value for cell in cells for value in cell])
    return _lengths(held), held.flatten().to_numpy(zero_copy_only=False)


def places_of_lists(lists: pd.Series[Any], index: pd.Index[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Length of each list of names, int64 (n,), and where in ``index`` all of their names stand; -1 for nowhere.

    Examples
    --------
    >>> lengths, places = places_of_lists(pd.Series([["b", "x"], ["a"]], dtype=object), pd.Index(["a", "b"]))
    >>> lengths.tolist(), places.tolist()
    ([2, 1], [1, -1, 0])
    """
    held = _held(lists)
    values = None if held is None else held.flatten()
    if held is None or values is None or not hasattr(values, "dictionary"):
        lengths, names = values_of_lists(lists)
        return lengths, index.get_indexer(pd.Index(names, dtype=object)).astype(np.int64, copy=False)
    names = np.array(values.dictionary.to_pylist(), dtype=object)
    place = index.get_indexer(pd.Index(names, dtype=object))
    return _lengths(held), place[values.indices.to_numpy(zero_copy_only=False)].astype(np.int64, copy=False)


def as_rows(lengths: npt.NDArray[np.int64], values: npt.NDArray[Any], *, width: int, nothing: Any) -> npt.NDArray[Any]:
    """Lists as rows of an array (n, width): longer ones are cut, shorter ones end with ``nothing``.

    Examples
    --------
    >>> as_rows(np.array([2, 0, 1]), np.array([5, 6, 7]), width=2, nothing=-1).tolist()
    [[5, 6], [-1, -1], [7, -1]]
    """
    if (lengths == width).all():
        return values.reshape(len(lengths), width)
    starts = np.cumsum(lengths) - lengths
    column = np.arange(len(values)) - np.repeat(starts, lengths)
    row, kept = np.repeat(np.arange(len(lengths)), lengths), column < width
    rows = np.full((len(lengths), width), nothing, dtype=values.dtype if len(values) else np.asarray(nothing).dtype)
    rows[row[kept], column[kept]] = values[kept]
    return rows


def _held(lists: pd.Series[Any]) -> pa.LargeListArray | None:
    """What Arrow holds; None for cells of objects."""
    if not isinstance(lists.dtype, pd.ArrowDtype):
        return None
    import pyarrow as pa

    made = pa.array(lists)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _lengths(held: pa.LargeListArray) -> npt.NDArray[np.int64]:
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(pc.list_value_length(held), 0).to_numpy(zero_copy_only=False), dtype=np.int64)
