"""dsaudit demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o

if TYPE_CHECKING:
    from dsaudit.analysis.planted_faults import TruthScore
    from dsaudit.store.run import Run


def demo(
    out: o.Out = None,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Audit sample data whose faults are known, of the kind that --modality names, and say how many were found."""
    import time
    from pathlib import Path

    from dsaudit.api import demo as run_demo
    from dsaudit.cli.render import bars, show_run
    from dsaudit.dataset.names import counted

    started = time.monotonic()
    run, score = run_demo(out=out or str(Path.cwd() / "dsaudit-demo"), progress=bars(), **settings)
    if format == "json":
        _print_json(run, score)
        return
    show_run(run, "text")
    width = max(len(name) for name in score.per_rule.index)
    typer.echo(f"\n{'planted fault':<{width}}  planted  found  false alarms")
    for name, row in score.per_rule.iterrows():
        typer.echo(f"{name!s:<{width}}  {row['planted']:>7}  {row['found']:>5}  {row['false_alarms']:>12}")
    for rule, subject in score.missed:
        typer.echo(f"missed: {rule} on {subject}")
    typer.echo(
        f"\nfound {score.n_found} of {score.n_planted} planted faults, with"
        f" {counted(score.n_false_alarms, 'false alarm')} and {score.n_side_effects} further findings on items that"
        f" have another planted fault; {time.monotonic() - started:.0f} s"
    )


def _print_json(run: Run, score: TruthScore) -> None:
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    counts = {name: getattr(score, name) for name in ("n_planted", "n_found", "n_false_alarms", "n_side_effects")}
    missed = [{"rule": rule, "subject": subject} for rule, subject in score.missed]
    typer.echo(to_json({"run": place_of_run(run), **counts, "missed": missed}))
