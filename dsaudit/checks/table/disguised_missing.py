"""TAB003 disguised-missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.table._told import faults
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TAB003",
    message="{words}, in {n_items:,} rows",
    headline=("{n} value stands for nothing", "{n} values stand for nothing"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    modalities=("table",),
)
def disguised_missing(survey: DataFrame) -> DataFrame:
    """A word, number or day that stands for no value: N/A, -999, 1900-01-01.

    What it does
    ------------
    Knows the words that people write for nothing, and looks in columns of numbers and dates for values that repeat
    and stand apart from all others, above all those that programs use. The one word that a whole table uses is its
    own way to say so and is left alone.

    Why is this bad?
    ----------------
    A mean with -999 in it is no mean, and `unknown` becomes a category.

    What to do
    ----------
    Empty these cells.

    Options
    -------
    No options.

    Limits
    ------
    A value within the range of its column is taken for meant. `none` and `unknown` may be categories.

    References
    ----------
    R. Pearson, "The problem of disguised missing data", SIGKDD Explorations 2006.
    """
    return faults(survey, "stand-in")
