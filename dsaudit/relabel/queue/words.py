"""Words of a column, and where each stands, without an object for each of millions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt


_AT_ONCE = 16_384


def texts(values: Any) -> list[str | None]:
    """A column as a list, what is no text as None. By way of an array: a column of Arrow's strings is slow to walk."""
    return [v if isinstance(v, str) else None for v in np.asarray(values, dtype=object).tolist()]


def table_of(columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """Arrays side by side as they are: objects stay objects, which are put in order four times as fast as Arrow's
    strings.

    Examples
    --------
    >>> table_of({"rule": np.array(["LBL001"], dtype=object)})["rule"].dtype
    dtype('O')
    """
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype, copy=False) for name, values in columns.items()})


class Made(Sequence[str]):
    """``n`` words, each made by its position when it is asked for.

    Examples
    --------
    >>> list(Made(3, "item {}".format))
    ['item 0', 'item 1', 'item 2']
    """

    def __init__(self, n: int, make: Callable[[int], str]) -> None:
        self._n, self._make = n, make

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, k: int) -> str: ...
    @overload
    def __getitem__(self, k: slice) -> list[str]: ...
    def __getitem__(self, k: int | slice) -> str | list[str]:
        here = range(self._n)[k]
        return self._make(here) if isinstance(here, int) else [self._make(j) for j in here]


class Places(Mapping["str", "int"]):
    """Where each word of a column stands first, and ``all`` places of it: twelve bytes a word.

    Words are told apart by 64 bits; where several places have the same ones, and for ``all``, by the word itself.

    Parameters
    ----------
    column : sequence of (str or None)
    parts : iterable of object arrays
        The same, some words at a time.

    Examples
    --------
    >>> column = ["a", "b", "a", None]
    >>> places = Places(column, [np.array(column, dtype=object)])
    >>> places["b"], places.all("a"), "c" in places
    (1, [0, 2], False)
    """

    def __init__(self, column: Sequence[str | None], parts: Iterable[npt.NDArray[np.object_]]) -> None:
        self._column = column
        # a little at a time: nothing else runs meanwhile
        found = [_hashes(part[j : j + _AT_ONCE]) for part in parts for j in range(0, len(part), _AT_ONCE)]
        numbers = np.concatenate(found) if found else np.empty(0, np.uint64)
        self._order = np.argsort(numbers).astype(np.uint32)
        numbers.sort()
        self._numbers = numbers

    def all(self, word: str) -> list[int]:
        """Places of a word, in order."""
        return [k for k in self._alike(word) if self._column[k] == word]

    def __getitem__(self, word: str) -> int:
        found = self._alike(word)
        for k in found:
            if len(found) == 1 or self._column[k] == word:
                return k
        raise KeyError(word)

    def _alike(self, word: str) -> list[int]:
        number = _hashes(np.array([word], dtype=object))[0]
        first, last = (int(np.searchsorted(self._numbers, number, side=side)) for side in ("left", "right"))
        return sorted(self._order[first:last].tolist())

    def __len__(self) -> int:
        return len(self._column)

    def __iter__(self) -> Iterator[str]:
        return (word for word in self._column if word is not None)


def _hashes(column: npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    return np.asarray(pd.util.hash_array(column, categorize=False), dtype=np.uint64)
