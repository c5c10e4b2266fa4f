"""ERR002 weak-class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.model.confusion import confusion_counts
from dsaudit.analysis.model.metrics import proportion
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

    from dsaudit.types import Estimate


@rule(
    "ERR002",
    message="only {recall:.0%} of {subject} is recognised (95 % {recall_low:.0%} to {recall_high:.0%}),"
    " against {others_recall:.0%} of the other classes",
    headline=(
        "one class is recognised far less often than the others",
        "{n} classes are recognised far less often than the others",
    ),
    since="0.1.0",
    scope="class",
    uses_label=True,
)
def weak_class(items: DataFrame, pred_probs: DataFrame, *, max_gap: float = 0.05) -> DataFrame:
    """A class is recognised far less often than the others.

    What it does
    ------------
    Compares each class's recall on out-of-sample predictions with the recall of all other classes taken
    together; flagged when even the lower end of the 95 % interval of the difference exceeds the gap.

    Why is this bad?
    ----------------
    Something is wrong with this class in particular: wrong labels, too few or too varied items, a guide
    that lumps two things together.

    What to do
    ----------
    Look at its row of the confusion matrix, its label-error candidates and its clusters.

    Options
    -------
    max_gap : recall, 0 to 1
        Difference to the other classes that is put up with.

    Limits
    ------
    Classes such as unknown or other are varied by nature and often weak.

    References
    ----------
    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 1998, method 10.
    """
    classes = [str(c) for c in pred_probs.columns]
    column = items["label"].reindex(pred_probs.index).map({c: k for k, c in enumerate(classes)})
    given = column.fillna(-1).to_numpy(dtype=np.int64)
    probs = pred_probs.to_numpy()
    predicted = probs.argmax(1) if len(probs) else np.empty(0, dtype=np.int64)
    counts = confusion_counts(given, predicted, n_classes=len(classes))
    n, hits = counts.sum(axis=1), np.diagonal(counts)
    present = n > 0
    own = [proportion(h, m) for h, m in zip(hits[present], n[present], strict=True)]
    rest = [proportion(h, m) for h, m in zip(hits.sum() - hits[present], n.sum() - n[present], strict=True)]
    gap_low = np.array([_difference_low(o, r) for o, r in zip(own, rest, strict=True)])
    recall = np.array([o.value for o in own])
    wrong = {
        classes[k]: [str(i) for i in pred_probs.index[(given == k) & (predicted != k)]] for k in np.flatnonzero(present)
    }
    flagged = gap_low > max_gap
    return pd.DataFrame(
        {
            "n": n[present],
            "recall": recall,
            "recall_low": [o.low for o in own],
            "recall_high": [o.high for o in own],
            "others_recall": [r.value for r in rest],
            "item_ids": pd.Series([sorted(ids) for ids in wrong.values()], dtype=object).to_numpy(),
            "score": np.where(flagged, 0.5 * recall, 0.5 + 0.5 * recall),
            "flagged": flagged,
        },
        index=pd.Index(list(wrong), dtype=object),
    )


def _difference_low(own: Estimate, others: Estimate) -> float:
    """Lower end of the 95 % interval of the others' recall minus the own; NaN where there are no others."""
    return others.value - own.value - float(np.hypot(others.value - others.low, own.high - own.value))
