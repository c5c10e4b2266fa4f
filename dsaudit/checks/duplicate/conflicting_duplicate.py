"""DUP003 conflicting-duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.duplicate._conflict import conflicts
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DUP003",
    message="{n_items} copies of one {one}{but} are labelled {labels}",
    headline=("a set of copies carries different labels", "{n} sets of copies carry different labels"),
    cost="at least one label of each set is wrong",
    worth=1.0,
    since="0.1.0",
    severity="error",
    scope="set",
    uses_label=True,
)
def conflicting_duplicate(items: DataFrame, duplicates: DataFrame) -> DataFrame:
    """Copies of one item have different labels.

    What it does
    ------------
    Takes the sets of exact and near duplicates and lists those whose items do not share one label.

    Why is this bad?
    ----------------
    At least one of the labels is wrong: this needs no model and no threshold to know.

    What to do
    ----------
    Look or listen once, give all copies the right label, then keep one of them.

    Options
    -------
    None.

    Limits
    ------
    Unlabelled copies are not a conflict. Those that are too little to be told by themselves, such as "ok thanks" among
    longer texts, are left to ambiguous-copy. Spellings of one label that differ only in case, spaces or
    Unicode form are left to label-spelling.

    References
    ----------
    C. Northcutt, A. Athalye and J. Mueller, "Pervasive Label Errors in Test Sets", NeurIPS 2021.
    """
    return conflicts(items, duplicates, slight=False).assign(score=0.0, flagged=True)
