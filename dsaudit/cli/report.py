"""dsaudit report RUN."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def report(
    run: o.Run,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The file; default: the run's own HTML, stdout for the rest."
        ),
    ] = None,
    format: Annotated[str, o.report_format("html")] = "html",
    *,
    settings: dict[str, Any],
) -> None:
    """Make the report of a finished run again, or give what it found in another format."""
    from dsaudit.api import open_run, render_report
    from dsaudit.cli.render import bars, show_run, write_outputs

    opened = open_run(run)
    if format == "html":
        typer.echo(str(render_report(opened, output=output, progress=bars(), **settings)))
    elif output is not None:
        write_outputs(opened, {output: format})
        typer.echo(output)
    else:
        show_run(opened, format, full=True)
