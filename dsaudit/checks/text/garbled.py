"""TXT020 garbled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.checks.text._said import LEAST_SENSE, LEAST_SENSE_OF_MIXED, coded, plain_words
from dsaudit.media.text.language import MIXED
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_MARGIN = 4.0
"""Bits for one character; it goes down with the root of their number."""
_SURE = 25.0
"""Odds of another language, as a logarithm, from which a text is in that and not garbled."""
_FEW_SENTENCES = 1.2
"""Usual bits per character of a set put together from a few sentences."""
_SENSE, _LONG, _FAR = 0.9, 25, 0.8
"""Likeness to any language, per letter, below which a text is garbled, there if it has so many characters; elsewhere a
text that is so many bits above the bound is garbled in any case."""
_STRANGE, _STRANGE_SENSE, _NEARER = 0.5, 1.5, 0.5
"""Share of the letters in words that no other text has, from which a text may be so much like a language, and so many
bits nearer: little words stay words when their letters are shuffled."""


@rule(
    "TXT020",
    message="{bits_per_character:.1f} bits per character to a model of this set, where {usual_bits:.1f} are usual",
    headline=("{flagged} is no text", "{flagged} are no texts"),
    since="0.1.0",
    modalities=("text",),
)
def garbled(
    measurements: DataFrame, survey: DataFrame, *, more: float = 2.3, min_bits: float = 3.5, min_characters: int = 12
) -> DataFrame:
    """No text: keys struck at random, letters shuffled, binary data.

    What it does
    ------------
    Trains a model of characters (five letters at a time) on the set itself, in five parts, and reads each text with
    what the other four taught. A text is flagged where a character costs ``more`` bits above the median of the set, and
    a margin that shrinks with its length; half a bit less is enough where most of its words stand in no other text.

    Why is this bad?
    ----------------
    Its label is no more than a guess, and a model learns it by heart.

    What to do
    ----------
    Read them; fetch them again or leave them out.

    Options
    -------
    more : bits per character
        How far above the median of the set a text is flagged.
    min_bits : bits per character
        Below no text is flagged: sets made of a few sentences are read at less than one.
    min_characters : characters
        Shorter texts are not judged.

    Limits
    ------
    Texts of fewer than ``min_characters`` are not judged, nor sets of less than 5,000 characters. What is written in
    another language is left to wrong-language; code among prose, and lists of names, may be called garbled.

    References
    ----------
    I. H. Witten, T. C. Bell, "The zero-frequency problem", IEEE Trans. Information Theory 1991.
    """
    columns = ["bits_per_character", "usual_bits", "n_read", "strange_share", "sense", "language", "language_odds"]
    table = survey.reindex(columns=columns)[plain_words(measurements, survey)]
    read = table["n_read"].astype(float) >= min_characters
    table = table[read & table["bits_per_character"].notna()]
    numbers = table[["bits_per_character", "usual_bits", "n_read"]].astype(float)
    bad = np.maximum(numbers["usual_bits"] + more, min_bits) + _MARGIN / np.sqrt(numbers["n_read"])
    strange = table["strange_share"].astype(float) >= _STRANGE
    above = numbers["bits_per_character"] - bad + _NEARER * strange
    # a model of few sentences knows no others: what is like some language is none of its garbage
    senseless = table["sense"].astype(float) < np.where(strange, _STRANGE_SENSE, _SENSE)
    few = numbers["usual_bits"] < _FEW_SENTENCES
    above = above.where(np.where(few, senseless & (numbers["n_read"] >= _LONG), senseless | (above > _FAR)), -1.0)
    least = np.where(table["language"] == MIXED, LEAST_SENSE_OF_MIXED, LEAST_SENSE)
    known = table["language"].notna() & (table["sense"].astype(float) >= least)
    known &= table["language_odds"].astype(float) >= _SURE
    known &= ~coded(measurements, survey).reindex(table.index)
    flagged = (above > 0) & ~known
    score = 1.0 / (1.0 + np.exp(above.clip(-50, 50)))
    return table.assign(score=score.where(flagged, score.clip(lower=0.5)), flagged=flagged)
