"""dsaudit report RUN."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def report(
    run: o.Run,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The HTML file; default: the run's own.")
    ] = None,
    format: Annotated[str, o.format_option("html", help="html writes the file; text or json go to stdout.")] = "html",
    *,
    settings: dict[str, Any],
) -> None:
    """Make the report of a finished run again, or show it here as text or JSON."""
    from dsaudit.api import open_run, render_report
    from dsaudit.cli.render import bars, show_run

    opened = open_run(run)
    if format == "html":
        typer.echo(str(render_report(opened, output=output, progress=bars(), **settings)))
    else:
        show_run(opened, format)
