"""TAB007 misplaced-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB007",
    message="{out_of_place}",
    headline=("{flagged} holds values in the wrong columns", "{flagged} hold values in the wrong columns"),
    since="0.1.0",
    severity="error",
    modalities=("table",),
)
def misplaced_value(survey: DataFrame) -> DataFrame:
    """Values in the wrong column: two exchanged, or a row moved along by one.

    What it does
    ------------
    Asks of each row whether its values would stand better in each other's columns, or one column further left or
    right, by how likely each value is in each column.

    Why is this bad?
    ----------------
    All cells of such a row are wrong at once, and each may look sound alone.

    What to do
    ----------
    Put them back as proposed.

    Options
    -------
    No options.

    Limits
    ------
    Columns that hold the same kind of numbers cannot be told apart.

    References
    ----------
    Z. Abedjan et al., "Detecting data errors: where are we and what needs to be done?", VLDB 2016.
    """
    return told(survey, "out_of_place")
