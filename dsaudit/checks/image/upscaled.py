"""IMG011 upscaled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.image._habit import habit, most, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_SHARP_PX = 1.7
"""Width of the sharpest edges of photographs that were not enlarged."""


@rule(
    "IMG011",
    message="stored at {width_px:.0f} × {height_px:.0f} px, but holds no more than {held_px:.0f} px in its longer side"
    " would",
    headline=("{flagged} is larger than what it shows", "{flagged} are larger than what they show"),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def upscaled(
    items: DataFrame,
    measurements: DataFrame,
    *,
    max_edge_px: float = 3.4,
    blurry_edge_px: float = 2.8,
    of_usual: float = 1.5,
) -> DataFrame:
    """The picture was enlarged: it is stored with far more pixels than its detail needs.

    What it does
    ------------
    Measures how many pixels, as stored, the sharpest edges in the middle take to rise. Pictures that are blurred at a
    common size too are left to blurry. Where three of four pictures of the set are that soft, only those far softer are
    flagged, and classes of which three of four are, unlike the others, are not judged.

    Why is this bad?
    ----------------
    The half of the pixels that holds nothing costs time and room, and crops of the picture are blurred. A model trained
    on a mixture learns which source is which.

    What to do
    ----------
    Find the original, or bring the set to the smaller size.

    Options
    -------
    max_edge_px : pixels, 1 to 8
        Pictures whose sharpest edges are wider are flagged; photographs have some 1.7, enlarged twice some 3.4.
    blurry_edge_px : pixels, 1 to 8
        Pictures whose edges are wider at 400 to 800 px a side are left to blurry.
    of_usual : ratio, 1 and up
        The bound is never below so many times what three of four pictures exceed.

    Limits
    ------
    A large photograph slightly out of focus holds as little, and is flagged as well. Pictures of at most 800 px a
    side that were enlarged twice or more are called blurry instead; enlarged by less, they pass.

    References
    ----------
    P. Marziliano et al., "A no-reference perceptual blur metric", ICIP 2002, for the width of edges.
    """
    columns = ["stored_edge_px", "edge_px", "width_px", "height_px"]
    table = measurements.reindex(columns=columns).astype(float).dropna()
    table = table[(table["edge_px"] <= blurry_edge_px) & (table["stored_edge_px"] > table["edge_px"])]
    bad = most(max_edge_px, of_usual * habit(table["stored_edge_px"], at=0.25))
    score = score_below(table["stored_edge_px"], bad=bad, healthy=bad / 2)
    longer = table[["width_px", "height_px"]].max(axis=1)
    held = longer * (_SHARP_PX / table["stored_edge_px"]).clip(upper=1.0)
    return unless_meant(table.assign(held_px=held, score=score, flagged=score < 0.5), items)
