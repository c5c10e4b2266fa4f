"""FIL001 unreadable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.file._cause import causes
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL001",
    message="{reason}",
    headline=("{flagged} cannot be read", "{flagged} cannot be read"),
    since="0.1.0",
    severity="error",
)
def unreadable(measurements: DataFrame, *, max_missing_share: float = 0.005) -> DataFrame:
    """The file cannot be decoded, or only in part.

    What it does
    ------------
    Reports files that no decoder accepts, files that may not be read, files of another kind (a picture, a
    page of text), and items that, decoded to the end, are shorter than their own header says, or lack the end that
    their format marks (Ogg, MP4, PNG, JPEG). What is there is measured all the same.

    Why is this bad?
    ----------------
    Many loaders drop such a file without a word, others stop in the middle of a training run, and some give
    the part that is there as if it were the whole.

    What to do
    ----------
    Fetch the file again from its source. If there is none, remove it from the manifest.

    Options
    -------
    max_missing_share : share, 0 to 1
        Part of the promised length that may be missing before a file that does decode is flagged.

    Limits
    ------
    Where no length is promised and no end is marked (MP3 without a Xing header, AAC, streams), a file can end early
    without a trace; lengths that a decoder estimates are no promise. A JPEG in which one byte is another passes for
    sound where few pixels show it, and one in five times where many do; how much of a progressive one is missing cannot
    be told.

    References
    ----------
    common-voice/cv-dataset#31, a release with recordings that hold nothing.
    """
    table = measurements.reindex(columns=["status", "error", "missing_share", "shortfall"])
    broken = table["status"] == "unreadable"
    share = table["missing_share"].astype(float)
    missing = share.fillna(table["shortfall"].notna().astype(float))  # cut, nobody knows by how much
    short = [
        f"only {text} can be decoded" if isinstance(text, str) else f"{100 * m:.0f} % of its length is missing"
        for text, m in zip(table["shortfall"], missing, strict=True)
    ]
    score = np.where(broken, 0.0, score_below(missing, bad=max_missing_share, healthy=0.0))
    return table.assign(
        reason=[
            f"cannot be read: {cause}" if b else words
            for b, cause, words in zip(broken, causes(table, "no decoder accepts it"), short, strict=True)
        ],
        score=score,
        flagged=score < 0.5,
    )
