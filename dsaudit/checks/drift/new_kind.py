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
    """Items of the current set with nothing like them in the reference.

    What it does
    ------------
    Looks for items whose nearest neighbours, of other groups, are nearly all of the current set, and puts those
    together that are neighbours of each other.

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
    A kind is told by the encoder's lights; one that lies among known kinds is not found, nor one of a few items.

    References
    ----------
    M. Schilling, Journal of the American Statistical Association 1986, on nearest neighbours of two samples.
    """
    return raised(drift, "new", least_share)
