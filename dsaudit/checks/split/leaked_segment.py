"""SPL003 leaked-segment."""

from __future__ import annotations

from itertools import combinations, groupby
from math import inf
from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.analysis.space.sets import counts_in_words, set_table
from dsaudit.dataset.crop import Crop
from dsaudit.dataset.segment import Segment, file_and_segment
from dsaudit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame


@rule(
    "SPL003",
    message="{n_items} parts of {file} overlap and are in {splits}",
    headline=(
        "parts of one file overlap and are in more than one split",
        "parts of {n} files overlap and are in more than one split",
    ),
    cost="test figures are too good until this is repaired",
    worth=1.0,
    since="0.1.0",
    severity="error",
    scope="set",
)
def leaked_segment(items: DataFrame, *, max_overlap: float = 0.05) -> DataFrame:
    """Overlapping parts of one file are in different splits.

    What it does
    ------------
    Takes the items that are a stretch of a recording or a box of a picture, and lists those that share a part of it
    with one of another split. A whole file shares a part with every stretch and box of it.

    Why is this bad?
    ----------------
    The model is tested on samples that it was trained on: the test score is better than the truth.

    What to do
    ----------
    Move all parts of a file into one split: their speaker or scene, room and device are the same, too.
    ``--group-column`` with the column of files keeps them together in the baseline's folds and reports files in several
    splits.

    Options
    -------
    max_overlap : share, 0 to 1
        Of the shorter of two stretches, or the smaller of two boxes; a smaller part in common is not reported.

    Limits
    ------
    Needs splits. Equal parts are copies of each other, and listed as such (leaked-duplicate).

    References
    ----------
    S. Kapoor and A. Narayanan, "Leakage and the Reproducibility Crisis in ML-based Science", Patterns 2023.
    """
    known = items.dropna(subset=["split", "uri"])
    rows = zip(known.index, known["uri"], known["split"], strict=True)
    parted = [(*file_and_segment(str(uri)), str(item), str(split)) for item, uri, split in rows]
    parted.sort(key=lambda one: one[0])
    file_by_item: dict[str, str] = {}
    for path, of_file in groupby(parted, key=lambda one: one[0]):
        every = list(of_file)
        if any(isinstance(part, Crop) for _, part, *_ in every):
            boxes = [(None if isinstance(part, Segment) else part, i, k) for _, part, i, k in every]
            file_by_item.update((item, path) for item in _overlapping_boxes(boxes, max_overlap))
            continue
        some = [(p, s, i, k) for p, s, i, k in every if not isinstance(s, Crop)]
        if any(segment is not None for _, segment, *_ in some):
            spans = [(s.start, inf if s.end is None else s.end, i, k) if s else (0.0, inf, i, k) for _, s, i, k in some]
            file_by_item.update((item, path) for item in _overlapping(sorted(spans), max_overlap))
    together = pd.Series(file_by_item, dtype=object)
    sets = set_table(together)
    splits = known["split"].reindex(together.index)
    names = pd.Series([PurePath(path).name for path in sets.index], index=sets.index, dtype=object)
    return sets.assign(file=names, splits=counts_in_words(splits, together, sets.index), score=0.0, flagged=True)


def _overlapping_boxes(boxes: Sequence[tuple[Crop | None, str, str]], max_overlap: float) -> set[str]:
    """The same of boxes (box, item, split) of one picture; None is all of it."""
    found: set[str] = set()
    for (a, item, split), (b, other, elsewhere) in combinations(boxes, 2):
        if split != elsewhere and a != b and (a is None or b is None or a.covered(b) > max_overlap):
            found |= {item, other}
    return found


def _overlapping(spans: Sequence[tuple[float, float, str, str]], max_overlap: float) -> set[str]:
    """Items of spans (start, end, item, split), sorted, that share a part with one of another split."""
    found: set[str] = set()
    reaching: list[tuple[float, float, str, str]] = []
    for start, end, item, split in spans:
        reaching = [other for other in reaching if other[1] > start]
        for first, last, other, elsewhere in reaching:
            shorter = min(end - start, last - first)
            shared = min(end, last) - start
            much = shorter == inf or shared > max_overlap * shorter
            if much and split != elsewhere and (first, last) != (start, end):
                found |= {item, other}
        reaching.append((start, end, item, split))
    return found
