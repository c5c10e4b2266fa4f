"""IMG060 privacy-metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG060",
    message="the file tells {private_metadata}",
    headline=("{flagged} tells of the people behind it", "{flagged} tell of the people behind them"),
    since="0.1.0",
    modalities=("image",),
)
def privacy_metadata(measurements: DataFrame) -> DataFrame:
    """The file says where the picture was taken, or whose camera took it.

    What it does
    ------------
    Looks in EXIF and XMP for a latitude or longitude, the serial number of a camera or lens, and the name of the
    camera's owner. Blank values and places without a number count as none.

    Why is this bad?
    ----------------
    Whoever gets the dataset learns where people live and which pictures one person took, which nobody labels and
    everybody can read. A place or a serial number that goes along with a class is a shortcut, too.

    What to do
    ----------
    `dsaudit apply DATA --tree DIR --strip-metadata` writes a copy of the dataset without it; pixels stay as they are.

    Options
    -------
    No options.

    Limits
    ------
    Makers' own notes, IPTC and faces on the picture are not looked at. A place at 0° north, 0° east counts as one.

    References
    ----------
    CIPA DC-008, Exif 2.32, GPSLatitude, BodySerialNumber, LensSerialNumber, CameraOwnerName.
    """
    table = measurements[["status"]].assign(
        private_metadata=measurements.reindex(columns=["private_metadata"])["private_metadata"]
    )
    table = table[table["status"] == "ok"]
    flagged = table["private_metadata"].notna()
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
