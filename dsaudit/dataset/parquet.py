"""Manifests as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import unreadable
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.dataset.columns import Choice


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
            table = parquet.read(columns=list(roles.columns))
    except pa.ArrowException as error:
        raise DatasetError(
            f"{path.name} is not a readable Parquet file: {str(error).splitlines()[0]}",
            hint="write it again, for example with pandas: df.to_parquet('manifest.parquet')",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    columns = {name: table.column(name).to_pylist() for name in roles.columns}
    return Table("parquet", path.name, roles, columns, range(1, table.num_rows + 1), "row", "a Parquet table")
