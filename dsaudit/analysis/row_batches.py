"""Rows of a table a batch at a time, so that memory stays bounded whatever its size."""

from __future__ import annotations

import mmap
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt


def batches(n: int, columns: int, *, cells: int, of: npt.NDArray[np.generic] | None = None) -> Iterator[slice]:
    """Slices that cover ``n`` rows in order, of at most ``cells`` cells or one row each; behind each, what is looked at
    of an array ``of`` a file is let go.

    Examples
    --------
    >>> list(batches(5, columns=10, cells=20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    step = max(1, cells // max(1, columns))
    for start in range(0, n, step):
        yield slice(start, start + step)
        if of is not None:
            let_go(of)


def let_go(array: npt.NDArray[np.generic]) -> None:
    """Give the memory back that pages of a file take which an array is mapped from: they return when looked at."""
    held: Any = array
    while isinstance(held, np.ndarray):
        held = held.base
    if isinstance(held, mmap.mmap) and sys.platform != "win32":
        held.madvise(mmap.MADV_DONTNEED)
