"""dsaudit undo."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o
from dsaudit.cli.ledger import Where


def undo(
    source: Where = ".",
    last: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Take back the last N decisions; those made at once are one.")
    ] = None,
    seq: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Take back row K of `dsaudit ledger log`, whoever's it is.")
    ] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Whose decisions; with --seq, who undoes.")] = None,
    redo: Annotated[
        bool, typer.Option("--redo", help="Bring back what the last undo took; a decision made since ends that.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Take decisions back. Nothing is deleted: the ledger gets rows that revert them.

    Undoing the row of an undo brings the decision back.
    """
    from dsaudit.cli.render import place_near
    from dsaudit.errors import UsageError
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.log import at_once, entries, visible
    from dsaudit.relabel.ledger.place import ledger_of
    from dsaudit.relabel.ledger.undo import take_back, undo_plan
    from dsaudit.store.files import to_json

    if seq is not None and (last is not None or redo):
        raise UsageError(f"{'--last' if last is not None else '--redo'} and --seq cannot be used together")
    n = last or 1
    with Ledger.open(ledger_of(source, **settings), create=False, read_only=dry_run) as opened:
        who, plan = undo_plan(opened, actor=actor, last=n, seq=seq, redo=redo)
        taken = plan if dry_run else take_back(opened, who, last=n, seq=seq, redo=redo)
        by_seq = {e.row.seq: e for e in entries(opened.rows())} if taken else {}
        history = opened.history()
    found = [by_seq[history.decision_of(row) if redo else row] for row in taken]
    if format == "json":
        document = {"run": place_near(source), "ledger": opened.where, "actor": who, "dry_run": dry_run}
        typer.echo(to_json(document | {"brought_back" if redo else "taken_back": [e.described() for e in found]}))
        return
    if not taken:
        nothing = f"nothing to {'redo' if redo else 'undo'} for {visible(who)}"
        typer.echo(nothing if seq is None else f"row {seq} is taken back already")
        return
    words = {(0, 0): "took back", (0, 1): "would take back", (1, 0): "brought back", (1, 1): "would bring back"}
    for line in at_once(found):
        typer.echo(f"{words[redo, dry_run]} {line}")
    if seq is None and not redo and not dry_run:
        typer.echo("the same command with --redo brings it back")
