"""TAB008 stray-row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB008",
    message="{stray}",
    headline=("{flagged} holds no record", "{flagged} hold no records"),
    since="0.1.0",
    severity="warning",
    modalities=("table",),
)
def stray_row(survey: DataFrame) -> DataFrame:
    """A row that is no record: a total, a note, the names of the columns again.

    What it does
    ------------
    Looks for rows that begin with a word for a total and lack what others have or add up rows above, for rows of one
    cell among full ones, and for rows that hold the names of their columns. Their cells are not audited, nor are other
    rows beside them.

    Why is this bad?
    ----------------
    A total counts everything twice, and a column of numbers that holds words is read as texts.

    What to do
    ----------
    Delete the row, or read the file without it.

    Options
    -------
    No options.

    Limits
    ------
    A total without a word for it is not known; words are known in a dozen languages.

    References
    ----------
    G. van den Burg et al., "Wrangling messy CSV files by detecting row and type patterns", DMKD 2019.
    """
    return told(survey, "stray")
