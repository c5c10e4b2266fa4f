"""Label tracks as Audacity exports them: a file of starts, ends and labels beside each recording."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.text import file_text

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".labels.txt"
"""What the name of a track ends in, after the whole name of its recording."""


def audacity_columns(path: Path, _: frozenset[str]) -> tuple[dict[str, list[Any]], list[str]] | None:
    """The columns ``path``, ``start``, ``end`` (seconds) and ``label`` of a track; None where it is none.

    A label at one moment is no stretch and is left out, which a note says; ranges of frequency are passed over.
    """
    rows, moments = [], 0
    for line in file_text(path).splitlines():
        if not line.strip() or line.startswith("\\"):
            continue
        cells = [cell.strip() for cell in line.split("\t", 2)]
        try:
            start, end = (float(cell.replace(",", ".")) for cell in cells[:2])
        except ValueError:
            return None
        if not (math.isfinite(start) and math.isfinite(end)):
            return None
        if start == end:
            moments += 1
            continue
        rows.append((start, end, cells[2] if len(cells) > 2 and cells[2] else None))
    if not rows:
        return None
    notes = [f"{path.name} has {moments} labels at one moment, which are no stretches"] if moments else []
    starts, ends, labels = zip(*rows, strict=True)
    recording = path.name.removesuffix(SUFFIX)
    return {"path": [recording] * len(rows), "start": [*starts], "end": [*ends], "label": [*labels]}, notes
