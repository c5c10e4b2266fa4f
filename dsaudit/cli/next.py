"""dsaudit next RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.relabel.next_items import NextItems
    from dsaudit.store.run import Run as AuditRun


def next_(
    run: o.AuditedRun,
    budget: Annotated[int, typer.Option(min=1, metavar="N", help="How many items can be labelled.")] = 100,
    to: o.Tool = "csv",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="[next.csv or next.json]")
    ] = None,
    url_prefix: o.UrlPrefix = None,
    force: o.Force = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Write which items without a label to label next, and what each stands for."""
    from pathlib import Path

    from dsaudit.relabel.apply.target import run_and_ledger
    from dsaudit.relabel.exchange.labelstudio import written_tasks
    from dsaudit.relabel.exchange.spreadsheet import as_csv
    from dsaudit.relabel.next_items import next_items, to_label
    from dsaudit.store.files import write_new

    opened, decisions = run_and_ledger(run, **settings)
    found = next_items(opened, decisions, budget=budget)
    path, entries = Path(output or ("next.csv" if to == "csv" else "next.json")), to_label(opened, found)
    if to == "csv":
        more = found.table[["rank", "stands_for", "predicted"]].to_dict("list")
        text = as_csv(entries, run_id=opened.id, more={str(name): values for name, values in more.items()})
        write_new(path, text.encode("utf-8"), force=force)
    else:
        written_tasks(opened, entries, path, url_prefix=url_prefix, predictions={}, force=force)
    if format == "json":
        _print_json(opened, found, path)
        return
    for line in _lines(opened, found, path, run, tasks=to != "csv"):
        typer.echo(line)


def _print_json(run: AuditRun, found: NextItems, path: Path) -> None:
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    rows = found.table.reset_index().astype({"item_id": str}).to_dict("records")
    typer.echo(
        to_json(
            {
                "run": place_of_run(run),
                "file": str(path.absolute()),
                "n_pool": found.n_pool,
                "left_out": found.left_out,
                "n_labelled": found.n_labelled,
                "n_classes": found.n_classes,
                "say": found.say,
                "items": rows,
            }
        )
    )


def _lines(run: AuditRun, found: NextItems, path: Path, named: str, *, tasks: bool) -> list[str]:
    from shlex import quote

    from dsaudit.report.say.learning_curve import more_labels
    from dsaudit.report.say.words import percent

    nouns, n = run.kind.nouns, len(found.table)
    covered = int(found.table["stands_for"].sum())
    how = "what is typical of them"
    if found.say:
        how = f"{how} counts {percent(1.0 - found.say)}, what the model doubts {percent(found.say)}"
    classes = f"{found.n_classes:,} class{'es' * (found.n_classes != 1)}"
    labelled = f"{nouns.some(found.n_labelled)} with a label, in {classes}"
    out = [
        f"{labelled}; {found.n_pool:,} without one could be next",
        f"chosen   {n:,}: {how}; they stand for {covered:,}",
    ]
    if (curve := run.metrics.learning_curve) is not None:
        out.append(f"curve    {more_labels(curve)}")
    out += [f"left out {count:,} {reason}" for reason, count in found.left_out.items()]
    out.append(f"written  {path}, in the order to label them")
    file = quote(str(path))
    if tasks:
        return [*out, f"then     export from Label Studio as JSON, and: dsaudit import export.json {quote(named)}"]
    return [
        *out,
        f"label    dsaudit relabel {quote(named)} --items {file}",
        f"or       fill in the column label, and: dsaudit import {file} {quote(named)} --actor NAME",
    ]
