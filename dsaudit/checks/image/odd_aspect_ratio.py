"""IMG009 odd-aspect-ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_usual
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG009",
    message="{width_px:.0f} × {height_px:.0f} px: its longer side is {elongation:.3g} times the shorter, usual is"
    " {typical:.2g}",
    headline=("{flagged} is of an odd shape", "{flagged} are of an odd shape"),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def odd_aspect_ratio(measurements: DataFrame, *, times: float = 2.5, spread: float = 6.0) -> DataFrame:
    """Much longer in one direction than the rest of the set.

    What it does
    ------------
    Compares the ratio of the longer to the shorter side with the median of the set, on a logarithmic scale: portrait
    and landscape are the same. What is usual is ``spread`` robust standard deviations to either side, and at least
    ``times``; where ratios vary by nature a picture is odd only where it stands apart from the rest.

    Why is this bad?
    ----------------
    Squeezed into the square that the model takes, the picture shows nothing as it is; cut to it, most is lost.

    What to do
    ----------
    Look. Cut it around what the label is about, or leave it out.

    Options
    -------
    times : ratio, above 1
        Deviation that is always accepted: where 4:3 is usual, 2.5 is up to 10:3.
    spread : robust standard deviations
        Deviation accepted in sets whose shapes vary.

    Limits
    ------
    Portrait among landscape pictures is not odd here.

    References
    ----------
    CleanVision, "odd aspect ratio".
    """
    table = measurements.reindex(columns=["width_px", "height_px"]).astype(float).dropna()
    table = table[(table > 0).all(axis=1)]
    log = np.abs(np.log((table["width_px"] / table["height_px"]).to_numpy()))
    score = score_usual(log, tolerance=float(np.log(max(times, 1.01))), spread=spread)
    typical = float(np.exp(np.median(log))) if len(log) else 1.0
    return table.assign(elongation=np.exp(log), typical=typical, score=score, flagged=score < 0.5)
