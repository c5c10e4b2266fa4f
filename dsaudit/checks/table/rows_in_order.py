"""TAB025 rows-in-order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB025",
    message="{subject}: {words}",
    headline=("{n} order of rows tells the label", "{n} orders of rows tell the label"),
    since="0.1.0",
    severity="info",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def rows_in_order(survey: DataFrame) -> DataFrame:
    """Rows in the order of their labels, or labels that drift with time.

    What it does
    ------------
    Counts how often a row has the label of the one before, and compares the labels of the earlier and the later
    half by each column of dates.

    Why is this bad?
    ----------------
    Folds by place have other classes on either side, and a random split tells the future to the past.

    What to do
    ----------
    Shuffle before splitting by place; split by time where labels drift.

    Options
    -------
    No options.

    Limits
    ------
    Tables sorted on purpose are named, too.

    References
    ----------
    J. Quiñonero-Candela et al., "Dataset shift in machine learning", MIT Press 2009.
    """
    return faults(survey, "order")
