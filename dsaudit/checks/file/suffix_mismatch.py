"""FIL003 suffix-mismatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL003",
    message="named {file_suffix}, but its content is {detected_type}",
    headline=("{flagged} is not what the file name says", "{flagged} are not what their file names say"),
    since="0.1.0",
)
def suffix_mismatch(measurements: DataFrame) -> DataFrame:
    """The content is of another type than the name says.

    What it does
    ------------
    Compares the type read from the first bytes of the file with the types that its suffix can mean.

    Why is this bad?
    ----------------
    Programs that trust the name refuse the file or decode it wrongly.

    What to do
    ----------
    Rename the file if the content is right, fetch it again if it is not.

    Options
    -------
    No options.

    Limits
    ------
    Only types with a signature are known; where the content or the suffix is not among them, nothing is said. Files
    that cannot be read at all are left to unreadable and unfetched.

    References
    ----------
    https://www.iana.org/assignments/media-types
    """
    table = measurements.reindex(columns=["status", "file_suffix", "detected_type", "suffix_fits"])
    table = table[table["suffix_fits"].notna() & table["status"].isin(["ok", "no-decoder"])]
    fits = table["suffix_fits"].astype(float)
    return table.assign(score=fits, flagged=fits < 0.5)
