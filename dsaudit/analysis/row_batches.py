"""Rows of a table a batch at a time, so that memory stays bounded whatever its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def batches(n: int, columns: int, *, cells: int) -> Iterator[slice]:
    """Slices that cover ``n`` rows in order, of at most ``cells`` cells or one row each.

    Examples
    --------
    >>> list(batches(5, columns=10, cells=20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    step = max(1, cells // max(1, columns))
    return (slice(start, start + step) for start in range(0, n, step))
