"""Manifests as Parquet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.embedded import EMBEDDED, class_names, holds_bytes, put_into_files
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import unreadable
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsaudit.dataset.columns import Choice


_NAME = "name of the item"


def read_parquet(path: Path, choice: Choice) -> Table:
    """Read a Parquet manifest; only the columns that play a part are read.

    Raises
    ------
    DatasetError
        Not Parquet, damaged, or no known column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as file:
            parquet = pq.ParquetFile(file)
            names = parquet.schema_arrow.names
            roles = resolved(
                names, choice, where=path.name, cells=lambda name: parquet.read(columns=[name]).column(0).to_pylist()
            )
            # A column is asked for by name, so a nested one comes whole and is refused cell by cell.
            own = [name for name in roles.columns if name != roles.path or not holds_bytes(parquet.schema_arrow, name)]
            table = parquet.read(columns=own)
            columns: dict[str, Sequence[object]] = {name: table.column(name).to_pylist() for name in own}
            if roles.path not in own:
                columns[roles.path], items = put_into_files(parquet, roles.path, path)
                roles = replace(
                    roles, notes=(*roles.notes, f"the files in {path.name} are put into {EMBEDDED} beside it")
                )
                if roles.id is None:
                    columns[_NAME], roles = items, replace(roles, id=_NAME, id_is_firm=True)
    except pa.ArrowException as error:
        raise DatasetError(
            f"{path.name} is not a readable Parquet file: {str(error).splitlines()[0]}",
            hint="write it again, for example with pandas: df.to_parquet('manifest.parquet')",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if roles.label is not None and (classes := class_names(parquet.schema_arrow, roles.label)):
        columns[roles.label] = [_named(cell, classes) for cell in columns[roles.label]]
        said = f"the numbers in column {roles.label!r} are read as the names that {path.name} gives them"
        roles = replace(roles, notes=(*roles.notes, said))
    return Table(
        "parquet", path.name, roles, columns, range(1, parquet.metadata.num_rows + 1), "row", "a Parquet table"
    )


def _named(cell: object, classes: Sequence[str]) -> object:
    """The name behind a number; -1 stands for no label."""
    if not isinstance(cell, int):
        return cell
    return None if cell == -1 else classes[cell] if 0 <= cell < len(classes) else cell
