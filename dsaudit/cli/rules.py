"""dsaudit rules and dsaudit rule CODE."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def rules(format: Annotated[str, o.format_option(help="{}.")] = "text") -> None:
    """List every rule."""
    from dsaudit import catalogue

    available = catalogue.rules()
    if format == "json":
        from dsaudit.store.files import to_json

        typer.echo(to_json([catalogue.described(r) for r in available]))
        return
    width = max(len(r.name) for r in available)
    for r in available:
        typer.echo(f"{r.code}  {r.name:<{width}}  {r.severity:<7}  {r.summary}")


def rule(code: Annotated[str, typer.Argument(metavar="CODE", help="Code or name, as AUD001 or quiet-clip.")]) -> None:
    """Explain one rule: what it does, why it matters, what to do, its options and limits."""
    from dsaudit import catalogue

    typer.echo(catalogue.page(catalogue.find(code)))
