"""What items are like from moment to moment, kept by content beside the measurements of the same reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt
    import pyarrow as pa

    from dsaudit.media.base import Media
    from dsaudit.store.cache import Cache

COURSE_FIELDS = ("frames", "n_bands")
"""Columns of the cache: an array's bytes, and its number of columns."""


def kind_of_courses(media: Media) -> str:
    """Where the cache keeps courses, by content hash."""
    return f"{media.modality}-courses-{media.measure_version}"


def keep_courses(cache: Cache, media: Media, content_hashes: pa.ChunkedArray, courses: pa.StructArray) -> None:
    """Add courses to the cache, null where an item has none."""
    import pandas as pd

    there = courses.is_valid()
    keys = pd.Index(content_hashes.filter(there).to_pylist(), dtype=object)
    kept = courses.filter(there)
    table = pd.DataFrame({f: kept.field(f).to_pandas().to_numpy(dtype=object) for f in COURSE_FIELDS}, index=keys)
    table["n_bands"] = table["n_bands"].astype(np.int64)
    cache.add_rows(kind_of_courses(media), table[~table.index.duplicated()])


def courses_of(cache: Cache, media: Media, content_hashes: Collection[str]) -> dict[str, npt.NDArray[np.uint8]]:
    """Courses, uint8 arrays (n_frames, n_bands), of those contents that have one; see ``Reading.course``."""
    table = cache.rows(kind_of_courses(media), keys=set(content_hashes))
    if not len(table):
        return {}
    return {
        str(key): np.frombuffer(frames, dtype=np.uint8).reshape(-1, n_bands)
        for key, frames, n_bands in zip(table.index, table["frames"], table["n_bands"], strict=True)
    }
