"""FIL002 empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.file._cause import causes
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL002",
    message="holds nothing: {reason}",
    headline=("{flagged} holds nothing", "{flagged} hold nothing"),
    since="0.1.0",
    severity="error",
)
def empty(measurements: DataFrame) -> DataFrame:
    """The item is there and holds nothing.

    What it does
    ------------
    Reports files of 0 bytes, files with a header and no samples, and texts of nothing but white space and characters
    that show nothing.

    Why is this bad?
    ----------------
    An upload or a conversion failed. Loaders turn such a file into an error in the middle of training, or
    into an item of zeros that carries a label.

    What to do
    ----------
    Fetch the file again, or remove it.

    Options
    -------
    No options.

    Limits
    ------
    A recording of digital silence is not empty: see silent-clip.

    References
    ----------
    common-voice/cv-dataset#31, 504 clips of no length in one release.
    """
    table = measurements.reindex(columns=["status", "error"])
    flagged = table["status"] == "empty"
    return table.assign(
        reason=causes(table, "0 bytes long"),
        score=1.0 - flagged.astype(float),
        flagged=flagged,
    )
