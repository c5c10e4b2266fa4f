"""TAB027 split-drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB027",
    message="column {subject!r} {words}",
    headline=("{n} column differs between splits", "{n} columns differ between splits"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def split_drift(survey: DataFrame) -> DataFrame:
    """A column that holds other values in one split than in another.

    What it does
    ------------
    Holds each split against the largest: numbers by the test of Kolmogorov and Smirnov, categories and what is missing
    by chi-squared, at one chance in a thousand for all together, where the distributions differ by a tenth. Of rows in
    groups one of each group is heard.

    Why is this bad?
    ----------------
    What is measured on such a split is not what was learned: the score falls for reasons that no model can help.

    What to do
    ----------
    Find out whether the split was meant so: another site, another time. Otherwise deal the rows again.

    Options
    -------
    No options.

    Limits
    ------
    Dates are passed over, for a split by time is meant. Splits of fewer than 30 rows or groups are not looked at.

    References
    ----------
    S. Rabanser et al., "Failing loudly: an empirical study of methods for detecting dataset shift", NeurIPS 2019.
    """
    return faults(survey, "drift")
