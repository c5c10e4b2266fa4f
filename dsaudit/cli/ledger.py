"""dsaudit ledger log, verify, export and import."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from dsaudit.cli import options as o
from dsaudit.types import Action

Where = Annotated[
    str, typer.Argument(metavar="[RUN|DATASET|DIR]", help="Whose ledger: a run, a dataset, or a .dsaudit folder. [.]")
]


def log(
    source: Where = ".",
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this person did.")] = None,
    item: Annotated[str | None, typer.Option(metavar="PATTERN", help="Only items whose id fits, as 'up/*'.")] = None,
    rule: Annotated[str | None, typer.Option(metavar="CODE", help="Only what this rule brought up.")] = None,
    action: Annotated[str | None, o.choice("--action", get_args(Action), "Only {}.")] = None,
    label: Annotated[str | None, typer.Option(help="Only where this is the old or the new label.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only from then on: 2026-11-21, 2026-11-21T08:00, 8h, 3d.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="The last N; 0 shows all. [50 as text, else all]")
    ] = None,
    format: Annotated[str, o.format_option("jsonl", "csv")] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Who changed what, when and why; the oldest first."""
    import json

    from dsaudit.cli.render import width
    from dsaudit.relabel.ledger import log as show
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import ledger_of

    with Ledger.open(ledger_of(source, **settings), create=False, read_only=True) as opened:
        where, everything = opened.where, show.entries(opened.rows())
    found = show.select(everything, actor=actor, item=item, rule=rule, action=action, label=label, since=since)
    last = (50 if format == "text" else 0) if limit is None else limit
    shown = found[-last:] if last else found
    if format == "csv":
        typer.echo(show.as_csv(shown), nl=False)
    elif format == "jsonl":
        for entry in shown:
            typer.echo(json.dumps(entry.described(), ensure_ascii=False))
    elif format == "json":
        document = {"ledger": where, "n": len(everything), "rows": [e.described() for e in shown]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        undone = sum(e.undone_by is not None and e.row.action != "revert" for e in everything)
        typer.echo(f"Ledger {show.visible(where)}: {len(everything):,} rows, {undone:,} undone")
        if shown:
            typer.echo(show.as_text(shown, width=width()))
        elif everything:
            typer.echo("no row fits")
        if len(shown) < len(found):
            typer.echo(f"the last {len(shown):,} of {len(found):,}; all of them with --limit 0")


def verify(
    source: Where = ".",
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="HASH", help="Hash of a last row noted earlier, which the ledger must still contain."),
    ] = None,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> int:
    """Check that no row was ever changed and that the file is whole; exit 1 where not.

    Removed, moved and inserted rows are found too. The last row that each audit saw is noted in its run, and
    looked for, so that a tail that was cut off shows.
    """
    from dataclasses import asdict
    from pathlib import Path

    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import heads_noted, ledger_of, results_of
    from dsaudit.store.files import to_json

    with Ledger.open(ledger_of(source, **settings), create=False, read_only=True) as opened:
        noted = heads_noted(results_of(Path(source).expanduser().absolute()), opened.where)
        found = opened.verify(*(head or []), *noted)
        where = opened.where
    if format == "json":
        typer.echo(to_json({"ledger": where, "ok": found.ok, "heads_noted": len(noted), **asdict(found)}))
    elif found.ok:
        runs = f"; contains what {len(noted)} audit{'s' * (len(noted) != 1)} saw" if noted else ""
        typer.echo(f"whole: {found.n:,} rows in {where}, head {found.head or '(empty)'}{runs}")
    else:
        place = "" if found.broken_seq is None else f", row {found.broken_seq}"
        typer.echo(f"broken: {where}{place}: {found.reason}")
    return 0 if found.ok else 1


def export(
    source: Where = ".",
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The JSONL file; - is stdout.")] = "-",
    *,
    settings: dict[str, Any],
) -> None:
    """Write every row as a line of JSON.

    It is a copy that can be imported again, here or elsewhere.
    """
    from pathlib import Path

    from dsaudit.relabel.ledger.interchange import export_rows, lines
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import ledger_of

    with Ledger.open(ledger_of(source, **settings), create=False, read_only=True) as opened:
        if output == "-":
            for line in lines(opened.rows()):
                typer.echo(line)
        else:
            n = export_rows(opened, Path(output).expanduser().absolute())
            typer.echo(f"{n:,} rows of {opened.where} in {output}")


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `dsaudit ledger export` wrote.")],
    source: Where = ".",
    *,
    settings: dict[str, Any],
) -> None:
    """Add the rows of another ledger.

    Only those that this one does not have: doing it again adds nothing.
    """
    from pathlib import Path

    from dsaudit.relabel.ledger.interchange import import_rows
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import ledger_of

    with Ledger.open(ledger_of(source, **settings)) as opened:
        done = import_rows(opened, Path(file).expanduser().absolute())
        new = len(done.added) - done.n_older
        had = f"; it had the other {done.n - new:,}" if done.n > new else ""
        typer.echo(f"{new:,} of {done.n:,} rows added to {opened.where}{had}")
        if done.n_older:
            typer.echo(f"{done.n_older:,} of them taken back, as the same person said something else of the item later")
