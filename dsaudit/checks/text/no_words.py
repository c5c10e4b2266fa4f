"""TXT001 no-words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT001",
    message="no word is left to read: nothing but {nothing_but}",
    headline=("{flagged} has no word left to read", "{flagged} have no word left to read"),
    since="0.1.0",
    modalities=("text",),
)
def no_words(measurements: DataFrame) -> DataFrame:
    """Nothing is left to read once links, names, digits and signs are taken away.

    What it does
    ------------
    Takes away links, e-mail addresses, names after @, digits, punctuation, emoji, and what stands in the place of a
    text, such as [deleted], `test` and `asdf`. What is left must be two letters, or one of a script in which one is a
    word. Such texts are no copies of one another.

    Why is this bad?
    ----------------
    A label on them was guessed, or tells of something that is not in the text. A model learns the accident.

    What to do
    ----------
    Remove them, or label them as a class of their own. Where emoji carry the label, keep those.

    Options
    -------
    No options.

    Limits
    ------
    Short words are words, and so are `NA`, `null` and `None`. Texts that hold nothing at all are left to empty.

    References
    ----------
    jekyll/classifier-reborn#130, what is left of a text without its stop words.
    """
    table = measurements.reindex(columns=["n_letters", "nothing_but"]).dropna(subset=["n_letters"])
    flagged = table["n_letters"].astype(float) == 0
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
