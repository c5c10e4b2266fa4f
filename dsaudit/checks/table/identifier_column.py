"""TAB021 identifier-column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB021",
    message="column {subject!r} {words}",
    headline=("{n} column names its rows", "{n} columns name their rows"),
    since="0.1.0",
    severity="info",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def identifier_column(survey: DataFrame) -> DataFrame:
    """A column that has another value in every row, among those to learn from.

    What it does
    ------------
    Names columns of codes or running numbers without repeats.

    Why is this bad?
    ----------------
    A model learns rows by heart with it. Where numbers were given in order they tell when a row was made.

    What to do
    ----------
    Leave it out of what is learned from; keep it as the name of the row.

    Options
    -------
    No options.

    Limits
    ------
    Measured numbers and texts are left alone.

    References
    ----------
    S. Kaufman et al., "Leakage in data mining", TKDD 2012.
    """
    return faults(survey, "identifier")
