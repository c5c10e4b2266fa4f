"""ANN002 outlying-annotator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.people.agreement import agreement_by_person, ratings
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

    from dsaudit.analysis.people.agreement import Ratings


@rule(
    "ANN002",
    message="{subject} agrees with the others on {agreed:.0%} of {n_shared} shared items, where the others agree among"
    " themselves on {others:.0%}; most often says {said} for {meant}",
    headline=("{n} annotator labels unlike the others", "{n} annotators label unlike the others"),
    since="0.1.0",
    scope="set",
    named_subject=True,
)
def outlying_annotator(
    annotations: DataFrame, *, min_gap: float = 0.1, min_items: int = 20, max_p: float = 0.05
) -> DataFrame:
    """One person's labels differ from the others' more than the others' differ among themselves.

    What it does
    ------------
    For each person, compares how often they say what others say of the same items with how often those
    others agree with each other. Flagged when the gap is large and an exact binomial test, corrected for
    the number of people (Bonferroni), does not explain it by chance. Names the exchange of labels that is
    most frequent, and lists the items where the person stands against all others.

    Why is this bad?
    ----------------
    A person who misread the guide, hears badly, swaps two keys or clicks through makes errors that are
    systematic, and a model learns them.

    What to do
    ----------
    Listen to the listed items together. If the person is wrong, undo or re-assign their items; if they
    are right, it is the guide that needs a sentence.

    Options
    -------
    min_gap : share, 0 to 1
        Least difference in agreement.
    min_items : items, 1 up
        Least number of items shared with others.
    max_p : probability, 0 to 1
        Chance of a false alarm over all people.

    Limits
    ------
    With two people it cannot be said who is the odd one, so nobody is judged. The one expert among
    careless people stands out as well.

    References
    ----------
    A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm",
    Applied Statistics 28, 1979.
    """
    from scipy.stats import binomtest  # most of a second, and few sets have annotators

    found = ratings(annotations)
    people = agreement_by_person(found)
    people = people[(people["n_items"] >= min_items) & people["others"].notna() & people["agreed"].notna()]
    p_values = [
        binomtest(round(agreed * n), int(n), min(max(others, 0.0), 1.0), alternative="less").pvalue * len(people)
        for agreed, n, others in zip(people["agreed"], people["n_items"], people["others"], strict=True)
    ]
    habits = [_habit(found, found.people.index(name)) for name in people.index]
    agreed, others = people["agreed"].to_numpy(dtype=float), people["others"].to_numpy(dtype=float)
    flagged = (others - agreed >= min_gap) & (np.array(p_values, dtype=float) < max_p)
    return pd.DataFrame(
        {
            "agreed": agreed,
            "others": others,
            "n_shared": people["n_items"].to_numpy(dtype=np.int64),
            "said": pd.Series([h[0] for h in habits], dtype=object).to_numpy(),
            "meant": pd.Series([h[1] for h in habits], dtype=object).to_numpy(),
            "item_ids": pd.Series([h[2] for h in habits], dtype=object).to_numpy(),
            "score": np.where(flagged, 0.5 * agreed, 0.5 + 0.5 * agreed),
            "flagged": flagged,
        },
        index=pd.Index(people.index, dtype=object),
    )


def _habit(found: Ratings, person: int) -> tuple[str, str, list[str]]:
    """What the person says most often where all others say something else in one voice, and those items."""
    own = found.labels[person]
    counts = found.counts
    said = np.flatnonzero(own >= 0)
    rest = counts[said].copy()
    rest[np.arange(len(said)), own[said]] -= 1
    against = (rest.sum(axis=1) > 0) & (rest.max(axis=1, initial=0) == rest.sum(axis=1))
    against &= rest[np.arange(len(said)), own[said]] == 0
    where, meant = said[against], rest[against].argmax(axis=1) if against.any() else np.empty(0, dtype=np.int64)
    if not len(where):
        return "", "", []
    k = len(found.classes)
    codes, times = np.unique(own[where] * k + meant, return_counts=True)
    most = int(codes[times.argmax()])
    return found.classes[most // k], found.classes[most % k], [found.items[i] for i in where]
