"""dsaudit audit DATASET."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def audit(
    dataset: o.SourceOrQuery = None,
    out: o.Out = None,
    format: Annotated[str, o.report_format()] = "text",
    output: o.Output = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what every check found.")] = False,
    *,
    settings: dict[str, Any],
) -> int:
    """Audit a labelled dataset: findings, a baseline, and one HTML report."""
    from dsaudit.api import audit as run_audit
    from dsaudit.api import exit_code
    from dsaudit.cli.render import bars, show_run, write_outputs
    from dsaudit.report.emit.format import outputs

    files = outputs(output or ())
    run = run_audit(dataset, out=out, progress=bars(), **settings)
    write_outputs(run, files)
    show_run(run, format, full=verbose)
    return exit_code(run)
