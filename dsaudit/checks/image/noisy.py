"""IMG005 noisy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.image._habit import habit, most, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG005",
    message="its calmest parts differ by {noise_levels:.0f} of 255 levels from pixel to pixel",
    headline=("{flagged} is noisy", "{flagged} are noisy"),
    since="0.1.0",
    modalities=("image",),
)
def noisy(
    items: DataFrame,
    measurements: DataFrame,
    *,
    max_noise_levels: float = 5.5,
    healthy_noise_levels: float = 1.5,
    of_usual: float = 2.0,
) -> DataFrame:
    """The picture is noisy even where it shows nothing.

    What it does
    ------------
    Takes the calmest tenth of the picture and measures how far neighbouring pixels differ there by chance, as a
    standard deviation. Where three of four pictures of the set are that noisy, such as those of one scanner, only
    those far noisier are flagged. Classes of which three of four are noisy, unlike the others, are not judged.

    Why is this bad?
    ----------------
    Noise hides what is small and faint. Where some pictures have it and others have not, a model learns the difference.

    What to do
    ----------
    Look. Take the picture again with more light, or leave it out.

    Options
    -------
    max_noise_levels : standard deviation, levels of 255
        Above it the picture is flagged.
    healthy_noise_levels : standard deviation, levels of 255
        From here down the score is near 1.
    of_usual : ratio, 1 and up
        The bound is never below so many times what three of four pictures exceed.

    Limits
    ------
    A fine pattern that fills the whole picture, such as gravel, looks the same. Noise that was made smaller or blurred
    with the picture is missed. Dithered pictures, those of more than 8 bits, whose scale is ours, and those of less
    than about 56 pixels a side are not judged.

    References
    ----------
    J. Immerkær, "Fast Noise Variance Estimation", Computer Vision and Image Understanding 1996.
    """
    table = measurements.reindex(columns=["noise_levels"]).astype(float).dropna()
    bad = most(max_noise_levels, of_usual * habit(table["noise_levels"], at=0.25))
    score = score_below(table["noise_levels"], bad=bad, healthy=bad - max_noise_levels + healthy_noise_levels)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
