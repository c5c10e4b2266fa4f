"""TXT034 same-meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.analysis.space.sets import counts_in_words, set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame, Series


@rule(
    "TXT034",
    message="two texts seem to say the same in other words{but} (cosine {cosine:.2f})",
    headline=(
        "{members} seem to say the same in other words",
        "{members} seem to say the same in other words, {n} pairs",
    ),
    since="0.1.0",
    severity="info",
    scope="set",
    worth=0.002,
    uses_label=True,
    modalities=("text",),
)
def same_meaning(items: DataFrame, meanings: DataFrame) -> DataFrame:
    """Two texts with unlike labels, or in unlike splits, say the same in other words.

    What it does
    ------------
    Lists two texts of which each is the nearest of the other by MiniLM, with a cosine of .94 and more, that are no
    copies, hold the same numbers and negations, and differ in label or split: those of unlike labels first.

    Why is this bad?
    ----------------
    Within one class and one split it is not, so such pairs are not listed. Two labels for one meaning are a hint to
    look: one of them may be wrong, or the border between the classes unclear. In two splits the test asks what was
    taught.

    What to do
    ----------
    Read the pairs whose labels differ. Where the test should ask for what is new, keep such pairs in one split.

    Options
    -------
    No options.

    Limits
    ------
    Of other encoders nobody has measured from which cosine on texts mean the same, and the rule does not run. Of three
    texts that say the same, two are listed. MiniLM knows English, and takes opposites (positive, negative), times of
    the day and exchanged ends (dollars in euros) for much the same: of 40 pairs of clinc150, read blind, 37 said the
    same.

    References
    ----------
    N. Reimers and I. Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks", EMNLP 2019.
    """
    sets = set_table(meanings["meaning_set"])
    labels, splits = (_differing(items[name], meanings["meaning_set"], sets.index) for name in ("label", "split"))
    but = labels.map(", labelled {}".format).where(labels != "", "") + splits.map(", in {}".format).where(
        splits != "", ""
    )
    cosine = meanings["cosine"].reindex(sets.index)
    differ = (labels != "") | (splits != "")
    # unlike labels first, of each kind the nearest first
    score = pd.Series(0.3, index=sets.index).where(labels != "", 0.4).where(differ, 0.6)
    return sets.assign(but=but, cosine=cosine, score=score + (1.0 - cosine).clip(0.0, 0.09), flagged=differ)


def _differing(values: Series[str], membership: Series[str], sets: pd.Index[str]) -> Series[str]:
    """What the two of each set have in words, where that differs; else empty."""
    own = values.dropna()
    own = own[own.index.isin(membership.index)]
    inside = membership.reindex(own.index)
    n = own.groupby(inside).nunique().reindex(sets).fillna(0)
    return counts_in_words(own, inside, sets).where(n > 1, "")
