"""SPL001 leaked-duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import counts_in_words, pairs_in, set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "SPL001",
    message="{n_items} copies of one {one} are in {splits}",
    headline=("copies of one item are in more than one split", "copies of {n} items are in more than one split"),
    cost="test figures are too good until this is repaired",
    worth=1.0,
    since="0.1.0",
    severity="error",
    scope="set",
)
def leaked_duplicate(items: DataFrame, duplicates: DataFrame) -> DataFrame:
    """Copies of one item are in different splits.

    What it does
    ------------
    Takes the sets of exact and near duplicates and lists those that reach into more than one split.

    Why is this bad?
    ----------------
    The model is tested on what it was trained on: the test score is better than the truth.

    What to do
    ----------
    Remove the copies from the training split; the test split stays as it is.

    Options
    -------
    None.

    Limits
    ------
    Needs a split column, folders named after splits, or lists as in Speech Commands.

    References
    ----------
    S. Kapoor and A. Narayanan, "Leakage and the Reproducibility Crisis in ML-based Science", Patterns 2023.
    """
    together = duplicates["near_set"].dropna()
    splits = items["split"].dropna()
    splits = splits[splits.index.isin(together.index)]
    inside = together.reindex(splits.index)
    n_splits = splits.groupby(inside).nunique()
    leaked = n_splits.index[n_splits > 1]
    sets = set_table(together[together.isin(leaked)])
    told = pairs_in(sets, duplicates)
    return sets.assign(splits=counts_in_words(splits, inside, sets.index), **told, score=0.0, flagged=True)
