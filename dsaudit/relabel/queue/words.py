"""Columns of words of a run's items, by position and by word, without an object for each of millions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

MANY = 200_000
"""Items from which on a word is made when it is asked for, in some microseconds; lists take a hundred bytes a word."""


def texts(values: Any) -> list[str | None]:
    """A column as a list, what is no text as None. By way of an array: a column of Arrow's strings is slow to walk."""
    return [v if isinstance(v, str) else None for v in np.asarray(values, dtype=object).tolist()]


def words(values: Any, *, made: Callable[[str | None], str | None] = lambda word: word) -> Sequence[str | None]:
    """A column by position, what is no text as None; ``made`` is what becomes of each.

    Examples
    --------
    >>> import pandas as pd
    >>> words(pd.Series(["yes", None]))[0]
    'yes'
    """
    held = isinstance(values.dtype, pd.StringDtype) and values.dtype.storage == "pyarrow"
    return Words(values, made=made) if held and len(values) >= MANY else list(map(made, texts(values)))


class Words(Sequence["str | None"]):
    """A column of Arrow's strings, each made when it is asked for."""

    def __init__(self, values: Any, *, made: Callable[[str | None], str | None]) -> None:
        import pyarrow as pa

        self._held: pa.ChunkedArray = pa.chunked_array(values.array.__arrow_array__())
        self._made = made

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, k: int) -> str | None: ...
    @overload
    def __getitem__(self, k: slice) -> list[str | None]: ...
    def __getitem__(self, k: int | slice) -> str | list[str | None] | None:
        if isinstance(k, slice):
            return [self[j] for j in range(*k.indices(len(self)))]
        return self._made(self._held[int(k)].as_py())

    def __iter__(self) -> Iterator[str | None]:
        for chunk in self._held.chunks:
            yield from map(self._made, chunk.to_pylist())


class Places(Mapping["str", "int"]):
    """Where each word of a column stands first, and ``all`` places of it: sixteen bytes a word.

    Examples
    --------
    >>> places = Places(["a", "b", "a", None])
    >>> places["b"], places.all("a"), "c" in places
    (1, [0, 2], False)
    """

    def __init__(self, column: Sequence[str | None]) -> None:
        self._column = column
        found = [_hashes(part) for part in _parts(column, 65_536)]
        numbers = np.concatenate(found) if found else np.empty(0, np.uint64)
        self._order = np.argsort(numbers, kind="stable")
        self._numbers = numbers[self._order]

    def all(self, word: str) -> list[int]:
        """Places of a word, in order."""
        number = _hashes([word])[0]
        first, last = (int(np.searchsorted(self._numbers, number, side=side)) for side in ("left", "right"))
        return [k for k in self._order[first:last].tolist() if self._column[k] == word]

    def __getitem__(self, word: str) -> int:
        if found := self.all(word):
            return found[0]
        raise KeyError(word)

    def __len__(self) -> int:
        return len(self._column)

    def __iter__(self) -> Iterator[str]:
        return (word for word in self._column if word is not None)


def _parts(column: Sequence[str | None], n: int) -> Iterator[list[str | None]]:
    words_left = iter(column)
    while part := list(islice(words_left, n)):
        yield part


def _hashes(column: Sequence[str | None]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.asarray(pd.util.hash_array(np.array(column, dtype=object), categorize=False), dtype=np.uint64)
