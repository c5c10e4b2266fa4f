"""TXT041 swapped-halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT041",
    message="{n_items} items are one pair, in either order",
    headline=("{members} are one pair in either order", "{members} are {n} pairs in either order"),
    since="0.1.0",
    severity="info",
    scope="set",
    modalities=("text",),
)
def swapped_halves(measurements: DataFrame) -> DataFrame:
    """The same pair of texts is there twice, the other way round.

    What it does
    ------------
    Looks for items that are pairs of the same two texts, without case, punctuation and accents, in either order.

    Why is this bad?
    ----------------
    They are copies where the order means nothing, and leak between splits unseen; where it means something, such as
    what follows from what, two labels that agree are suspicious.

    What to do
    ----------
    Keep one of them where the order means nothing, and both in one split in any case.

    Options
    -------
    No options.

    Limits
    ------
    Items of three texts and more are not looked at.

    References
    ----------
    S. R. Bowman et al., "A large annotated corpus for learning natural language inference", EMNLP 2015.
    """
    told = measurements.reindex(columns=["pair_hash"])["pair_hash"].dropna().astype(str)
    pairs = told.str[:-1]
    both = told.groupby(pairs).transform("nunique") > 1
    # named by its first item: a hash says nothing
    first = pairs.index.to_series().groupby(pairs).transform("min")
    sets = set_table(first[both])
    return sets.assign(score=0.5 / (sets["n_items"] - 1), flagged=True)
