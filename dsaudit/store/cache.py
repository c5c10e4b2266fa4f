"""The cache: rows by content hash, and results of whole-dataset stages by everything that went in.

Layout::

    <kind>/<n>-<pid>.parquet      rows keyed by content hash, appended in segments
    stage/<name>-<key>.parquet    one table each
    part/<name>-<key>.parquet     what is done of a stage that is under way, or that is read sooner than done
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.errors import StoreError
from dsaudit.store.files import frame_to_parquet, read_parquet, write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

_MAX_SEGMENTS = 24
LONG_S = 5.0
"""Seconds from which it is worth keeping a part of a stage."""


class Cache:
    """Results that would be dear to compute again, keyed by content. Deleting it loses only time.

    Damaged or foreign files are ignored and rewritten: a cache must never be why an audit fails.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> cache = Cache(Path("cache"))
    >>> cache.put_vectors("log-mel", {"0a7c": np.array([1.0, 2.0], dtype=np.float32)})
    >>> cache.get_vectors("log-mel", ["0a7c", "9f3e"])
    {'0a7c': array([1., 2.], dtype=float32)}
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, kind: str, *, keys: Collection[str] | None = None) -> pd.DataFrame:
        """Everything stored under ``kind``, or those of ``keys``, indexed by key; the newest row wins."""
        import pandas as pd

        folder = self.path / kind
        segments = sorted(folder.glob("[0-9]*.parquet")) if folder.is_dir() else []
        many = len(segments) > _MAX_SEGMENTS
        frames = []
        for segment in segments:
            if (frame := read_parquet(segment)) is not None:
                frames.append(frame if keys is None or many else frame[frame.index.isin(list(keys))])
        if not frames:
            return pd.DataFrame(index=pd.Index([], dtype=object, name="key"))
        table = frames[0] if len(frames) == 1 else pd.concat([f for f in frames if len(f)] or frames[:1])
        table = table[~table.index.duplicated(keep="last")]
        if many:
            with contextlib.suppress(StoreError):
                frame_to_parquet(table, self._next(folder))
                for segment in segments:
                    with contextlib.suppress(OSError):  # another audit may be reading it
                        segment.unlink()
        return table if keys is None else table[table.index.isin(list(keys))]

    def add_rows(self, kind: str, table: pd.DataFrame) -> None:
        """Append rows indexed by key as one segment; it is there whole or not at all."""
        if len(table):
            folder = self.path / kind
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
            frame_to_parquet(table.rename_axis("key"), self._next(folder))

    def get_vectors(self, kind: str, keys: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Those of ``keys`` that have a vector under ``kind``."""
        import numpy as np

        table = self.rows(kind, keys=set(keys))
        return {str(k): np.frombuffer(v, dtype="<f4") for k, v in table["vector"].items()} if len(table) else {}

    def put_vectors(self, kind: str, vectors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Store vectors by key as one segment."""
        import pandas as pd

        data = [v.astype("<f4").tobytes() for v in vectors.values()]
        self.add_rows(kind, pd.DataFrame({"vector": data}, index=pd.Index(list(vectors), dtype=object)))

    def has_stage(self, name: str, key: str) -> bool:
        """Whether a table was kept for ``key``."""
        return (self.path / "stage" / f"{name}-{key}.parquet").exists()

    def stage(self, name: str, key: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The table computed for ``key`` before, or computed now and kept. ``attrs`` are kept with it."""
        path = self.path / "stage" / f"{name}-{key}.parquet"
        if path.exists() and (kept := read_parquet(path)) is not None:
            return kept
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        frame_to_parquet(compute(), path)
        kept = read_parquet(path)  # a table that was written has other types than one that was not
        return compute() if kept is None else kept

    def part(self, name: str, key: str) -> pa.Table | None:
        """What was kept of a stage for ``key``; None where there is nothing, or it is damaged."""
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table

        path = self.path / "part" / f"{name}-{key}.parquet"
        try:
            return read_table(path, page_checksum_verification=True) if path.exists() else None
        except (ArrowException, OSError):
            return None

    def keep_part(self, name: str, key: str, table: pa.Table) -> None:
        """Keep a finished part of a stage; it is there whole or not at all."""
        from pyarrow.parquet import write_table

        path = self.path / "part" / f"{name}-{key}.parquet"
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, lambda at: write_table(table, at, compression="zstd", write_page_checksum=True))

    def drop_parts(self, name: str, key: str) -> None:
        """Forget those whose keys begin so: their stage is done."""
        for path in (self.path / "part").glob(f"{name}-{key}*.parquet"):
            path.unlink(missing_ok=True)

    @staticmethod
    def _next(folder: Path) -> Path:
        """Name of a new segment, which sorts behind the others and is no other process's."""
        number = 1 + max((int(p.stem.partition("-")[0]) for p in folder.glob("[0-9]*.parquet")), default=0)
        return folder / f"{number:08d}-{os.getpid()}.parquet"


@dataclass(frozen=True, slots=True)
class KeptParts:
    """Tables that a stage is made of, kept until it is done: a run that is killed goes on behind the last of them.

    Attributes
    ----------
    cache : Cache
    name : str
        Of the stage.
    key : str
        Everything that it depends on; empty: nothing is kept, as nothing is that took less than ``LONG_S``.
    """

    cache: Cache
    name: str
    key: str

    def __call__(self, at: int, made: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The table of a part, as it was kept, or made now."""
        import pyarrow as pa

        key = f"{self.key}-{at}"
        if self.key and (kept := self.cache.part(self.name, key)) is not None:
            table: pd.DataFrame = kept.to_pandas()
            return table
        began = time.monotonic()
        table = made()
        if self.key and time.monotonic() - began >= LONG_S:
            self.cache.keep_part(self.name, key, pa.Table.from_pandas(table))
        return table

    def drop(self) -> None:
        """Forget them: the stage is done."""
        self.cache.drop_parts(self.name, self.key)
