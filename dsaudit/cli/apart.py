"""dsaudit apart RUN ITEM ITEM."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def apart(
    run: o.Run,
    items: Annotated[
        list[str],
        typer.Argument(
            metavar="ITEM ITEM ...", help="Their ids; or the beginning of a finding's fingerprint: its items."
        ),
    ],
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides. [the name you log in under]")] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why, in your own words.")] = "",
    *,
    settings: dict[str, Any],
) -> None:
    """Say that items are no copies of one another: later audits never call two of them one.

    It is kept in the ledger with all other decisions, by content, and one `dsaudit undo` takes it back.
    """
    from dsaudit.api import apart as say_apart
    from dsaudit.api import open_run
    from dsaudit.relabel.ledger.log import visible

    opened = open_run(run)
    rows, who = say_apart(opened, items, actor=actor, note=note, **settings)
    named, some = shlex.quote(run), opened.kind.nouns.some(len(rows))
    typer.echo(f"Noted: {some}, no two of them copies")
    typer.echo(visible(f"Undo     dsaudit undo {named} --actor {shlex.quote(who)}     takes it back"))
    typer.echo(f"Next     dsaudit audit {named}     with the decision in force")
