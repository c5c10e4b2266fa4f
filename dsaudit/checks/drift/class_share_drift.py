"""DRF002 class-share-drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF002",
    message="{words}; in all {effect:.0%} of {many} ({low:.0%} to {high:.0%})",
    headline=("classes have other shares", "classes have other shares"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    worth=0.5,
)
def class_share_drift(drift: DataFrame, *, least_effect: float = 0.05) -> DataFrame:
    """Classes that are more or less frequent in the current set than in the reference.

    What it does
    ------------
    Compares the shares of the classes by the labels of both sets. Where the current set has none, shares are estimated
    from what a model of the reference says of its items: by maximum likelihood (EM), with black-box shift estimation
    beside it.

    Why is this bad?
    ----------------
    Probabilities of a model hold for the shares it learned from. Where a class grows, the model says it too seldom.

    What to do
    ----------
    Correct the probabilities, which `dsaudit drift --probabilities FILE` does; `--prior FILE` takes shares that you
    know.

    Options
    -------
    least_effect : share of the items, 0 to 1
        Half the sum of the differences of all classes' shares.

    Limits
    ------
    Estimated shares take each class to look as it did in the reference: where `embedding-drift` or `new-kind` are
    found, too, they may be off. A third of ten to fifteen classes that came three times as often was told in all trials
    of 850 and 450 items, in seven of ten of 200 and 110, in one of twenty of 60 and 35.

    References
    ----------
    M. Saerens, P. Latinne & C. Decaestecker, Neural Computation 2002; Z. Lipton, Y.-X. Wang & A. Smola, ICML 2018.
    """
    return raised(drift, "mix", least_effect)
