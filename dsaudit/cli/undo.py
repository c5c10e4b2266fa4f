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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken back.")] = False,
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
    from dsaudit.relabel.ledger.log import entries, visible
    from dsaudit.relabel.ledger.place import ledger_of
    from dsaudit.relabel.ledger.undo import take_back, undo_plan
    from dsaudit.store.files import to_json

    if last is not None and seq is not None:
        raise UsageError("--last and --seq cannot be used together")
    with Ledger.open(ledger_of(source, **settings), create=False, read_only=dry_run) as opened:
        who, plan = undo_plan(opened, actor=actor, last=last or 1, seq=seq)
        taken = plan if dry_run else take_back(opened, who, last=last or 1, seq=seq)
        by_seq = {e.row.seq: e for e in entries(opened.rows())} if taken else {}
        if format == "json":
            document = {"run": place_near(source), "ledger": opened.where, "actor": who, "dry_run": dry_run}
            typer.echo(to_json(document | {"taken_back": [by_seq[number].described() for number in taken]}))
            return
        if not taken:
            typer.echo(f"nothing to undo for {visible(who)}" if seq is None else f"row {seq} is taken back already")
            return
        for number in taken:
            entry = by_seq[number]
            words = "would take back" if dry_run else "took back"
            typer.echo(visible(f"{words} row {number}: {entry.what} by {entry.row.actor}, {entry.row.item_id}"))
