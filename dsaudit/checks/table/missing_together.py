"""TAB026 missing-together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB026",
    message="column {subject!r} {words}",
    headline=("{n} set of columns is empty in the same rows", "{n} sets of columns are empty in the same rows"),
    since="0.1.0",
    severity="info",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def missing_together(survey: DataFrame) -> DataFrame:
    """Columns that lack values in the same rows.

    What it does
    ------------
    Holds the empty cells of columns against each other, words for nothing among them; where most is empty, the filled
    ones. Nine in ten of the rows that either lacks must lack both.

    Why is this bad?
    ----------------
    A part of the row is missing as a whole: a page of a form, a join that found nothing, a device that was off. Each
    column filled in by itself makes rows that never were.

    What to do
    ----------
    Find out what these rows have in common. Mend the join, or fill the columns in together.

    Options
    -------
    No options.

    Limits
    ------
    Fewer than ten empty cells say nothing. Columns that are alternatives of each other are not named.

    References
    ----------
    D. Rubin, "Inference and missing data", Biometrika 1976.
    """
    return faults(survey, "together")
