"""Sets of copies whose labels differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import counts_in_words, pairs_in, set_table

if TYPE_CHECKING:
    from pandas import DataFrame


def conflicts(items: DataFrame, duplicates: DataFrame, *, slight: bool) -> DataFrame:
    """Sets of exact and near copies with more than one label, but for spellings of one.

    Parameters
    ----------
    items : DataFrame by ``item_id``
        ``label``.
    duplicates : DataFrame by ``item_id``
        ``slight`` where some are too little to be told by themselves.
    slight : bool
        Sets of nothing but those, or all others.

    Returns
    -------
    DataFrame by set
        ``item_ids``, ``n_items``, ``but`` (how they differ, in brackets), ``labels`` (in words), ``pairs``, ``how``.
    """
    from dsaudit.analysis.label.spelling import canonical_label

    together = duplicates["near_set"].dropna()
    little = duplicates["slight"].reindex(together.index).eq(True) if "slight" in duplicates else together.isna()
    together = together[little.groupby(together).transform("all") == slight]
    labels = items["label"].dropna()
    labels = labels[labels.index.isin(together.index)]
    inside = together.reindex(labels.index)
    n_labels = labels.map(canonical_label).groupby(inside).nunique()
    sets = set_table(together[together.isin(n_labels.index[n_labels > 1])])
    told = pairs_in(sets, duplicates)
    but = [f" ({how[2:]})" if how.startswith(": ") else "" for how in told["how"]]
    return sets.assign(but=but, labels=counts_in_words(labels, inside, sets.index), **told)
