"""TAB020 constant-column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB020",
    message="column {subject!r} {words}",
    headline=("{n} column says nothing", "{n} columns say nothing"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def constant_column(survey: DataFrame) -> DataFrame:
    """A column that holds one and the same value, or nothing.

    What it does
    ------------
    Counts the values of each column; one that 199 of 200 rows have makes it almost constant.

    Why is this bad?
    ----------------
    It says nothing, and a value that turns up later was never learned.

    What to do
    ----------
    Leave it out. Where it should vary, look at how it was exported.

    Options
    -------
    No options.

    Limits
    ------
    In fewer than 200 rows one other value is enough.

    References
    ----------
    D. Sculley et al., "Hidden technical debt in machine learning systems", NeurIPS 2015.
    """
    return faults(survey, "constant")
