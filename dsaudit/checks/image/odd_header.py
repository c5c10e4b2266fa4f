"""IMG041 odd-header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG041",
    message="{header_fault}",
    headline=("{flagged} has a header that programs read in different ways", "{flagged} have headers of that kind"),
    since="0.1.0",
    modalities=("image",),
)
def odd_header(measurements: DataFrame) -> DataFrame:
    """What the file says about its own colours or orientation is damaged or means nothing.

    What it does
    ------------
    Reports colour profiles that cannot be read, EXIF orientations other than 0 to 8, and JPEGs of four inks without
    the Adobe mark, which says that inks are stored inverted. The pixels are judged without the profile or the
    turn; inks are taken as inverted, as browsers do.

    Why is this bad?
    ----------------
    Programs differ in what they make of it: one shows the picture, another one refuses it, turns it, or shows its
    negative. What a model is trained on is then another picture than the one people looked at.

    What to do
    ----------
    Look at the picture; write it again as sRGB without the tag.

    Options
    -------
    No options.

    Limits
    ------
    A sound profile that belongs to another picture is not noticed.

    References
    ----------
    https://www.color.org/specification/ICC.1-2022-05.pdf; CIPA DC-008, Exif 2.32, tag Orientation.
    """
    table = measurements[["status"]].assign(header_fault=measurements.reindex(columns=["header_fault"])["header_fault"])
    table = table[table["status"] == "ok"]
    flagged = table["header_fault"].notna()
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
