"""How a run is named on a command line."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsaudit.report.view import RunView


def named_run(run: RunView) -> Path:
    """The shortest whole path that finds the run again: of its data, where the results lie beside them."""
    results = run.path.parent.parent
    source = run.meta.source_path
    if source and results.name == ".dsaudit":
        path = Path(source)
        if results.parent in (path, path.parent):
            return path
    return results


def to_judge_labels(run: RunView, source: str) -> str:
    """The command that judges labels, too, where this kind has no encoder of its own; empty where it has."""
    name = run.kind.encoder_hint if run.metrics.baseline is None else ""
    return f"dsaudit audit {shlex.quote(source)} --encoder {name}" if name else ""


def from_here(path: Path) -> str:
    """The path as it is typed in the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
