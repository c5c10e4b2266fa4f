"""OUT001 outlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import as_rows, values_of_lists
from dsaudit.analysis.space.outliers import outlier_scores
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "OUT001",
    message="unlike everything else: far even from its nearest neighbours, {deviation:.1f} times the spread that is"
    " usual{for_class}",
    headline=("{flagged} is unlike everything else", "{flagged} are unlike everything else"),
    since="0.1.0",
    severity="info",
)
def outlier(items: DataFrame, neighbours: DataFrame, blank: DataFrame, *, max_deviation: float = 3.0) -> DataFrame:
    """The item is unlike every other item.

    What it does
    ------------
    Takes the mean distance to the nearest neighbours in embedding space and compares its logarithm with
    the median of the item's class, in median absolute deviations; and likewise the mean angle. The larger counts.

    Why is this bad?
    ----------------
    Outliers are often not what the dataset is about: a test tone, a cough, another language, a page of
    text among photographs. Some are the rare cases that matter most.

    What to do
    ----------
    Look at each. Exclude what does not belong; collect more of what does.

    Options
    -------
    max_deviation : robust standard deviations, 1 to 20
        Items further out are flagged.

    Limits
    ------
    A second copy hides an outlier from this rule, since the two are near each other. Items that hold nothing (digital
    silence, one colour) are left to the rules that name them.

    References
    ----------
    J. Kuan, J. Mueller, "Back to the Basics: Revisiting Out-of-Distribution Detection Baselines", ICML 2022.
    """
    empty = blank["blank"].reindex(neighbours.index, fill_value=False)
    lengths = values_of_lists(neighbours["distance"])[0]
    kept = (lengths > 0) & ~empty.to_numpy()
    known = neighbours[kept]
    if not len(known):
        empty = pd.Series(dtype=float)
        return pd.DataFrame({"score": empty, "flagged": empty.astype(bool), "deviation": empty, "distance": empty})
    width = int(lengths[kept].min())
    distance, similarity = (
        as_rows(*values_of_lists(known[name]), width=width, nothing=np.nan) for name in ("distance", "similarity")
    )
    labels = items["label"].reindex(known.index)
    scores = outlier_scores(distance, similarity, labels=labels.to_numpy(dtype=object), max_deviation=max_deviation)
    words = {name: f" for {name}" for name in labels.dropna().unique()}
    named = [words.get(name, "") for name in labels]
    return scores.set_index(known.index).assign(for_class=pd.Series(named, index=known.index, dtype=object))
