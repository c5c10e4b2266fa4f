"""IMG001 dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.image._habit import habit, least, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG001",
    message="even its brightest thousandth reaches only {brightest:.0%} of full brightness",
    headline=("{flagged} is too dark", "{flagged} are too dark"),
    since="0.1.0",
    modalities=("image",),
)
def dark(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_brightest: float = 0.35,
    healthy_brightest: float = 0.6,
    of_usual: float = 0.6,
) -> DataFrame:
    """Nothing on the picture is bright: it is underexposed.

    What it does
    ------------
    Takes the level that one pixel in a thousand is brighter than. A black thing on black ground or a scene at night
    still has a light or a reflection; an underexposed picture has none. Where three of four pictures of the set have
    none, that is its nature, and a picture is dark that is darker than them by ``of_usual``. Classes of which three of
    four are dark, unlike the others, are not judged.

    Why is this bad?
    ----------------
    People cannot see what they label, and what a model sees is mostly the noise of the sensor.

    What to do
    ----------
    Look. Raise the exposure from the raw file if there is one, take the picture again or leave it out.

    Options
    -------
    min_brightest : share of full brightness, 0 to 1
        Pictures whose brightest thousandth is below are flagged.
    healthy_brightest : share of full brightness, 0 to 1
        From here up the score is near 1.
    of_usual : ratio, 0 to 1
        The bound is never above so many times what three of four pictures stay below.

    Limits
    ------
    A dark picture with a lamp in it, or of which a part is bright, is missed.

    References
    ----------
    CleanVision, "dark images", for the idea of a high percentile of the brightness.
    """
    table = measurements.reindex(columns=["brightest"]).astype(float).dropna()
    bad = least(min_brightest, of_usual * habit(table["brightest"], at=0.75))
    score = score_above(table["brightest"], bad=bad, healthy=bad + healthy_brightest - min_brightest)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
