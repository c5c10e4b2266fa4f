"""TAB002 odd-form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import told
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB002",
    message="{odd_form}",
    headline=("{flagged} holds a value in another form", "{flagged} hold values in other forms"),
    since="0.1.0",
    severity="warning",
    modalities=("table",),
)
def odd_form(survey: DataFrame) -> DataFrame:
    """A value written otherwise than its column: unit, decimal comma, date order, lost zeros.

    What it does
    ------------
    Learns the patterns of each column. In columns of numbers it names units in several spellings, decimal commas,
    marks between thousands and text; in columns of dates other forms, days that no calendar has; in columns of
    codes what a spreadsheet spoils: leading zeros lost, powers of ten, names turned into dates, `#NAME?`.

    Why is this bad?
    ----------------
    A program reads `1,5` as a text or as 15, and half of the column as missing.

    What to do
    ----------
    Take the proposed form; where digits are lost, fetch the value from its source.

    Options
    -------
    No options.

    Limits
    ------
    Where a column has many patterns by nature, as names have, a rare one says little and is left alone.

    References
    ----------
    M. Ziemann et al., "Gene name errors are widespread in the scientific literature", Genome Biology 2016.
    """
    return told(survey, "odd_form")
