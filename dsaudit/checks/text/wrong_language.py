"""TXT021 wrong-language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.checks.text._said import LEAST_SENSE, LEAST_SENSE_OF_MIXED, coded, plain_words
from dsaudit.media.text.language import MIXED
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_OTHER_LETTERS = 100.0


@rule(
    "TXT021",
    message="it is {language}, where most are {own_language}",
    headline=("{flagged} is in another language", "{flagged} are in other languages"),
    since="0.1.0",
    modalities=("text",),
)
def wrong_language(measurements: DataFrame, survey: DataFrame) -> DataFrame:
    """The text is in another language than most of the set.

    What it does
    ------------
    Asks a model of 140 languages (py3langid) for each text, and how much likelier the best one is than the language of
    at least 70 % of the set. Texts of 20 letters and more are judged, those of 12 and three words where there is no
    doubt, and those in other letters. Words of the set's own language among others, or a language in letters that are
    not its own, are said to be mixed, not wrong; so are the little words of a dozen languages among those of
    the set's own ("nice pero caro"): two of them, or one that nobody takes for another word.

    Why is this bad?
    ----------------
    A model that knows one language guesses, and so did an annotator who did not read it.

    What to do
    ----------
    Read them. Translate them, leave them out, or keep them on purpose and say so.

    Options
    -------
    No options.

    Limits
    ------
    Where no language has 70 % of a set nothing is said. Other foreign words in a text are not seen. Closely related
    languages may be taken for one another.

    References
    ----------
    A. Barbaresi, py3langid; M. Lui, T. Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL 2012.
    """
    columns = ["language", "own_language", "language_odds", "sense"]
    table = survey.reindex(columns=columns)[plain_words(measurements, survey)]
    other_letters = table["language"].notna() & (table["language_odds"].astype(float) >= _OTHER_LETTERS)
    least = np.where(table["language"] == MIXED, LEAST_SENSE_OF_MIXED, LEAST_SENSE)
    flagged = table["language"].notna() & ((table["sense"].astype(float) >= least) | other_letters)
    flagged &= ~coded(measurements, survey).reindex(table.index)
    score = np.where(flagged, 5.0 / (10.0 + table["language_odds"].astype(float).clip(lower=0.0)), 1.0)
    return table.assign(score=score, flagged=flagged)
