"""TAB005 unexpected-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB005",
    message="{unexpected}",
    headline=("{flagged} holds an unexpected value", "{flagged} hold unexpected values"),
    since="0.1.0",
    severity="info",
    modalities=("table",),
)
def unexpected_value(survey: DataFrame) -> DataFrame:
    """A category that the rest of its row argues against.

    What it does
    ------------
    Foretells each column of categories from the others (trees, out of sample) and weighs the value that stands
    there against the one that is expected.

    Why is this bad?
    ----------------
    A wrong category is as harmful as a wrong label and harder to see.

    What to do
    ----------
    Look at the row; take the value that is expected if it is right.

    Options
    -------
    No options.

    Limits
    ------
    Where the others say nothing about a column nothing is said.

    References
    ----------
    C. Northcutt et al., "Confident learning", JAIR 2021.
    """
    return told(survey, "unexpected")
