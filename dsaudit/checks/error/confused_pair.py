"""ERR001 confused-pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.model.confusion import by_chance, confused_pairs, confusion_counts
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "ERR001",
    message="{count} items of {given} are predicted as {predicted}, {share_of_given:.0%} of the class",
    since="0.1.0",
    severity="info",
    scope="set",
    named_subject=True,
    uses_label=True,
)
def confused_pair(
    items: DataFrame, pred_probs: DataFrame, *, min_count: int = 4, min_share: float = 0.05, min_times: float = 2.0
) -> DataFrame:
    """One class is predicted as another far more often than as the rest.

    What it does
    ------------
    Takes the off-diagonal cells of the confusion matrix of out-of-sample predictions and lists those with
    enough items, a notable share of their class, and several times what an even spread of that class's
    errors would give. Where all classes are predicted as that one alike, the model tells none of them: no pair.

    Why is this bad?
    ----------------
    Errors that gather in one cell have a cause: mixed-up labels, a labelling guide that leaves the border
    open, cut recordings that turn one word into another, or classes too alike.

    What to do
    ----------
    Open the cell and listen to its items in a row. Repair what is mislabelled or cut; merge the classes
    or sharpen the guide where people cannot tell them apart either.

    Options
    -------
    min_count : items, 1 up
        Least number of items in the cell.
    min_share : share, 0 to 1
        Least share of the given class.
    min_times : factor, 1 up
        Least ratio to an even spread of the class's errors over the other classes; not asked of two classes.

    Limits
    ------
    The baseline is a quick one: a pair it confuses may be easy for a larger model.

    References
    ----------
    P. Warden, "Why you need to improve your training data, and how to do it", 2018.
    """
    classes = [str(c) for c in pred_probs.columns]
    column = items["label"].reindex(pred_probs.index).map({c: k for k, c in enumerate(classes)})
    given = column.fillna(-1).to_numpy(dtype=np.int64)
    pairs = confused_pairs(given, pred_probs.to_numpy(), classes=classes, item_ids=list(pred_probs.index))
    n_errors = pairs.groupby("given")["count"].transform("sum") if len(pairs) else pairs["count"]
    even = n_errors / max(len(classes) - 1, 1)
    times = (pairs["count"] / even).astype(float) if len(pairs) else pd.Series(dtype=float)
    flagged = (pairs["count"] >= min_count) & (pairs["share_of_given"] >= min_share)
    place = pd.Index(classes)
    chance = by_chance(confusion_counts(given, pred_probs.to_numpy().argmax(1), n_classes=len(classes)))
    cell = place.get_indexer(pd.Index(pairs["given"])), place.get_indexer(pd.Index(pairs["predicted"]))
    flagged &= pd.Series(~chance[cell], index=pairs.index)
    if len(classes) > 2:
        flagged &= times >= min_times
    share = pairs["share_of_given"].to_numpy(dtype=float)
    table = pairs.assign(
        times=times,
        flagged=flagged.astype(bool),
        score=np.where(flagged, 0.5 * (1.0 - share), 1.0 - 0.5 * share),
        n_items=pairs["count"],
    )
    return table.set_index(
        pd.Index([f"{g} → {p}" for g, p in zip(pairs["given"], pairs["predicted"], strict=True)], dtype=object)
    )
