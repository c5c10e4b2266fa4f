"""TXT031 label-in-text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.checks.text._said import by_class
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT031",
    message="`{words}` names {subject} in {n_own:,.0f} of its {n_class:,.0f} texts, and in"
    " {n_others:,.0f} of {n_rest:,.0f} others",
    headline=("{n} class is named in its own texts", "{n} classes are named in their own texts"),
    since="0.1.0",
    scope="class",
    worth=0.5,
    modalities=("text",),
)
def label_in_text(
    items: DataFrame, survey: DataFrame, *, min_texts: int = 3, most_elsewhere: float = 0.05
) -> DataFrame:
    """Texts name their own label: a hashtag, a field or a tag stayed in.

    What it does
    ------------
    Looks for the words of a text's label where they are set off: as a hashtag, in brackets, as the value of a field
    (class=advert), or before a colon. A class is flagged where that is so in ``min_texts`` of its texts and hardly any
    of another class. The words within a sentence are none.

    Why is this bad?
    ----------------
    A model reads the answer and learns nothing else: it scores well here and fails where nobody wrote the label into
    the text.

    What to do
    ----------
    Remove what was left in, from all texts, and train again.

    Options
    -------
    min_texts : texts
        Fewer are an accident.
    most_elsewhere : share of those texts
        So many of other classes may name the label as well.

    Limits
    ------
    Labels of one or two letters and numbers are looked for as fields only.

    References
    ----------
    vered1986/OKR#18, ymym3412/acl-papers#448, the hashtag that made the label stays in.
    """
    others = survey.reindex(columns=["label_word_others"])["label_word_others"]
    table = by_class(items, survey.reindex(columns=["label_word"])["label_word"], others)
    flagged = (table["n_own"] >= min_texts) & (table["n_others"] <= most_elsewhere * table["n_own"])
    return table.assign(score=np.where(flagged, 0.5 * (1.0 - table["own_share"]), 1.0), flagged=flagged)
