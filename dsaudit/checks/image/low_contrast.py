"""IMG003 low-contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.image._habit import habit, least, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_BLANK = 0.001


@rule(
    "IMG003",
    message="all its levels lie within {range:.0%} of the scale",
    headline=("{flagged} has almost no contrast", "{flagged} have almost no contrast"),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def low_contrast(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_range: float = 0.2,
    healthy_range: float = 0.5,
    of_usual: float = 0.5,
    min_brightest: float = 0.35,
) -> DataFrame:
    """The picture is grey in grey: its levels use little of the scale.

    What it does
    ------------
    Takes the distance between the darkest thousandth and the brightest thousandth. Where three of four pictures of the
    set use little of the scale, a picture is flagged that uses ``of_usual`` of what they do. Blank pictures and dark
    ones have rules of their own; classes of which three of four are flat, unlike the others, are not judged.

    Why is this bad?
    ----------------
    Fog, a veil of stray light or a wrong conversion lies between the picture and what it shows. A model sees little of
    it unless it was trained on such.

    What to do
    ----------
    Look. Convert the original again if the levels were lost on the way, such as those of 16-bit scans.

    Options
    -------
    min_range : share of the scale, 0 to 1
        Pictures that use less are flagged.
    healthy_range : share of the scale, 0 to 1
        From here up the score is near 1.
    of_usual : ratio, 0 to 1
        The bound is never above so many times what three of four pictures stay below.
    min_brightest : share of full brightness, 0 to 1
        Pictures whose brightest thousandth is below are left to dark.

    Limits
    ------
    A single black mark hides the veil on the rest of a picture.

    References
    ----------
    scikit-image, ``exposure.is_low_contrast``, for the idea of a range between percentiles.
    """
    columns = ["darkest", "brightest", "content_share"]
    table = measurements.reindex(columns=columns).astype(float).dropna(subset=["darkest", "brightest"])
    table["range"] = table["brightest"] - table["darkest"]
    usual = habit(table["range"], at=0.75)
    table = table[(table["brightest"] >= min_brightest) & ~(table["content_share"] < _BLANK)]
    bad = least(min_range, of_usual * usual)
    score = score_above(table["range"], bad=bad, healthy=bad + healthy_range - min_range)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
