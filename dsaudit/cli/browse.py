"""dsaudit browse DATASET."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def browse(
    dataset: o.Source,
    per_class: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Items drawn from each class.")] = 12,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The HTML file. [browse.html beside the runs]")
    ] = None,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Look at your data first: a contact sheet with a random sample of every class, with players."""
    from dsaudit.api import browse as make_sheet
    from dsaudit.cli.render import bars, place_near
    from dsaudit.store.files import to_json

    sheet = make_sheet(dataset, output=output, per_class=per_class, progress=bars(), **settings)
    if format == "json":
        typer.echo(to_json({"run": place_near(dataset), "page": str(sheet.absolute())}))
        return
    typer.echo(str(sheet))
    typer.echo(f"Open     {sheet.absolute().as_uri()}")
