"""IMG010 grayscale-among-colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.image._habit import unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_BLANK = 0.001


@rule(
    "IMG010",
    message="has no colour, as {share:.0%} of the set have not",
    headline=("{flagged} has no colour among pictures that have", "{flagged} have no colour among pictures that have"),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def grayscale_among_colour(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_colour: float = 0.012,
    healthy_colour: float = 0.06,
    max_share: float = 0.25,
) -> DataFrame:
    """The picture is black and white, in a set of colour pictures.

    What it does
    ------------
    Measures how far red, green and blue lie apart in the most colourful hundredth of the picture, however it is stored.
    Where more than ``max_share`` of the set are grey, or three of four of a class, unlike the others, nothing is said
    of them one by one. Blank pictures are not judged.

    Why is this bad?
    ----------------
    A model that learnt from colour is worse on such pictures; if they come from one source, it learns the source.

    What to do
    ----------
    Keep them if the use will bring such pictures too, else leave them out or train on grey throughout.

    Options
    -------
    min_colour : share of full scale, 0 to 1
        Pictures with less are grey.
    healthy_colour : share of full scale, 0 to 1
        From here up the score is near 1.
    max_share : share of the set, 0 to 1
        Sets with more grey pictures are mixed by nature.

    Limits
    ------
    Sepia and other tinted black-and-white pictures pass for colour. Drawings in black on white count as grey.

    References
    ----------
    CleanVision, "grayscale".
    """
    table = (
        measurements.reindex(columns=["colour_range", "content_share"]).astype(float).dropna(subset=["colour_range"])
    )
    share = float((table["colour_range"] < min_colour).mean()) if len(table) else 0.0
    table = table[~(table["content_share"] < _BLANK)]
    if share > max_share:
        table = table[table["colour_range"] >= min_colour]
    score = score_above(table["colour_range"], bad=min_colour, healthy=healthy_colour)
    return unless_meant(table.assign(share=share, score=score, flagged=score < 0.5), items)
