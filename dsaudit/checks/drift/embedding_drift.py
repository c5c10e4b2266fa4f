"""DRF004 embedding-drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.drift._raised import raised
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DRF004",
    message="{words} ({low:.2f} to {high:.2f})",
    headline=("the items as a whole look different", "the items as a whole look different"),
    since="0.1.0",
    severity="warning",
    scope="set",
    named_subject=True,
    worth=0.5,
)
def embedding_drift(drift: DataFrame, *, least_auc: float = 0.6) -> DataFrame:
    """Items as a whole that can be told from those of the reference.

    What it does
    ------------
    Trains a classifier to tell the two sets apart by the vectors of their items, and tests it on groups that it has not
    met; beside it stands the maximum mean discrepancy of a kernel.

    Why is this bad?
    ----------------
    What can be told apart is not drawn alike: accuracy on the one says less of the other.

    What to do
    ----------
    See the examples, the most different first, and the measurements that changed; learn from some of the current items.

    Options
    -------
    least_auc : area under the curve, 0.5 to 1
        How well a classifier must tell the sets apart.

    Limits
    ------
    What an encoder does not hold is not seen. An AUC near 1 is no measure of harm: a model may not mind.

    References
    ----------
    D. Lopez-Paz & M. Oquab, ICLR 2017; A. Gretton et al., JMLR 2012.
    """
    return raised(drift, "space", least_auc)
