"""IMG004 blurry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.image._habit import habit, most, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG004",
    message="even its sharpest edges are {widest_px:.1f} px wide{where}, where {sharp_px:.1f} px are usual here",
    headline=("{flagged} is blurred", "{flagged} are blurred"),
    since="0.1.0",
    modalities=("image",),
)
def blurry(
    items: DataFrame,
    measurements: DataFrame,
    *,
    max_edge_px: float = 2.8,
    max_moved_px: float = 3.0,
    of_usual: float = 1.5,
) -> DataFrame:
    """Out of focus, moved or enlarged: the picture has no sharp edge, or none in one direction.

    What it does
    ------------
    Measures how many pixels the sharpest of the strongest edges take to rise, across and down and both ways aslant.
    What has no edges, such as a plain or blurred ground, does not count: one sharp thing makes a sharp picture. A
    picture that moved while it was taken has sharp edges along its way only, so the direction with the widest ones is
    judged as well. Where three of four pictures of the set are that soft, only those far softer are flagged. Classes
    of which three of four are blurred, unlike the others, are not judged. Large pictures are judged at 400 to 800 px.

    Why is this bad?
    ----------------
    What distinguishes the classes may be lost, for people and for the model.

    What to do
    ----------
    Look. Leave it out, or keep it on purpose if the pictures that the model will see are as blurred.

    Options
    -------
    max_edge_px : pixels, 1 to 8
        Pictures whose sharpest edges are wider are flagged.
    max_moved_px : pixels, 1 to 8
        The same in the direction in which they are widest.
    of_usual : ratio, 1 and up
        The bounds are never below so many times what three of four pictures exceed.

    Limits
    ------
    Pictures that show nothing with an edge, such as clouds, are not judged where they have none and flagged where they
    have soft ones. Sharp letters or a sharp border over a blurred picture hide the blur.

    References
    ----------
    P. Marziliano et al., "A no-reference perceptual blur metric", ICIP 2002, for the width of edges.
    """
    table = measurements.reindex(columns=["edge_px", "moved_px"]).astype(float).dropna(subset=["edge_px"])
    table["moved_px"] = table["moved_px"].fillna(table["edge_px"])
    usual, usual_moved = (habit(table[column], at=0.25) for column in ("edge_px", "moved_px"))
    worst = most(max_edge_px, of_usual * usual)
    worst_moved = most(max_moved_px, of_usual * usual_moved)
    all_ways = score_below(table["edge_px"], bad=worst, healthy=worst / 2)
    one_way = score_below(table["moved_px"], bad=worst_moved, healthy=worst_moved / 2)
    table["score"] = np.minimum(all_ways, one_way)
    table["flagged"] = table["score"] < 0.5
    moved = (table["edge_px"] <= worst) | (table["moved_px"] > 1.5 * table["edge_px"])
    table["where"] = np.where(moved, " in one direction", "")
    table["widest_px"] = table["edge_px"].where(~moved, table["moved_px"])
    table["sharp_px"] = float(table["edge_px"].median()) if len(table) else 0.0
    return unless_meant(table, items)
