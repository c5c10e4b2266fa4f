"""OUT002 foreign-item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.scoring import score_below
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "OUT002",
    message="may be something else altogether: farther from the core of {of_class} than {farther:.0%} of it",
    headline=("{flagged} may be something else altogether", "{flagged} may be something else altogether"),
    severity="info",
    worth=0.1,
    since="0.1.0",
)
def foreign_item(items: DataFrame, belonging: DataFrame, *, max_deviation: float = 4.0) -> DataFrame:
    """The item does not seem to be what the set is about, where no label can say so.

    What it does
    ------------
    Finds the core of each class, the closer half of its items around their own mean, in two spaces: embeddings that
    are standardised and reduced, and their plain directions. What lies far from the core in either, holds little
    (as the kind of data measures it) or, where labels are learnt, has neighbours of other labels, scores low. Every
    item gets a score. Findings, and the order of the review queue, follow where labels cannot order: in a set
    of one class, and where the model is refused because it agrees with few labels but by chance.

    Why is this bad?
    ----------------
    A set of one sound, one garment, one request is collected from people, and some of what they send is none. No
    label tells, and what is foreign is often alike among itself, so that it is no outlier either.

    What to do
    ----------
    Review in this order, and exclude what does not belong. Stop when twenty in a row do.

    Options
    -------
    max_deviation : spreads of the core, 1 to 20
        Items further out are flagged.

    Limits
    ------
    What is foreign must be less than half of its class. Foreign items from the same world as a loose class (other
    outdoor sounds among rain, other garments among skirts) are told from it poorly, and a rare but right kind of
    member stands out as foreign ones do.

    References
    ----------
    P. Rousseeuw, K. Van Driessen, "A Fast Algorithm for the Minimum Covariance Determinant Estimator", Technometrics
    1999.
    """
    deviation = belonging["deviation"].astype(float)
    labels = items["label"].reindex(belonging.index)
    rank = deviation.groupby(labels).rank(method="min")
    size = labels.map(labels.value_counts())
    named = [f"`{name}`" if isinstance(name, str) else "the set" for name in labels]
    return pd.DataFrame(
        {
            "score": score_below(deviation.to_numpy(), bad=max_deviation, healthy=0.0),
            "flagged": (deviation > max_deviation).to_numpy() & belonging["asked"].astype(bool).to_numpy(),
            "deviation": deviation,
            "farther": ((rank - 1.0) / np.maximum(size.astype(float), 1.0)).fillna(0.0),
            "of_class": pd.Series(named, index=belonging.index, dtype=object),
        },
        index=belonging.index,
    )
