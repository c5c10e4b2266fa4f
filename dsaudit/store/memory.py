"""Memory that the system gets back: what is free, and large arrays that lie in files."""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import os
import sys
import tempfile
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

MAPPED_FROM = 2**26
"""Bytes from which an array lies in a file, and is read where it is looked at."""
_MAPS: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def on_disk(path: Path) -> npt.NDArray[Any]:
    """The array of a NumPy file, which stays there."""
    import numpy as np

    return _known(np.lib.format.open_memmap(path, mode="r"))


def room(shape: tuple[int, ...], dtype: npt.DTypeLike, *, folder: Path) -> npt.NDArray[Any]:
    """An array to be filled: a large one in a file without a name, where the folder has room for it.

    Examples
    --------
    >>> from pathlib import Path
    >>> room((2, 3), "float32", folder=Path()).shape
    (2, 3)
    """
    import numpy as np

    kind = np.dtype(dtype)
    n_bytes = math.prod(shape) * kind.itemsize
    if n_bytes >= MAPPED_FROM and hasattr(os, "posix_fallocate"):
        with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, n_bytes)  # a full disk shows here, and not when it is filled
            return _known(np.memmap(file, dtype=kind, mode="r+", shape=shape))
    return np.empty(shape, dtype=kind)


def let_go(array: npt.NDArray[Any]) -> None:
    """Give the memory back that pages of a file take which an array is mapped from: they return when looked at."""
    if (held := _map_of(array)) is not None:
        _drop_pages(held)


def give_back() -> None:
    """Give the system what was used and is free, which libraries keep for later, and pages of files: between steps."""
    for held in list(_MAPS):
        _drop_pages(held)
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    if (trim := _malloc_trim()) is not None:
        trim(0)


def _known(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if (held := _map_of(array)) is not None:
        _MAPS.add(held)
    return array


def _drop_pages(held: mmap.mmap) -> None:
    if sys.platform != "win32":
        held.madvise(mmap.MADV_DONTNEED)


def _map_of(array: npt.NDArray[Any]) -> mmap.mmap | None:
    import numpy as np

    held: Any = array
    while isinstance(held, np.ndarray):
        held = held.base
    return held if isinstance(held, mmap.mmap) else None


def _malloc_trim() -> Any:
    """Of the GNU C library; None with another."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
