"""DRF006 missing-kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF006",
    message="{words}",
    headline=("{n} kind of items is missing", "{n} kinds of items are missing"),
    since="0.1.0",
    severity="info",
    scope="set",
    named_subject=True,
    worth=0.2,
)
def missing_kind(drift: DataFrame, *, least_share: float = 0.005) -> DataFrame:
    """Items of the reference that lie together where the current set has next to nothing.

    What it does
    ------------
    The same as `new-kind`, the other way round.

    Why is this bad?
    ----------------
    What the model learned there does not serve; or something upstream drops such items.

    What to do
    ----------
    Ask whether they are still expected. Accuracy on the reference counts them: leave them out to compare.

    Options
    -------
    least_share : share of the items, 0 to 1
        Share of the reference's items that one kind must hold.

    Limits
    ------
    As for `new-kind`.

    References
    ----------
    M. Kulldorff, "A spatial scan statistic", Communications in Statistics 1997.
    """
    return raised(drift, "missing", least_share)
