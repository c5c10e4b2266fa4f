"""dsaudit train DATASET."""

from __future__ import annotations

from typing import Annotated, Any

from dsaudit.cli import options as o


def train(
    dataset: o.SourceOrQuery = None,
    out: o.Out = None,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Train the baseline alone: held-out accuracy, confusion matrix, and a model kept in the run."""
    from dsaudit.api import train as run_train
    from dsaudit.cli.render import bars, show_baseline

    show_baseline(run_train(dataset, out=out, progress=bars(), **settings), format)
