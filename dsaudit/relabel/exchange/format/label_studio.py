"""Tasks for Label Studio."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dsaudit.relabel.exchange.labelstudio import written_tasks
from dsaudit.relabel.exchange.outgoing import Written

if TYPE_CHECKING:
    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "tasks.json", False


def write(out: Outgoing) -> Written:
    """Tasks with predictions, and the labelling interface beside them."""
    served = written_tasks(
        out.run,
        out.items,
        out.path,
        url_prefix=out.url_prefix,
        document_root=out.document_root,
        blind=out.blind,
        force=out.force,
    )
    lines = [
        f"{len(out.items):,} tasks  {out.path}",
        f"interface  {served.interface}   (Settings, Labeling Interface, Code)",
    ]
    if served.document_root is not None:
        lines += [
            "start      LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true"
            f" LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={served.document_root} label-studio",
            f"storage    add a local source storage with the path {served.storage}, and do not sync it",
        ]
    lines.append(f"then       export as JSON, and: dsaudit import export.json {out.named}")
    return Written(lines, {name: where and str(where.absolute()) for name, where in asdict(served).items()})
