"""TAB004 out-of-range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB004",
    message="{out_of_range}",
    headline=("{flagged} holds a number out of range", "{flagged} hold numbers out of range"),
    since="0.1.0",
    severity="warning",
    modalities=("table",),
)
def out_of_range(survey: DataFrame) -> DataFrame:
    """A number that its column, or the rest of its row, does not let expect.

    What it does
    ------------
    Measures how far a number lies out by how fast its own column falls off, and by how far it is from what the rest
    of the row foretells (trees, out of sample). Where a factor or a unit brings it back (ten times, °F, pounds),
    that is said.

    Why is this bad?
    ----------------
    One value a thousand times too large moves means, scales and trees.

    What to do
    ----------
    Look at it beside its row. Divide by the factor that is named, or empty the cell.

    Options
    -------
    No options.

    Limits
    ------
    Rare events are true outliers. A value that many rows have is taken for meant.

    References
    ----------
    P. Rousseeuw and M. Hubert, "Robust statistics for outlier detection", WIREs DMKD 2011.
    """
    return told(survey, "out_of_range")
