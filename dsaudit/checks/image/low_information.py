"""IMG007 low-information."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.image._habit import unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG007",
    message="shows nothing: all of it is one level, about {brightness:.0%} of full brightness",
    headline=("{flagged} is blank", "{flagged} are blank"),
    since="0.1.0",
    severity="error",
    modalities=("image",),
)
def low_information(items: DataFrame, measurements: DataFrame, *, min_content_share: float = 0.0003) -> DataFrame:
    """Nothing is on the picture: it is one flat colour, or paper without a mark.

    What it does
    ------------
    Counts what stands out from the commonest level by more than the noise of the picture, seen closely and averaged
    over small tiles. Classes of which three of four are blank, unlike the others, are about that and not judged.

    Why is this bad?
    ----------------
    There is nothing that a label could be right about: a lens cap, a placeholder of a web shop, an empty page.

    What to do
    ----------
    Leave it out, or give it a class of its own.

    Options
    -------
    min_content_share : share of the picture, 0 to 1
        Pictures of which less stands out are flagged.

    Limits
    ------
    Pictures whose content is fainter than their noise look blank too.

    References
    ----------
    CleanVision, "low information images".
    """
    columns = ["content_share", "brightness"]
    table = measurements.reindex(columns=columns).astype(float).dropna()
    size = np.log10(table["content_share"].clip(lower=1e-6))
    score = score_above(size, bad=np.log10(max(min_content_share, 1e-5)), healthy=-1.0)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
