"""Objects of Hugging Face's ``datasets`` as DataFrames, without importing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.embedded import EMBEDDED, class_names, holds_bytes, named_classes, put_into_files
from dsaudit.dataset.names import made_unique
from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import pyarrow as pa

_MEMBERS = ("features", "select_columns", "with_format")
_SPLIT = "split"


class HubTable:
    """The rows of a ``datasets.Dataset`` as they are stored: nothing is decoded."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.schema_arrow: pa.Schema = dataset.features.arrow_schema

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """See ``ArrowTable``."""
        return self._plain(self.schema_arrow.names if columns is None else columns)[:]

    def iter_batches(self, batch_size: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See ``ArrowTable``."""
        for rows in self._plain(columns).iter(batch_size=batch_size):
            yield from rows.to_batches()

    def _plain(self, columns: Sequence[str]) -> Any:
        return self._dataset.select_columns([*columns]).with_format("arrow")


def is_of_hub(source: object) -> bool:
    """Whether something is a ``Dataset`` or a ``DatasetDict``."""
    parts = list(source.values()) if isinstance(source, Mapping) else [source]
    return bool(parts) and all(hasattr(part, name) for part in parts for name in _MEMBERS)


def frame_of(source: Any) -> pd.DataFrame:
    """The rows of a ``Dataset``, or of the splits of a ``DatasetDict``, with the names of their classes.

    Items whose bytes lie in it are put into files once, in ``.dsaudit/embedded`` below the working folder.

    Raises
    ------
    UsageError
        It is a stream, of which rows cannot be read again.
    DatasetError
        The files cannot be written.
    """
    import pandas as pd

    parts = source if isinstance(source, Mapping) else {"": source}
    frames, items = [], list[str]()
    for split, part in parts.items():
        if not hasattr(part, "__len__"):
            raise UsageError("a stream of rows is no dataset", hint="load it without streaming=True")
        table, columns = HubTable(part), dict[str, Sequence[object]]()
        schema = table.schema_arrow
        for column in schema.names:
            if holds_bytes(schema, column):
                folder = Path.cwd() / EMBEDDED / str(part._fingerprint)
                columns[column], names = put_into_files(table, column, folder, "the dataset")
                items += names
                continue
            cells = table.read([column]).column(0).to_pylist()
            classes = class_names(schema, column)
            columns[column] = cells if classes is None else named_classes(cells, classes)
        if split and _SPLIT not in columns:
            columns[_SPLIT] = [str(split)] * len(part)
        frames.append(pd.DataFrame({name: pd.Series([*cells], dtype=object) for name, cells in columns.items()}))
    frame = pd.concat(frames, ignore_index=True)
    if len(items) == len(frame):
        frame.index = pd.Index(made_unique(items)[0], name="item_id", dtype=object)
    return frame
