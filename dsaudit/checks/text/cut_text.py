"""TXT004 cut-text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT004",
    message="it {cut}",
    headline=("{flagged} was cut", "{flagged} were cut"),
    since="0.1.0",
    modalities=("text",),
)
def cut_text(survey: DataFrame) -> DataFrame:
    """The text ends where no sentence does: it was cut at a limit.

    What it does
    ------------
    Looks for a length, in characters, bytes or words, that far more texts have than the lengths around it and that
    hardly any text exceeds, in the whole set or in one class or source of it. Those of them are flagged that end
    without the end of a sentence, or within a word where sentences are not closed in this set. A text of that length
    that ends as a text does is none, unless so many were cut that some cuts must have fallen there. What ends with `…
    [read more]` or the like is cut, too.

    Why is this bad?
    ----------------
    What the label speaks of may be in the part that is gone. Where one source or class was cut, the length alone tells
    it.

    What to do
    ----------
    Fetch them in full from where they came. If that cannot be, cut all texts alike before training.

    Options
    -------
    No options.

    Limits
    ------
    A limit that fewer than five texts reach, and a text cut at a length of its own, are not seen.

    References
    ----------
    bigscience-workshop/t-zero#39 and hiyouga/LlamaFactory#3952, texts cut at a limit unseen.
    """
    return said(survey, "cut")
