"""Rows of a table a batch at a time, so that memory stays bounded whatever its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.store.memory import let_go

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
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
