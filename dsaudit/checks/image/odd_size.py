"""IMG008 odd-size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_usual
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG008",
    message="{width_px:.0f} × {height_px:.0f} px, where about {typical_px:.0f} px a side are usual here",
    headline=("{flagged} is of an odd size", "{flagged} are of an odd size"),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def odd_size(measurements: DataFrame, *, times: float = 3.0, spread: float = 5.0) -> DataFrame:
    """Much smaller or larger than the rest of the set.

    What it does
    ------------
    Compares the side of a square of as many pixels with the median of the set, on a logarithmic scale. What is usual is
    ``spread`` robust standard deviations to either side, each side by itself, and at least ``times``. Where sizes vary
    by nature they thin out rather than end: there a picture is odd only where it stands apart from the rest. Its longer
    side must be odd, too: a strip is left to odd-aspect-ratio.

    Why is this bad?
    ----------------
    A picture enlarged to what the model takes shows nothing fine; icons, trackers and thumbnails slip in from web
    pages.

    What to do
    ----------
    Look. Fetch the picture in full size, or leave it out.

    Options
    -------
    times : ratio, above 1
        Deviation that is always accepted: 3 is from a third to three times the median side.
    spread : robust standard deviations
        Deviation accepted in sets whose sizes vary.

    Limits
    ------
    In a set of two usual sizes the rarer one is flagged when the other is much more common.

    References
    ----------
    P. J. Rousseeuw, C. Croux, "Alternatives to the Median Absolute Deviation", JASA 1993.
    """
    table = measurements.reindex(columns=["width_px", "height_px"]).astype(float).dropna()
    table = table[(table > 0).all(axis=1)]
    log = 0.5 * np.log((table["width_px"] * table["height_px"]).to_numpy())
    tolerance = float(np.log(max(times, 1.01)))
    longer = score_usual(np.log(table[["width_px", "height_px"]].max(axis=1)), tolerance=tolerance, spread=spread)
    score = np.maximum(score_usual(log, tolerance=tolerance, spread=spread), longer)
    typical_px = float(np.exp(np.median(log))) if len(log) else 1.0
    return table.assign(typical_px=typical_px, score=score, flagged=score < 0.5)
