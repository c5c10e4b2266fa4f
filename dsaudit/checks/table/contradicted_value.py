"""TAB006 contradicted-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB006",
    message="{contradicted}",
    headline=("{flagged} contradicts itself", "{flagged} contradict themselves"),
    since="0.1.0",
    severity="warning",
    modalities=("table",),
)
def contradicted_value(survey: DataFrame) -> DataFrame:
    """A cell that contradicts another: a broken dependency, order or key.

    What it does
    ------------
    Mines pairs of columns of which one tells the other, with a tolerance and against chance, and names the cells
    that break one; the cell that more columns speak against is blamed. Likewise pairs that are in order in nearly
    all rows (start before end), and values that stand twice in a column of keys.

    Why is this bad?
    ----------------
    One of the two cells is wrong, and joins and filters give other answers by one than by the other.

    What to do
    ----------
    Take what most rows of the same value have.

    Options
    -------
    No options.

    Limits
    ------
    Where several rows of one value were changed alike, the majority is wrong.

    References
    ----------
    M. Parciak et al., "Measuring approximate functional dependencies", ICDE 2024.
    """
    return told(survey, "contradicted")
