"""TXT033 boilerplate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT033",
    message="{n_items:,} texts share “{subject}”",
    headline=(
        "{members} share a sentence at their start or end",
        "{members} share {n} sentences at their start or end",
    ),
    since="0.1.0",
    severity="info",
    scope="set",
    worth=0.02,
    named_subject=True,
    modalities=("text",),
)
def boilerplate(survey: DataFrame) -> DataFrame:
    """Many texts begin or end with the same sentence: a footer, a disclaimer, a greeting.

    What it does
    ------------
    Counts the first and the last sentences of texts; numbers in them make no other sentence. One of four words and more
    is flagged that stands at the end, or at the start, of five texts and one in 200, whose other sentences differ.

    Why is this bad?
    ----------------
    It says nothing of a text and makes all that have it alike, so that copies, neighbours and classes follow the
    source.

    What to do
    ----------
    Remove it from the texts before training.

    Options
    -------
    No options.

    Limits
    ------
    Where most texts are put together from a few sentences, these are taken for what the set is about.

    References
    ----------
    K. Lee et al., "Deduplicating Training Data Makes Language Models Better", ACL 2022.
    """
    sets = set_table(survey.reindex(columns=["shared"])["shared"])
    return sets.assign(score=0.5 / (sets["n_items"] - 1), flagged=True, words=sets.index.astype(object))
