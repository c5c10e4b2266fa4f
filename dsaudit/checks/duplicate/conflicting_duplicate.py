"""DUP003 conflicting-duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import counts_in_words, pairs_in, set_table
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
    Unlabelled copies are not a conflict. Spellings of one label that differ only in case, spaces or
    Unicode form are left to label-spelling.

    References
    ----------
    C. Northcutt, A. Athalye and J. Mueller, "Pervasive Label Errors in Test Sets", NeurIPS 2021.
    """
    from dsaudit.analysis.label.spelling import canonical_label

    together = duplicates["near_set"].dropna()
    labels = items["label"].dropna()
    labels = labels[labels.index.isin(together.index)]
    inside = together.reindex(labels.index)
    n_labels = labels.map(canonical_label).groupby(inside).nunique()
    conflicting = n_labels.index[n_labels > 1]
    sets = set_table(together[together.isin(conflicting)])
    told = pairs_in(sets, duplicates)
    but = [f" ({how[2:]})" if how.startswith(": ") else "" for how in told["how"]]
    return sets.assign(but=but, labels=counts_in_words(labels, inside, sets.index), **told, score=0.0, flagged=True)
