"""IMG042 several-frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG042",
    message="{n_frames:,.0f} frames or pages, of which only the first one is seen",
    headline=(
        "{flagged} holds more pictures than the one that is seen",
        "{flagged} hold more pictures than the one that is seen",
    ),
    since="0.1.0",
    severity="info",
    modalities=("image",),
)
def several_frames(measurements: DataFrame) -> DataFrame:
    """The file holds several pictures; the first one is judged.

    What it does
    ------------
    Counts the frames of animations (GIF, WebP, PNG, AVIF) and the pages of TIFFs, without decoding them.

    Why is this bad?
    ----------------
    Nearly every loader takes the first frame or page. An animation may begin with an empty one, and the label may be
    about a later one.

    What to do
    ----------
    Take out the frame that the label is about, or cut the file into its pages and label each.

    Options
    -------
    No options.

    Limits
    ------
    A second picture behind a JPEG (stereo, depth, gain map) is no frame. Pages that show another one smaller, or its
    mask, are not counted.

    References
    ----------
    https://www.w3.org/Graphics/GIF/spec-gif89a.txt
    """
    table = measurements[["n_frames"]].astype(float).dropna()
    flagged = table["n_frames"] > 1
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
