"""TAB022 twin-column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB022",
    message="column {subject!r} {words}",
    headline=("{n} column repeats another", "{n} columns repeat others"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def twin_column(survey: DataFrame) -> DataFrame:
    """A column that says the same as another.

    What it does
    ------------
    Compares columns value by value, whatever the words, and numbers up to a factor.

    Why is this bad?
    ----------------
    What they say counts twice, and importance is split between them at random.

    What to do
    ----------
    Leave one of them out.

    Options
    -------
    No options.

    Limits
    ------
    Sums of several columns are not looked for.

    References
    ----------
    C. Strobl et al., "Conditional variable importance for random forests", BMC Bioinformatics 2008.
    """
    return faults(survey, "twin")
