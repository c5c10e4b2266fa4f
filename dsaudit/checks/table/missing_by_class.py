"""TAB024 missing-by-class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB024",
    message="column {subject!r} {words}",
    headline=("{n} column is empty by class", "{n} columns are empty by class"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def missing_by_class(survey: DataFrame) -> DataFrame:
    """A column that is empty in one class far more than in others.

    What it does
    ------------
    Compares the share of empty cells, and of words for nothing, between classes.

    Why is this bad?
    ----------------
    That a value is missing then tells the label, and where it came from, better than the value.

    What to do
    ----------
    Find out why. Do not let the model see what is missing unless that is known in time.

    Options
    -------
    No options.

    Limits
    ------
    Differences below ten points or five standard deviations are not named.

    References
    ----------
    D. Rubin, "Inference and missing data", Biometrika 1976.
    """
    return faults(survey, "lacking")
