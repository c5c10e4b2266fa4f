"""SPL002 leaked-group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import counts_in_words, set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "SPL002",
    message="group {subject} is in {splits}: {members}",
    headline=("one group has {things} in more than one split", "{n} groups have {things} in more than one split"),
    cost="test figures are too good until this is repaired",
    worth=1.0,
    since="0.1.0",
    severity="error",
    scope="set",
    named_subject=True,
)
def leaked_group(items: DataFrame) -> DataFrame:
    """Items of one group, such as one speaker, are in different splits.

    What it does
    ------------
    Lists the groups whose items are in more than one split.

    Why is this bad?
    ----------------
    A model recognises the speaker, the room or the source recording, and the test score says how well
    it knows these people, not how well it will do with the next ones.

    What to do
    ----------
    Move each group wholly to one side. The baseline's folds never tear a group apart.

    Options
    -------
    None.

    Limits
    ------
    Needs splits and groups; groups are only as good as the names or the column they come from.

    References
    ----------
    S. Kapoor and A. Narayanan, "Leakage and the Reproducibility Crisis in ML-based Science", Patterns 2023.
    """
    known = items.dropna(subset=["split", "group"])
    n_splits = known.groupby("group")["split"].nunique()
    leaked = known[known["group"].isin(n_splits.index[n_splits > 1])]
    sets = set_table(leaked["group"], minimum=1)
    sizes = leaked.groupby(["group", "split"]).size()
    shares = (sizes.groupby("group").max() / sizes.groupby("group").sum()).reindex(sets.index).astype(float)
    return sets.assign(
        splits=counts_in_words(leaked["split"], leaked["group"], sets.index), score=0.5 * shares, flagged=True
    )
