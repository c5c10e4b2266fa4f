"""TAB028 known-afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB028",
    message="column {subject!r} {words}",
    headline=("{n} column says something of one class alone", "{n} columns say something of one class alone"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def known_afterwards(survey: DataFrame) -> DataFrame:
    """A column that says something only in rows of one class.

    What it does
    ------------
    Takes what is empty in a column, and the value of at least half of its rows, for what it says of nothing, and
    looks at the labels of all other rows: 97 % must be of one class, and at least 20 rows more than chance lets be.

    Why is this bad?
    ----------------
    A date of refund, a count of reminders, a cause of death are known only after the label is. The model is right here
    and useless later.

    What to do
    ----------
    Ask whether it is known before the label is. If not, leave it out.

    Options
    -------
    No options.

    Limits
    ------
    A symptom that only one illness has is named, too. What tells every row's label is left to `telling-column`.

    References
    ----------
    S. Kaufman et al., "Leakage in data mining", TKDD 2012.
    """
    return faults(survey, "afterwards")
