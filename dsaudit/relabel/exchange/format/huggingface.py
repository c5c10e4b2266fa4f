"""Parquet with the features of Hugging Face's ``datasets``: files in the table, labels as classes with names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.remote import is_away
from dsaudit.dataset.segment import file_and_segment
from dsaudit.relabel.exchange.hub import by_split, copied, describe, new_folder, said_of, typed, with_features
from dsaudit.relabel.exchange.outgoing import Written, content_columns, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "huggingface", True
_BATCH_BYTES = 1 << 26
_CUT = ".cut"


def write(out: Outgoing) -> Written:
    """A folder with a Parquet file for each split."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = out.kind
    content = {} if kind.feature else content_columns(out)
    columns = table_of(out, content, cut=True)
    problems: list[tuple[str, str]] = []
    table, features = typed(columns, out)
    if kind.feature:
        features = {kind.name: {"_type": kind.feature}, **features}
    files: dict[str, str] = {}
    with new_folder(out) as folder:
        (folder / "data").mkdir()
        paths = _files(out, folder / _CUT, problems) if kind.feature else []
        for split, places in by_split(out.items).items():
            files[split] = f"data/{split}-00000-of-00001.parquet"
            writer = None
            try:
                for batch in _batches(places, paths):
                    part = table.take(pa.array(batch))
                    if kind.feature:
                        cells = pa.array([_cell(paths[k], problems) for k in batch], _file_type())
                        part = part.add_column(0, kind.name, cells)
                    part = with_features(part, features)
                    writer = writer or pq.ParquetWriter(folder / files[split], part.schema)
                    writer.write_table(part)
            finally:
                if writer is not None:
                    writer.close()
        shutil.rmtree(folder / _CUT, ignore_errors=True)
        describe(folder, files)
    return Written(said_of(out, problems))


def _file_type() -> pa.DataType:
    import pyarrow as pa

    return pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def _files(out: Outgoing, folder: Path, problems: list[tuple[str, str]]) -> list[tuple[str, Path | None]]:
    """What each item's file is called, and the file; items that are no file of their own are made one first."""
    cut = [item for item in out.items if file_and_segment(item.uri)[1] is not None or is_away(item.uri)]
    where: dict[str, Path] = {}
    if cut:
        folder.mkdir()
        grown = copied(out, folder, cut)
        where = {item_id: folder / path for item_id, path in grown.paths.items()}
        problems += grown.problems
    parts = {item.item_id for item in cut}
    return [
        (item.item_id, where.get(item.item_id) if item.item_id in parts else Path(file_and_segment(item.uri)[0]))
        for item in out.items
    ]


def _batches(places: Sequence[int], paths: Sequence[tuple[str, Path | None]]) -> Iterator[list[int]]:
    """Places of items whose files together are not too large to be held."""
    if not paths:
        yield [*places]
        return
    batch: list[int] = []
    n_bytes = 0
    for place in places:
        path = paths[place][1]
        batch.append(place)
        n_bytes += path.stat().st_size if path is not None and path.is_file() else 0
        if n_bytes > _BATCH_BYTES:
            yield batch
            batch, n_bytes = [], 0
    if batch:
        yield batch


def _cell(file: tuple[str, Path | None], problems: list[tuple[str, str]]) -> dict[str, Any] | None:
    item_id, path = file
    if path is None:
        return None
    try:
        return {"bytes": path.read_bytes(), "path": path.name}
    except OSError as error:
        problems.append((item_id, (error.strerror or str(error)).lower()))
        return None
