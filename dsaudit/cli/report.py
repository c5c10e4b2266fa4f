"""dsaudit report RUN."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="report")(report)


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or a dataset or .dsaudit folder with runs.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="The HTML file; default: the run's own.")
    ] = None,
    format: Annotated[str, typer.Option(help="html writes the file; text or json go to stdout.")] = "html",
    report_mb: o.ReportMb = None,
    jobs: o.Jobs = None,
) -> None:
    """Make the report of a finished run again, or show it here as text or JSON."""
    from dsaudit.api import open_run, render_report
    from dsaudit.cli.render import bars, check_format, show_run

    check_format(format, "html")
    opened = open_run(run)
    if format == "html":
        typer.echo(str(render_report(opened, output=output, report_mb=report_mb, jobs=jobs, progress=bars())))
    else:
        show_run(opened, format)
