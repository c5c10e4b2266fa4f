"""TXT040 identical-halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT040",
    message="its two texts are {halves}",
    headline=("{flagged} is one text twice", "{flagged} are one text twice"),
    since="0.1.0",
    modalities=("text",),
)
def identical_halves(measurements: DataFrame) -> DataFrame:
    """The two texts of a pair are the same.

    What it does
    ------------
    Compares the two texts of items that are pairs, such as a premise and a hypothesis, without case, punctuation,
    accents and what shows nothing.

    Why is this bad?
    ----------------
    A column was read twice, or an answer is its question. A model learns that what is the same has that label.

    What to do
    ----------
    Fetch the other text again, or leave the pair out.

    Options
    -------
    No options.

    Limits
    ------
    Items of three texts and more are not looked at. In sets of paraphrases a pair of the same texts may be meant.

    References
    ----------
    Y. Zhang et al., "PAWS: Paraphrase Adversaries from Word Scrambling", NAACL 2019.
    """
    return said(measurements, "halves")
