"""IMG002 bright."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.image._habit import habit, most, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_COLUMNS = ["brightness", "darkest", "blown_share", "white_ground_share", "content_share", "drawn_share"]
_WHITE_GROUND, _OFTEN = 0.95, 0.25
_ENDS_AT_THINGS = 0.5
"""What counts of the white of a picture with a white ground, where such are usual."""
_BLANK, _DRAWN = 0.001, 0.45


@rule(
    "IMG002",
    message="{how}",
    headline=("{flagged} is too bright", "{flagged} are too bright"),
    since="0.1.0",
    modalities=("image",),
)
def bright(
    items: DataFrame,
    measurements: DataFrame,
    *,
    max_blown_share: float = 0.15,
    min_brightness: float = 0.5,
    max_darkest: float = 0.6,
) -> DataFrame:
    """Much of the picture is white for too much light, or there is nothing dark on it.

    What it does
    ------------
    Measures how much of the picture is white and fades into what is light at many places, as overexposed areas do; a
    white ground ends at the thing before it. Where the picture as a whole is light, that is too bright. So is a
    picture without anything dark: its darkest thousandth is light. Where such pictures are usual, only those far beyond
    the others are flagged. Blank pictures are not judged, nor drawings and pages where they are usual, nor classes of
    which three of four are bright, unlike the others.

    Why is this bad?
    ----------------
    What is white holds no detail: no correction brings it back.

    What to do
    ----------
    Look. Lower the exposure from the raw file if there is one, or leave it out.

    Options
    -------
    max_blown_share : share of the picture, 0 to 1
        More is flagged.
    min_brightness : mean brightness, 0 to 1
        Pictures below are not flagged for what is blown out.
    max_darkest : share of full brightness, 0 to 1
        Pictures whose darkest thousandth is above are flagged.

    Limits
    ------
    A dark thing before a wall that is blown out is flagged only if the picture is light on the whole. A single picture
    of a pale thing on a white ground, among pictures without such grounds, may be flagged.

    References
    ----------
    D. Guo et al., "Correcting Over-Exposure in Photographs", CVPR 2010.
    """
    table = measurements.reindex(columns=_COLUMNS).astype(float).dropna(subset=["brightness", "blown_share"])
    drawn = table["drawn_share"] >= _DRAWN
    table = table[~((table["content_share"] < _BLANK) | (drawn & (drawn.mean() >= _OFTEN)))]
    ground = table["white_ground_share"] >= _WHITE_GROUND
    white = table["blown_share"].where(~ground | (ground.mean() < _OFTEN), table["blown_share"] * _ENDS_AT_THINGS)
    worst_white = most(max_blown_share, 2.0 * habit(white, at=0.25))
    worst_dark = most(max_darkest, 0.5 + 0.5 * habit(table["darkest"], at=0.25))
    blown = score_below(white, bad=worst_white, healthy=0.0)
    light = score_below(table["brightness"], bad=min_brightness, healthy=min_brightness - 0.2)
    pale = score_below(table["darkest"], bad=worst_dark, healthy=worst_dark - 0.3)
    score = np.minimum(np.maximum(blown, light), pale)
    how = [
        f"nothing on it is darker than {darkest:.0%} of full brightness"
        if p < 0.5
        else f"{share:.0%} of it is blown out"
        for p, darkest, share in zip(pale, table["darkest"], table["blown_share"], strict=True)
    ]
    return unless_meant(table.assign(score=score, flagged=score < 0.5, how=how), items)
