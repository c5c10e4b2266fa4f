"""dsaudit prelabel RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.relabel.prelabel import Prelabels
    from dsaudit.store.run import Run as AuditRun


def prelabel(
    run: o.AuditedRun,
    least: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="P", help="Probability of being right from which one is given.")
    ] = 0.0,
    to: o.Tool = "csv",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="[prelabels.csv or prelabels.json]")
    ] = None,
    url_prefix: o.UrlPrefix = None,
    force: o.Force = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Write the labels that a model proposes for items without one, and how often they are right."""
    from pathlib import Path

    from dsaudit.relabel.apply.target import run_and_ledger
    from dsaudit.relabel.exchange.labelstudio import written_tasks
    from dsaudit.relabel.prelabel import as_csv, prelabels, to_show
    from dsaudit.store.files import write_new

    opened, decisions = run_and_ledger(run, **settings)
    made = prelabels(opened, decisions, least=least)
    path = Path(output or ("prelabels.csv" if to == "csv" else "prelabels.json"))
    if to == "csv":
        write_new(path, as_csv(opened, made).encode("utf-8"), force=force)
    else:
        entries, said = to_show(opened, made)
        written_tasks(opened, entries, path, url_prefix=url_prefix, predictions=said, force=force)
    if format == "json":
        _print_json(opened, made, path)
        return
    for line in _lines(opened, made, path, run):
        typer.echo(line)


def _print_json(run: AuditRun, made: Prelabels, path: Path) -> None:
    from dataclasses import asdict

    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    figures = run.metrics.unlabelled
    typer.echo(
        to_json(
            {
                "run": place_of_run(run),
                "file": str(path.absolute()),
                "least": made.least,
                "n_prelabels": made.n,
                "n_decided": made.n_decided,
                "bias": made.bias and asdict(made.bias),
                "unlabelled": figures and asdict(figures),
            }
        )
    )


def _lines(run: AuditRun, made: Prelabels, path: Path, named: str) -> list[str]:
    from dsaudit.report.say.unlabelled import said_of
    from dsaudit.report.say.words import percent

    figures = run.metrics.unlabelled
    out = [] if figures is None else said_of(figures, run.kind.nouns)
    out.append(f"written  {path} ({run.kind.nouns.some(made.n)} with a prelabel)")
    if made.bias is not None:
        b = made.bias
        out.append(
            f"bias     people take a prelabel {percent(abs(b.value))} {'more' if b.value >= 0 else 'less'} often where "
            f"they see it (95 % interval {percent(b.low)} to {percent(b.high)})"
        )
    return [*out, f"apply    dsaudit apply {named} --prelabels 0.99     only where you ask for it"]
