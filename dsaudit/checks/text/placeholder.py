"""TXT005 placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.media.text.wording import stands_for_missing
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_A_HABIT = 5


@rule(
    "TXT005",
    message="it is a filler: {placeholder}",
    headline=("{flagged} is a filler in the place of a text", "{flagged} are fillers in the place of texts"),
    since="0.1.0",
    modalities=("text",),
)
def placeholder(measurements: DataFrame) -> DataFrame:
    """A filler stands where a text should be: lorem ipsum, test, n/a, asdf, [deleted].

    What it does
    ------------
    Compares the whole text, whatever its case and blanks, with what forms, tests and web sites leave: test, asdf, n/a,
    TODO, [deleted], no comment. Latin filler is known anywhere in a text.

    Why is this bad?
    ----------------
    Its label tells of something that is not there. A model learns it by heart.

    What to do
    ----------
    Remove them, or fetch the text that belongs there.

    Options
    -------
    No options.

    Limits
    ------
    NA, null and None may be words of a set and are left alone; so are n/a and nan where five other texts or more are
    empty, for a missing text is an empty one there.

    References
    ----------
    activetigger/activetigger#383, texts of which nothing is left.
    """
    table = said(measurements, "placeholder")
    if "status" in measurements and measurements["status"].eq("empty").sum() >= _A_HABIT:
        table = table[~table["placeholder"].map(stands_for_missing, na_action="ignore").eq(True)]
    return table
