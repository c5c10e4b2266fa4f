"""Manifests as Parquet, or as Arrow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dsaudit.dataset.columns import resolved
from dsaudit.dataset.conversation import may_be_plain, plain_columns
from dsaudit.dataset.embedded import class_names, holds_bytes, named_classes, named_in, places_in
from dsaudit.dataset.lance import LANCE
from dsaudit.dataset.remote import table_at
from dsaudit.dataset.table import Table
from dsaudit.dataset.text import unreadable
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from dsaudit.dataset.arrow import ArrowTable
    from dsaudit.dataset.columns import Choice

_NAME = "name of the item"


def read_parquet(path: Path, choice: Choice) -> Table:
    """Read a Parquet or Arrow manifest, or a Lance dataset; only the columns that play a part are read.

    Raises
    ------
    DatasetError
        Neither, damaged, or no known column.
    """
    import pyarrow as pa

    try:
        with table_at(path) as parquet:
            schema = parquet.schema_arrow
            within = [name for name in schema.names if may_be_plain(name, _fields(schema.field(name).type))]
            made = plain_columns(_columns(parquet, [*within, *{"label"}.intersection(schema.names)])) if within else {}
            names = [name for name in schema.names if name not in within or name in made]
            names += [name for name in made if name not in names]
            roles = resolved(
                names,
                choice,
                where=path.name,
                cells=lambda name: (
                    made[name]
                    if name in made
                    else named_in(parquet, name)
                    if holds_bytes(schema, name)
                    else _columns(parquet, [name])[name]
                ),
            )
            own = [name for name in roles.columns if name != roles.path or not holds_bytes(schema, name)]
            # A column is asked for by name, so a nested one comes whole and is refused cell by cell.
            columns = _columns(parquet, [name for name in own if name not in made]) | made
            columns = {name: columns[name] for name in own}
            if roles.path not in own:
                columns[roles.path], items = places_in(parquet, roles.path, path.name)
                if roles.id is None:
                    columns[_NAME], roles = items, replace(roles, id=_NAME, id_is_firm=True)
    except pa.ArrowException as error:
        raise DatasetError(
            f"{path.name} is not a readable {_format(path)} file: {str(error).splitlines()[0]}",
            hint="write it again, for example with pandas: df.to_parquet('manifest.parquet')",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if roles.label is not None and (classes := class_names(schema, roles.label)):
        columns[roles.label] = named_classes(columns[roles.label], classes)
        said = f"the numbers in column {roles.label!r} are read as the names that {path.name} gives them"
        roles = replace(roles, notes=(*roles.notes, said))
    numbers = range(1, len(columns[roles.path]) + 1)
    called = _format(path)
    source = "parquet" if path.suffix.lower() != LANCE else "folder"
    return Table(source, path.name, roles, columns, numbers, "row", f"a{'n' * (called[0] == 'A')} {called} table")


def _format(path: Path) -> str:
    return {".arrow": "Arrow", LANCE: "Lance"}.get(path.suffix.lower(), "Parquet")


def _fields(kind: pa.DataType) -> list[str]:
    """Names of what the objects in a column hold; none of other columns."""
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    return [kind.field(k).name for k in range(kind.num_fields)] if pa.types.is_struct(kind) else []


def _columns(parquet: ArrowTable, names: Sequence[str]) -> dict[str, Sequence[object]]:
    table = parquet.read(columns=[*names])
    return {name: table.column(name).to_pylist() for name in names}
