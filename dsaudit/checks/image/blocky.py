"""IMG006 blocky."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.image._habit import habit, least, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG006",
    message="was saved as JPEG of quality {jpeg_quality:.0f} once",
    headline=("{flagged} was compressed until blocks show", "{flagged} were compressed until blocks show"),
    since="0.1.0",
    modalities=("image",),
)
def blocky(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_quality: float = 25.0,
    healthy_quality: float = 60.0,
    of_usual: float = 0.6,
) -> DataFrame:
    """The picture was compressed so far that blocks show.

    What it does
    ------------
    Looks for the 8 × 8 blocks of JPEG in the pixels and for the steps that their patterns were rounded to, which
    tell the lowest quality the picture was ever saved at, whatever it was saved as since. Where three of four pictures
    of the set are of such a quality, only those far below are flagged. Classes of which three of four are blocky,
    unlike the others, are not judged.

    Why is this bad?
    ----------------
    Blocks are edges that nothing has, and what was fine is gone. A model trained on a mixture learns which source is
    which.

    What to do
    ----------
    Find the original. Saving at a higher quality does not bring anything back.

    Options
    -------
    min_quality : JPEG quality, 1 to 100
        Pictures once saved below are flagged; in libjpeg's numbers.
    healthy_quality : JPEG quality, 1 to 100
        From here up the score is near 1.
    of_usual : ratio, 0 to 1
        The bound is never above so many times the quality that three of four pictures stay below.

    Limits
    ------
    Not seen where the picture was made smaller or larger since, nor blocks of WebP and of video. Other tables than the
    standard's give a number that is off by some.

    References
    ----------
    Z. Fan, R. L. de Queiroz, "Identification of Bitmap Compression History: JPEG Detection and Quantizer Estimation",
    IEEE Transactions on Image Processing 2003.
    """
    table = measurements.reindex(columns=["jpeg_quality"]).astype(float).dropna()
    bad = least(min_quality, of_usual * habit(table["jpeg_quality"], at=0.75))
    score = score_above(table["jpeg_quality"], bad=bad, healthy=bad - min_quality + healthy_quality)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
