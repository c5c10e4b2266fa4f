"""DRF003 unseen-class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF003",
    message="{words}",
    headline=("{n} class is not in the reference", "{n} classes are not in the reference"),
    since="0.1.0",
    severity="error",
    scope="set",
    named_subject=True,
    worth=1.0,
)
def unseen_class(drift: DataFrame, *, least_share: float = 0.0) -> DataFrame:
    """A class of the current set that the reference has not.

    What it does
    ------------
    Names the labels of the current set that no item of the reference has, and what a model of the reference takes them
    for.

    Why is this bad?
    ----------------
    Whatever the model says of such an item is wrong.

    What to do
    ----------
    Label some for training, or have the product turn them away. Where it is another spelling, mend it: `dsaudit remap`.

    Options
    -------
    least_share : share of the items, 0 to 1
        Share of the current items from which on it is told.

    Limits
    ------
    It needs labels in the current set; without them see `new-kind`.

    References
    ----------
    None: it is a fact.
    """
    return raised(drift, "unseen", least_share)
