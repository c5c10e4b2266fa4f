"""dsaudit drift REFERENCE CURRENT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o

if TYPE_CHECKING:
    from dsaudit.comparison.drift import Drift
    from dsaudit.engine.progress import Progress
    from dsaudit.store.run import Run

_SET = "a dataset, which stands for its newest run and is audited where it has none; or a run folder"


def drift(
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help=f"What a model learned from: {_SET}.")],
    current: Annotated[
        str, typer.Argument(metavar="CURRENT", help="What it meets now, likewise; without labels, too.")
    ],
    prior: Annotated[
        str | None,
        typer.Option("--prior", metavar="FILE", help="Class shares known of CURRENT: CSV of class and share, or JSON."),
    ] = None,
    probabilities: Annotated[
        str | None,
        typer.Option(
            "--probabilities", metavar="FILE", help="Write a CSV of CURRENT's predicted probabilities, corrected, too."
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write an HTML page with examples, too.")
    ] = None,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> int:
    """What changed from one set to another, and what does it cost a model of the first?

    Exit codes: 0 whatever changed, within the limits; 1 a limit of [gate] or --fail-on is broken; 3 too few items to
    say, or a limit could not be judged.
    """
    from dsaudit.api import drift as compared
    from dsaudit.api import set_runs
    from dsaudit.cli.render import bars, width
    from dsaudit.report.emit.drift import drift_text
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    progress = bars()
    runs = set_runs(reference, current, progress=progress, **settings)
    found = compared(*runs, prior=prior, progress=progress, **settings)
    if probabilities is not None:
        _write_probabilities(Path(probabilities), found)
    if output is not None:
        _write_page(Path(output), found, runs, settings, progress)
    if format == "json":
        places = dict(zip(("reference", "current"), map(place_of_run, runs), strict=True))
        page = None if output is None else str(Path(output).absolute())
        typer.echo(to_json({**found.document(), "runs": places, "page": page}))
    else:
        typer.echo(drift_text(found, width=width()), nl=False)
        for name, path in (("Page", output), ("Probabilities", probabilities)):
            if path is not None:
                typer.echo(f"{name:<8} {path}")
    return found.exit_code


def _write_probabilities(target: Path, found: Drift) -> None:
    from dsaudit.errors import UsageError
    from dsaudit.relabel.cells import defused, written_out
    from dsaudit.store.files import write_atomic, writing

    if found.model is None:
        raise UsageError(
            "no model of REFERENCE was trained, so there are no probabilities", hint="it takes labels there"
        )
    table = found.model.probs
    table = table.set_axis([defused(written_out(str(c))) for c in table.columns], axis=1)
    table = table.set_axis([defused(written_out(str(i))) for i in table.index], axis=0)
    written = table.to_csv(index_label="item_id", float_format="%.4g", lineterminator="\n")
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, lambda p: p.write_bytes(written.encode("utf-8", "surrogatepass")))


def _write_page(target: Path, found: Drift, runs: tuple[Run, Run], given: dict[str, Any], progress: Progress) -> None:
    """Write the page, with the items where they still lie where the runs found them."""
    from dsaudit.errors import StoreError, UsageError
    from dsaudit.media.previews import Previewer
    from dsaudit.report.emit.drift import render_drift
    from dsaudit.settings import load_settings
    from dsaudit.store.files import write_atomic, writing

    if target.is_dir():
        raise StoreError(f"{target} is a folder", hint="name a file, as in: --output drift.html")
    settings = load_settings(None, flags=given)
    with progress.stage("drawing the page", 0) as tick:
        previews = Previewer.of(*runs, jobs=settings.jobs, progress=tick)
        cap = int(settings.report_mb * 2**20)
        try:
            html = render_drift(found, runs=runs, previews=previews, cap_bytes=cap, page_dir=target.absolute().parent)
        except ValueError as error:
            raise UsageError(f"the page does not fit: {error}", hint="allow more with --report-mb") from error
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, lambda p: p.write_bytes(html))
