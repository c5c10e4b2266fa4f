"""Folders of files with a table beside them, as ``datasets`` reads with its audiofolder and imagefolder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.errors import UsageError
from dsaudit.relabel.exchange.hub import by_split, copied, describe, new_folder, said_of, typed, value_of, with_features
from dsaudit.relabel.exchange.outgoing import Written, columns_of

if TYPE_CHECKING:
    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "huggingface-folder", True


def write(out: Outgoing) -> Written:
    """A folder for each split, in it the files by label and ``metadata.parquet``.

    Parquet rather than CSV or JSON lines: of these a class called ``NA`` or ``007``, and a column that is empty in one
    split, are read as something else, and classes have no names.

    Raises
    ------
    UsageError
        The items are no files that such a folder may hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not out.kind.feature:
        raise UsageError(
            f"{out.kind.nouns.many} are no files that a folder of files is read from",
            hint="--to huggingface writes them as Parquet",
        )
    table, features = typed(columns_of(out, cut=True), out)
    features = {"file_name": value_of(pa.string()), **features}
    problems: list[tuple[str, str]] = []
    files: dict[str, str] = {}
    with new_folder(out) as folder:
        for split, places in by_split(out.items).items():
            (folder / split).mkdir()
            grown = copied(out, folder / split, [out.items[k] for k in places])
            problems += grown.problems
            files[split] = f"{split}/**"
            kept = [k for k in places if out.items[k].item_id in grown.paths]
            names = pa.array([grown.paths[out.items[k].item_id] for k in kept], pa.string())
            rows = table.take(pa.array(kept, pa.int64())).add_column(0, "file_name", names)
            pq.write_table(with_features(rows, features), folder / split / "metadata.parquet")
        describe(folder, files)
    return Written(said_of(out, problems))
