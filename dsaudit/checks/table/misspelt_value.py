"""TAB001 misspelt-value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB001",
    message="{misspelt}",
    headline=("{flagged} holds a misspelt value", "{flagged} hold misspelt values"),
    since="0.1.0",
    severity="warning",
    modalities=("table",),
)
def misspelt_value(survey: DataFrame) -> DataFrame:
    """A rare value that looks like a frequent one, or whose letters a wrong decoding broke.

    What it does
    ------------
    Holds rare values of a column against frequent ones: a letter or two apart, another case, other blanks or
    accents, another legal form of a firm; words inside longer values likewise. How near frequent values lie to one
    another says how much nearness means. Letters that a wrong decoding broke are told by what they come to when it
    is undone.

    Why is this bad?
    ----------------
    To a model two spellings are two things. Groups, counts and joins fall apart along them.

    What to do
    ----------
    Take the proposed value, for all rows that have the same at once.

    Options
    -------
    No options.

    Limits
    ------
    Codes that differ in digits alone are left alone unless another hint speaks against them. A rare name near a
    frequent one may be a name of its own.

    References
    ----------
    F. Damerau, "A technique for computer detection and correction of spelling errors", CACM 1964.
    """
    return told(survey, "misspelt")
