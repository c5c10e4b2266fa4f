"""FIL004 missing-file."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

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
    names = [PurePosixPath(str(item)).name for item in table.index]
    errors = table["error"].fillna("").astype(str)
    return table.assign(
        reason=[
            "there is " + (text.removeprefix(f"{name}: ") or "no such file")
            for name, text in zip(names, errors, strict=True)
        ],
        score=1.0 - flagged.astype(float),
        flagged=flagged,
    )
