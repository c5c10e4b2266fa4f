"""A table for Renumics Spotlight: paths of files, what was found, and embeddings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dsaudit.errors import UsageError
from dsaudit.relabel.exchange.hub import array_of
from dsaudit.relabel.exchange.outgoing import Written, content_columns, table_of
from dsaudit.store.files import write_new

if TYPE_CHECKING:
    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "spotlight.parquet", True


def write(out: Outgoing) -> Written:
    """A Parquet file; the columns that are no plain values, and their types, are said.

    Raises
    ------
    UsageError
        Its name says that it is something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if out.path.suffix.lower() != ".parquet":
        raise UsageError(f"{out.path} would not be read as Parquet", hint="name a file that ends in .parquet")

    columns = {name: array_of(cells) for name, cells in table_of(out, content_columns(out)).items()}
    types = {out.kind.name: out.kind.feature} if out.kind.feature else {}
    vectors = out.run.embeddings
    if len(vectors):
        found = vectors.reindex([item.item_id for item in out.items])
        rows = [
            None if missing else row for row, missing in zip(found.to_numpy(), found.isna().any(axis=1), strict=True)
        ]
        columns["embedding"] = pa.array(rows, pa.list_(pa.float32()))
        types["embedding"] = "Embedding"
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    write_new(out.path, sink.getvalue().to_pybytes(), force=out.force)
    file = json.dumps(str(out.path))
    return Written(
        [
            f"{len(out.items):,} items  {out.path}",
            f"look       spotlight.show({file}, dtype={json.dumps(types)})",
        ]
    )
