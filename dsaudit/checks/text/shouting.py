"""TXT022 shouting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_HABIT = 0.5
"""Share of texts in capitals from which a set is written so."""


@rule(
    "TXT022",
    message="{how}",
    headline=("{flagged} shouts or repeats itself", "{flagged} shout or repeat themselves"),
    since="0.1.0",
    severity="info",
    modalities=("text",),
)
def shouting(measurements: DataFrame, *, min_capitals: float = 0.9) -> DataFrame:
    """All in capitals, or the same letter, sign or word again and again.

    What it does
    ------------
    Looks for texts of ten letters and two words and more in which nine of ten letters are capitals, unless that is how
    the set is written, and for letters, signs or words repeated without need: sooooo, !!!!!!.

    Why is this bad?
    ----------------
    A model takes MONEY and money for two words. It may tell a class by tone rather than content, which is right for
    anger and wrong for topics.

    What to do
    ----------
    Look. Fold the case before training if it carries nothing.

    Options
    -------
    min_capitals : share of letters, 0 to 1
        From which a text is in capitals.

    Limits
    ------
    Tables and rules drawn with signs, Roman numerals and web addresses are left alone.

    References
    ----------
    J. Eisenstein, "What to do about bad language on the internet", NAACL 2013.
    """
    columns = ["capital_share", "repeated"]
    table = measurements.reindex(columns=columns)[measurements["status"].eq("ok")]
    capitals = table["capital_share"].astype(float) >= min_capitals
    capitals &= capitals[table["capital_share"].notna()].mean() < _HABIT
    repeated = table["repeated"].notna()
    words = np.where(repeated, "repeats: " + table["repeated"].fillna("").astype(str), "")
    how = np.where(capitals, np.where(repeated, "all in capitals; " + words, "all in capitals"), words)
    flagged = capitals | repeated
    return table.assign(how=how, score=1.0 - flagged.astype(float) * 0.75, flagged=flagged)
