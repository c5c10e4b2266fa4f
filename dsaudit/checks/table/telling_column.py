"""TAB023 telling-column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB023",
    message="column {subject!r} {words}",
    headline=("{n} column gives the label away", "{n} columns give the label away"),
    since="0.1.0",
    severity="error",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def telling_column(survey: DataFrame) -> DataFrame:
    """A column that gives the label away by itself.

    What it does
    ------------
    Foretells the label from each column alone, on rows that were not looked at; balanced accuracy of .985 counts.

    Why is this bad?
    ----------------
    Such a column is mostly made from the answer or filled in after it. The model is right here and useless later.

    What to do
    ----------
    Ask whether it is known before the label is. If not, leave it out.

    Options
    -------
    No options.

    Limits
    ------
    Some tasks are that easy.

    References
    ----------
    S. Kaufman et al., "Leakage in data mining", TKDD 2012.
    """
    return faults(survey, "telling")
