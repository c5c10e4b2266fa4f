"""DRF001 measurement-drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF001",
    message="{words}; {effect:.0%} of {many} differ ({low:.0%} to {high:.0%})",
    headline=("{n} measurement has changed", "{n} measurements have changed"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    worth=0.5,
)
def measurement_drift(drift: DataFrame, *, least_effect: float = 0.1) -> DataFrame:
    """A measurement, or a field of the items, that is otherwise in the current set than in the reference.

    What it does
    ------------
    Holds the distribution of every measurement, and of every named field of the items, in the current set against that
    in the reference: numbers by the largest difference of the shares below any value (Kolmogorov and Smirnov),
    categories by half the sum of the differences of their shares (total variation), both less what chance gives.

    Why is this bad?
    ----------------
    A model meets what it has not learned: another microphone, another camera, another format.

    What to do
    ----------
    See the examples side by side. Convert the current items to what was learned from, or learn from some of them, too.

    Options
    -------
    least_effect : share of the items, 0 to 1
        How far the distributions must differ, beyond what chance gives.

    Limits
    ------
    What looks the same in every measurement may still differ: see `embedding-drift`. Where groups are few, only what
    differs in all of them can be told from chance.

    References
    ----------
    P. Westfall & S. Young, Resampling-Based Multiple Testing, 1993, for the chance of any false alarm.
    """
    return raised(drift, "measurement", least_effect)
