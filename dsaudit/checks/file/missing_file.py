"""FIL004 missing-file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.file._cause import causes
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL004",
    message="the dataset names this file, and {reason}",
    headline=("{flagged} is listed but not there", "{flagged} are listed but not there"),
    since="0.1.0",
    severity="error",
)
def missing_file(measurements: DataFrame) -> DataFrame:
    """The dataset names a file that is not there.

    What it does
    ------------
    Reports items of a manifest whose path leads to no file.

    Why is this bad?
    ----------------
    The training run stops there, or silently goes on with less data than the manifest counts.

    What to do
    ----------
    Correct the path (upper and lower case count on some systems), fetch the file, or remove the row.

    Options
    -------
    No options.

    Limits
    ------
    A drive that is not mounted makes every item missing.

    References
    ----------
    https://pandas.pydata.org/docs/user_guide/io.html
    """
    table = measurements.reindex(columns=["status", "error"])
    flagged = table["status"] == "missing"
    return table.assign(
        reason=["there is " + said for said in causes(table, "no such file")],
        score=1.0 - flagged.astype(float),
        flagged=flagged,
    )
