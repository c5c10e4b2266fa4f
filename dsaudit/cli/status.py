"""dsaudit status RUN."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def status(run: o.Run, format: Annotated[str, o.format_option()] = "text") -> None:
    """Say how far an audit is that goes on in another terminal, or where one was killed."""
    from dataclasses import asdict

    from dsaudit.api import status as told
    from dsaudit.cli.render import status_lines
    from dsaudit.store.files import to_json

    found = told(run)
    if format == "json":
        typer.echo(to_json([asdict(one) for one in found]))
        return
    for one in found:
        typer.echo("\n".join(status_lines(one)))
    if not found:
        typer.echo("no run is under way")
