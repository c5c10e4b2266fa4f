"""BAL001 rare-class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "BAL001",
    message="the class {subject} holds {n} of the {many}; {floor:.0f} would be the least to learn from here",
    since="0.1.0",
    scope="class",
)
def rare_class(
    items: DataFrame, class_sizes: DataFrame, *, min_items: int = 10, min_share_of_median: float = 0.1
) -> DataFrame:
    """A class has too few items to be learnt.

    What it does
    ------------
    Counts the items of each class and compares them with a floor: an absolute one, or a share of the
    median class, whichever is higher.

    Why is this bad?
    ----------------
    With a handful of items neither a model nor its score says anything about the class.

    What to do
    ----------
    Collect more, merge the class with a neighbour, or leave it out and say so.

    Options
    -------
    min_items : items, 1 up
        Absolute floor.
    min_share_of_median : share, 0 to 1
        Floor relative to the class of median size.

    Limits
    ------
    Classes that are rare on purpose, such as alarms, are flagged too.

    References
    ----------
    H. He and E. Garcia, "Learning from Imbalanced Data", IEEE TKDE 2009.
    """
    counts = class_sizes["n"].sort_index()
    floor = max(float(min_items), min_share_of_median * float(counts.median())) if len(counts) else float(min_items)
    table = class_sizes.sort_index()
    members = items["label"].dropna().groupby(items["label"]).apply(lambda s: sorted(s.index)[:200])
    return table.assign(
        floor=floor,
        item_ids=members.reindex(table.index).astype(object) if len(table) else [],
        score=table["n"] / (table["n"] + floor),
        flagged=table["n"] < floor,
    )
