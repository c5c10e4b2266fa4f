"""dsaudit remap RUN."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def remap(
    run: o.Run,
    finding: Annotated[
        str | None,
        typer.Argument(metavar="[FINDING]", help="Which, where there are several: the beginning of its fingerprint."),
    ] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides. [the name you log in under]")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be decided.")] = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Put right whole classes that stand for others: the right labels of all the items, as one decision.

    The data stay as they are, and one `dsaudit undo` takes it back.
    """
    from dsaudit.api import open_run
    from dsaudit.api import remap as put_right
    from dsaudit.relabel.ledger.log import visible

    opened = open_run(run)
    chosen, rows, who = put_right(opened, finding, actor=actor, dry_run=dry_run, **settings)
    items = opened.kind.nouns.some(len(rows))
    typer.echo(visible(chosen.text))
    if not rows:
        typer.echo("Nothing to put right: all of them were decided on already.")
        return
    moves = ", ".join(f"{old} → {new}" for old, new in chosen.moves.items())
    typer.echo(visible(f"{'Would relabel' if dry_run else 'Relabelled'} {items}: {moves}"))
    if len(rows) < len(chosen.item_ids):
        typer.echo(f"{len(chosen.item_ids) - len(rows):,} were decided on already and stay as they are.")
    named = shlex.quote(run)
    if dry_run:
        return
    typer.echo(visible(f"Undo     dsaudit undo {named} --actor {shlex.quote(who)}     takes all of it back"))
    typer.echo(f"Next     dsaudit audit {named}     with the decisions in force")
    typer.echo(f"or       dsaudit apply {named} --dry-run     what a corrected copy would change")
