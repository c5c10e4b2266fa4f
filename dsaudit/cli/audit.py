"""dsaudit audit DATASET."""

from __future__ import annotations

from typing import Annotated, Any

from dsaudit.cli import options as o


def audit(
    dataset: o.SourceOrQuery = None,
    out: o.Out = None,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> int:
    """Audit a labelled dataset: findings, a baseline, and one HTML report."""
    from dsaudit.api import audit as run_audit
    from dsaudit.api import exit_code
    from dsaudit.cli.render import bars, show_run

    run = run_audit(dataset, out=out, progress=bars(), **settings)
    show_run(run, format)
    return exit_code(run)
