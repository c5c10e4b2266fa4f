"""DRF007 accuracy-drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF007",
    message="{words}: {points_less:.1f} points less ({points_low:.1f} to {points_high:.1f})",
    headline=("accuracy is expected to fall", "accuracy is expected to fall"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    worth=1.0,
)
def accuracy_drop(drift: DataFrame, *, least_drop: float = 0.02) -> DataFrame:
    """A model of the reference that is expected to be less often right of the current set.

    What it does
    ------------
    Trains a linear probe on the reference, learns on held-out items how often it is right given how sure it is, and
    takes the mean over the current items (confidence-based performance estimation). No label of the current set is
    used. The interval is for what labels of these items would tell; it widens with few items, with large groups, and
    downwards the better a classifier tells the sets apart.

    Why is this bad?
    ----------------
    The score on the reference no longer says how the product does.

    What to do
    ----------
    Take the causes above it first. Label a few hundred current items, which tells for sure: `dsaudit next`.

    Options
    -------
    least_drop : share of the items, 0 to 1
        Accuracy that must be expected to be lost.

    Limits
    ------
    It is the accuracy of the probe, not of your model; bring your own vectors with --embeddings to be nearer to it. A
    model stays as sure of noisy items as of others: the lower end takes the model to guess of as many items as twice
    what the AUC of a classifier of the sets has above 0.5, and where that is 40 % or more, and no chance, nothing is
    expected and this rule is silent. Items of a class that the reference has not, and that look like others, are not
    foreseen: 7 % of such cost 6 points, which were not in sight. Of 60 items the interval is 30 points wide.

    References
    ----------
    J. Platt, 1999; NannyML's CBPE; S. Garg et al., "Leveraging unlabeled data to predict out-of-distribution
    performance", ICLR 2022, on the limits of such estimates.
    """
    found = raised(drift, "accuracy", least_drop)
    return found.assign(
        points_less=100 * found["effect"], points_low=100 * found["low"], points_high=100 * found["high"]
    )
