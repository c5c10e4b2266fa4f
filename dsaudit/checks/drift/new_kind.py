"""DRF005 new-kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF005",
    message="{words}",
    headline=("{n} kind of items is new", "{n} kinds of items are new"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    worth=1.0,
)
def new_kind(drift: DataFrame, *, least_share: float = 0.005) -> DataFrame:
    """Items of the current set that lie together where the reference has next to nothing.

    What it does
    ------------
    Looks at the neighbourhood of every current item, of 2.5, 5 and 10 % as many items as the set has and of other
    groups, for one in which current items outnumber those of the reference more than anywhere in sets that were dealt
    at random. Where the reference has labels, the space is that in which a model of it tells its classes apart.

    Why is this bad?
    ----------------
    A model has never met their like and answers all the same, often with confidence.

    What to do
    ----------
    See them. Label some for training; or have the product turn them away.

    Options
    -------
    least_share : share of the items, 0 to 1
        Share of the current items that one kind must hold.

    Limits
    ------
    A kind is told by the encoder's lights; one that lies among known kinds is not found. A class that the reference has
    not, as 5 % of the current items: of 450 bank queries or 400 spoken words in each set it was found in three of four
    trials, of 200 in one of three and one of ten, of 200 photographs or 60 sounds (three new ones) in none.

    References
    ----------
    M. Kulldorff, "A spatial scan statistic", Communications in Statistics 1997.
    """
    return raised(drift, "new", least_share)
