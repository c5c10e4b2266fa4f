"""DUP005 ambiguous-copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.duplicate._conflict import conflicts
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DUP005",
    message="{n_items} copies of one {one}{but}, too short to be told by itself, are labelled {labels}",
    headline=(
        "a set of copies too short to be told by themselves has several labels",
        "{n} sets of copies too short to be told by themselves have several labels",
    ),
    cost="each may be right where it stood, and a model cannot know",
    worth=0.05,
    since="0.1.0",
    severity="info",
    scope="set",
    uses_label=True,
)
def ambiguous_copy(items: DataFrame, duplicates: DataFrame) -> DataFrame:
    """Copies that are too short to be told by themselves have different labels.

    What it does
    ------------
    Takes the sets of copies that conflicting-duplicate would list, of texts of a word or two and at most 12 letters in
    a set whose texts have four words and more: ok thanks, no, not sure.

    Why is this bad?
    ----------------
    What such a text means was said before it, so no label need be wrong. A model that does not see what stood before
    can only guess.

    What to do
    ----------
    Add what stood before to the text, or leave such texts out.

    Options
    -------
    None.

    Limits
    ------
    In sets of short commands every text tells its label, and conflicting-duplicate judges them.

    References
    ----------
    C. Northcutt, A. Athalye and J. Mueller, "Pervasive Label Errors in Test Sets", NeurIPS 2021.
    """
    return conflicts(items, duplicates, slight=True).assign(score=0.45, flagged=True)
