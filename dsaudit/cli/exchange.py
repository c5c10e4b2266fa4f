"""dsaudit export RUN and dsaudit import FILE RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o
from dsaudit.errors import UsageError
from dsaudit.relabel.exchange.format import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.relabel.exchange.imported import Imported
    from dsaudit.relabel.exchange.outgoing import Written
    from dsaudit.store.run import Run as AuditRun

_LISTED = 20


def export(
    run: o.AuditedRun,
    to: Annotated[str, o.choice("--to", FORMATS, "What for: {}.", "TOOL")] = "csv",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="A file, or a folder. [queue.csv or the like]")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="csv, label-studio: every item, not only what is worth a review.")
    ] = False,
    budget: Annotated[int | None, typer.Option(min=1, metavar="N", help="The first N of the queue.")] = None,
    rule: Annotated[str | None, typer.Option(metavar="RULES", help="Only what these rules found.")] = None,
    class_: Annotated[str | None, typer.Option("--class", metavar="LABEL", help="Only this given label.")] = None,
    pair: Annotated[str | None, typer.Option(metavar="GIVEN:SUGGESTED", help="Only this confused pair.")] = None,
    split: Annotated[str | None, typer.Option(metavar="NAME", help="Only this split.")] = None,
    blind: Annotated[bool, typer.Option("--blind", help="Leave out labels, suggestions and reasons.")] = False,
    url_prefix: o.UrlPrefix = None,
    document_root: Annotated[
        str | None, typer.Option(metavar="DIR", help="label-studio: LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT.")
    ] = None,
    force: o.Force = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Write items for another tool: what is worth a review, or the whole set with what was found."""
    from pathlib import Path

    from dsaudit.relabel.apply.target import run_and_ledger
    from dsaudit.relabel.exchange.format import format_of, write
    from dsaudit.relabel.exchange.outgoing import Outgoing, Written
    from dsaudit.relabel.exchange.review_item import review_items
    from dsaudit.relabel.queue.filters import Filters

    opened, decisions = run_and_ledger(run, **settings)
    filters, of_format = Filters(rule, class_, pair, split), format_of(to)
    everything = everything or (of_format.WHOLE and not filters.narrow and budget is None)
    items = review_items(opened, decisions, filters, everything=everything, budget=budget)
    if of_format.WHOLE:
        items.sort(key=lambda item: item.item_id)
    path, written = (
        Path(output or of_format.FILE).expanduser(),
        Written(["nothing is left to review; --all exports every item"]),
    )
    root = Path(document_root).expanduser().absolute() if document_root else None
    if items:
        out = Outgoing(opened, items, path, run, blind, force, url_prefix, root)
        written = write(to, out)
    if format == "json":
        _print_json(opened, to, len(items), path if items else None, written)
        return
    for line in written.lines:
        typer.echo(line)


def _print_json(run: AuditRun, to: str, n: int, path: Path | None, written: Written) -> None:
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    file = path and str(path.absolute())
    typer.echo(to_json({"run": place_of_run(run), "to": to, "n_items": n, "file": file, **written.facts}))


def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A filled-in CSV, or Label Studio's JSON export.")],
    run: o.AuditedRun,
    actor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who filled in the CSV; Label Studio says so itself.")
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="THERE=HERE", help="A label that has another name in the file.")
    ] = None,
    new_labels: Annotated[bool, typer.Option("--new-labels", help="Take labels that the run does not have.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be added, and add nothing.")] = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> int:
    """Add what people decided in another tool to the ledger; the same file twice adds nothing."""
    from pathlib import Path

    from dsaudit.relabel.exchange.spreadsheet import import_file
    from dsaudit.store.files import to_json

    names = {}
    for entry in rename or []:
        there, equals, here = entry.partition("=")
        if not (there and equals and here):
            raise UsageError(f"--rename {entry!r} is not THERE=HERE", hint="as in: --rename Left=left")
        names[there] = here
    done = import_file(
        Path(file).expanduser(),
        run,
        actor=actor,
        rename=names,
        new_labels=new_labels,
        dry_run=dry_run,
        **settings,
    )
    if format == "json":
        from dsaudit.api import open_run
        from dsaudit.report.emit.json import place_of_run

        typer.echo(to_json({"run": place_of_run(open_run(run)), **_described(done, dry_run)}))
    else:
        for line in _lines(done, run, dry_run):
            typer.echo(line)
    return 1 if done.unmatched else 0


def _described(done: Imported, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "n_read": done.n_read,
        "n_added": len(done.added),
        "added": [
            {"seq": d.seq, "actor": d.actor, "action": d.action, "item_id": d.item_id, "new_label": d.new_label}
            for d in done.added
        ],
        "n_known": done.n_known,
        "n_older": done.n_older,
        "n_empty": done.n_empty,
        "unmatched": [{"where": where, "reason": reason} for where, reason in done.unmatched],
    }


def _lines(done: Imported, run: str, dry_run: bool) -> list[str]:
    from collections import Counter

    people = Counter(d.actor for d in done.added)
    by = ", ".join(f"{name} {n:,}" for name, n in people.most_common())
    out = [f"{'would be added' if dry_run else 'added'}: {len(done.added):,} decisions" + (f" (by {by})" if by else "")]
    if done.n_known:
        out.append(f"known already: {done.n_known:,}")
    if done.n_older:
        out.append(f"older than what the same person has decided since: {done.n_older:,}")
    if done.n_empty:
        out.append(f"not decided: {done.n_empty:,}")
    if done.unmatched:
        out.append(f"not added, because nothing is guessed: {len(done.unmatched):,}")
        out += [f"  {where}: {reason}" for where, reason in done.unmatched[:_LISTED]]
        if len(done.unmatched) > _LISTED:
            out.append(f"  and {len(done.unmatched) - _LISTED:,} more; --format json has all of them")
    if done.added and not dry_run:
        out.append(f"next  dsaudit audit {run}     with the answers in force")
        out.append(f"or    dsaudit apply {run}     a corrected manifest or folder")
    return out
