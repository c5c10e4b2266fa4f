"""IMG012 letterboxed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.image._habit import habit, most, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_DRAWN = 0.45


@rule(
    "IMG012",
    message="{frame_share:.0%} of it are bands of one colour along its sides",
    headline=("{flagged} has bands or a frame around it", "{flagged} have bands or a frame around them"),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def letterboxed(
    items: DataFrame, measurements: DataFrame, *, max_frame_share: float = 0.02, of_usual: float = 1.5
) -> DataFrame:
    """There are bands above and below the picture or beside it, or a frame around it.

    What it does
    ------------
    Looks for bands of one colour at two opposite sides, or all four, that end along a straight line; the plain ground
    around a thing does not. Where three of four pictures of the set have some, only those with far more are flagged.
    Drawn pictures and pages are not judged, nor classes of which three of four are framed, unlike the others: see
    shortcut.

    Why is this bad?
    ----------------
    What the picture shows is smaller than it could be, and a model learns the bands where they come from one source.

    What to do
    ----------
    Cut the bands off.

    Options
    -------
    max_frame_share : share of the picture, 0 to 1
        More is flagged.
    of_usual : ratio, 1 and up
        The bound is never below so many times what three of four pictures exceed.

    Limits
    ------
    Bands filled with a blurred copy of the picture, patterned frames and bands at one side only are missed, and a frame
    of nearly the colour of what it surrounds.

    References
    ----------
    FFmpeg, ``cropdetect``.
    """
    table = measurements.reindex(columns=["frame_share", "drawn_share"]).astype(float).dropna(subset=["frame_share"])
    bad = most(max_frame_share, of_usual * habit(table["frame_share"], at=0.25))
    table = table[~(table["drawn_share"] >= _DRAWN)]
    score = score_below(table["frame_share"], bad=bad, healthy=0.0)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
