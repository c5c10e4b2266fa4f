"""dsaudit compare BEFORE [AFTER]."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsaudit.cli import options as o

if TYPE_CHECKING:
    from dsaudit.comparison.comparison import Comparison
    from dsaudit.engine.progress import Progress
    from dsaudit.store.run import Run

_RUN = "a run folder, a .dsaudit folder or a dataset, which stands for its newest run"


def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help=f"The run before: {_RUN}.")],
    after: Annotated[
        str | None,
        typer.Argument(
            metavar="AFTER",
            help="The run after, likewise. Without it BEFORE is the run after, and the last run that people's"
            " decisions had not changed yet the one before.",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the comparison as an HTML page, too.")
    ] = None,
    format: Annotated[str, o.format_option()] = "text",
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=20, help="Repeat with newly dealt folds, so many times in all.")
    ] = 1,
    *,
    settings: dict[str, Any],
) -> int:
    """Did it help? Train on the data before and after, judge both models on the very same test items.

    Exit codes: 0 improved, worse or no significant change; 3 inconclusive, or where no verdict would be honest.
    """
    import json

    from dsaudit.cli.render import bars, width
    from dsaudit.comparison.compare import compare_runs, pair
    from dsaudit.report.emit.comparison import comparison_text
    from dsaudit.report.emit.json import place_of_run
    from dsaudit.store.files import to_json

    runs = pair(before, after)
    progress = bars()
    found = compare_runs(*runs, seeds=range(seeds), progress=progress)
    if output is not None:
        _write_page(Path(output), found, runs[0], settings, progress)
    if format == "json":
        places = dict(zip(("before", "after"), map(place_of_run, runs), strict=True))
        page = None if output is None else str(Path(output).absolute())
        typer.echo(to_json({**json.loads(found.to_json()), "run": places["after"], "runs": places, "page": page}))
    else:
        typer.echo(comparison_text(found, width=width()), nl=False)
        if output is not None:
            typer.echo(f"\nPage     {output}")
    return found.exit_code


def _write_page(target: Path, found: Comparison, before: Run, given: dict[str, Any], progress: Progress) -> None:
    """Write the page, with players where the recordings still lie where BEFORE found them."""
    from dsaudit.errors import StoreError, UsageError
    from dsaudit.media.previews import Previewer
    from dsaudit.report.emit.comparison import render_comparison
    from dsaudit.settings import load_settings
    from dsaudit.store.files import write_atomic, writing

    if target.is_dir():
        raise StoreError(f"{target} is a folder", hint="name a file, as in: --output compare.html")
    settings = load_settings(None, flags=given)
    with progress.stage("drawing the page", 0) as tick:
        try:
            html = render_comparison(
                found,
                before=before,
                previews=Previewer.of(before, jobs=settings.jobs, progress=tick),
                cap_bytes=int(settings.report_mb * 2**20),
                page_dir=target.absolute().parent,
            )
        except ValueError as error:
            raise UsageError(f"the page does not fit: {error}", hint="allow more with --report-mb") from error
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, lambda p: p.write_bytes(html))
