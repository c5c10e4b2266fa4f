"""dsaudit inspect DATASET."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def inspect(
    dataset: o.SourceOrQuery = None,
    write: Annotated[
        str | None,
        typer.Option("--write", metavar="FILE", help="Keep the understanding as settings, as in: dsaudit.toml."),
    ] = None,
    format: Annotated[str, o.format_option()] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    *,
    settings: dict[str, Any],
) -> None:
    """How a dataset is understood: layout, columns, classes, splits, groups, what was guessed. Decodes nothing."""
    from dsaudit.api import inspect as look

    found = look(dataset, write=write, **settings)
    if as_json or format == "json":
        from dsaudit.store.files import to_json
        from dsaudit.store.schema.shape import plain

        typer.echo(to_json(plain(found)))
        return
    from dsaudit.cli.render import show_inspection

    show_inspection(found, written=write)
