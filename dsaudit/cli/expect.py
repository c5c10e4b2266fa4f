"""dsaudit expect RUN."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def expect(
    run: o.Run,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="TOOL", help="pandera (a file of Python) or great-expectations. [pandera]"),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="[expected.py or expected.json]")
    ] = None,
    margin: Annotated[
        float, typer.Option("--margin", metavar="SHARE", help="Widen ranges at either end by this part of their span.")
    ] = 0.25,
    force: o.Force = False,
    format: Annotated[str, o.format_option()] = "text",
) -> None:
    """Write what holds of an audited table, so that tomorrow's is checked in a pipeline.

    Types, missing values, closed sets of values, ranges, forms, keys, and what one column tells of another: by the
    cells that the audit did not name as wrong. The tool need not be installed to write its file.
    """
    from dsaudit.api import expect as write
    from dsaudit.api import open_run
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    opened = open_run(run)
    path, made = write(opened, output=output, to=to, margin=margin, force=force)
    if format == "json":
        typer.echo(to_json({"run": place_of_run(opened), "file": str(path.absolute()), "n_expectations": made.n}))
        return
    typer.echo(f"{made.n} expectations by {opened.kind.nouns.some(opened.meta.n_items)}  {path}")
    for line in made.said:
        typer.echo(line.replace("{}", str(path)))
