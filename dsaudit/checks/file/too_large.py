"""FIL007 too-large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.file._cause import causes
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL007",
    message="not opened: {reason}",
    headline=("{flagged} is too large to be opened", "{flagged} are too large to be opened"),
    since="0.1.0",
)
def too_large(measurements: DataFrame) -> DataFrame:
    """By its header the item is larger than anything that is opened.

    What it does
    ------------
    Reports files whose header claims more than would be taken into memory: pictures of more than 64 million pixels
    (JPEG, which can be decoded smaller, 256 million) or 32,767 on one side, texts in them that unpack to very much.
    None of it is unpacked.

    Why is this bad?
    ----------------
    A file of a few kilobytes can claim any size, and whoever opens it runs out of memory. Where the size is true,
    loaders refuse it or a training run slows to a crawl for one item.

    What to do
    ----------
    Make it smaller or cut it into tiles; remove it if its size is a lie.

    Options
    -------
    No options.

    Limits
    ------
    Says nothing about whether the file is sound.

    References
    ----------
    https://pillow.readthedocs.io/en/stable/reference/limits.html
    """
    table = measurements.reindex(columns=["status", "error"])
    flagged = table["status"] == "too-large"
    return table.assign(
        reason=causes(table, "it is too large"),
        score=1.0 - flagged.astype(float),
        flagged=flagged,
    )
