"""ANN001 low-agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.people.agreement import agreement_by_class, disputed_pairs, ratings
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "ANN001",
    message="people do not agree on what is {subject}: alpha {alpha:.2f} (95 % {low:.2f} to {high:.2f}) over"
    " {n_judged} items; {n_disputed} are disputed, mostly with {rival}",
    headline=("people do not agree on {n} class", "people do not agree on {n} classes"),
    cost="no model can be better than the people who taught it: sharpen the guide before labelling more",
    since="0.1.0",
    scope="class",
)
def low_agreement(annotations: DataFrame, *, min_alpha: float = 0.667, min_items: int = 10) -> DataFrame:
    """People who label the same items do not agree on a class.

    What it does
    ------------
    Takes the items that two people or more have labelled and computes Krippendorff's alpha of each class
    against all others. A class is flagged when even the upper end of its 95 % bootstrap interval lies below
    the threshold. The label that it is most often exchanged for is named, and the disputed items are listed.

    Why is this bad?
    ----------------
    Where people do not agree the label is a coin toss: it teaches little, it caps the accuracy that can be
    measured, and every further label bought is as doubtful.

    What to do
    ----------
    Listen to the disputed items with the people who differ, write the rule that decides them into the
    labelling guide, or merge the two classes.

    Options
    -------
    min_alpha : Krippendorff's alpha, -1 to 1
        Agreement that is asked for; .8 is usual for firm conclusions, .667 the least for tentative ones.
    min_items : items, 2 up
        Least number of items with this label and at least two people's answers.

    Limits
    ------
    Items chosen for review because they are doubtful are disputed more often than the rest of the data.
    Decisions made with the given label in sight lean towards it: review blind to measure agreement.

    References
    ----------
    K. Krippendorff, "Content Analysis: An Introduction to Its Methodology", 2004, chapter 11.
    """
    found = ratings(annotations)
    classes = agreement_by_class(found)
    pairs = disputed_pairs(found)
    disputed: dict[str, dict[str, list[str]]] = {str(c): {} for c in classes.index}
    for a, b, members in zip(pairs["a"], pairs["b"], pairs["item_ids"], strict=True):
        disputed[a][b] = disputed[b][a] = list(members)
    rivals = [max(sorted(d), key=lambda name: len(d[name]), default="") for d in disputed.values()]
    disputed_ids = [sorted({i for ids in d.values() for i in ids}) for d in disputed.values()]
    alpha = classes["alpha"].to_numpy(dtype=float)
    judged = (classes["n_items"].to_numpy() >= min_items) & np.isfinite(alpha)
    table = pd.DataFrame(
        {
            "alpha": alpha,
            "low": classes["low"].to_numpy(dtype=float),
            "high": classes["high"].to_numpy(dtype=float),
            "n_judged": classes["n_items"].to_numpy(),
            "n_disputed": [len(ids) for ids in disputed_ids],
            "rival": pd.Series(rivals, dtype=object).to_numpy(),
            "item_ids": pd.Series(disputed_ids, dtype=object).to_numpy(),
        },
        index=pd.Index(classes.index, dtype=object),
    )
    kept: DataFrame = table.loc[judged]
    flagged = kept["high"].to_numpy() < min_alpha
    share = np.clip(kept["alpha"].to_numpy(), 0.0, 1.0)
    return kept.assign(score=np.where(flagged, 0.5 * share, 0.5 + 0.5 * share), flagged=flagged)
