"""FIL005 no-decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.file._cause import causes
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL005",
    message="not measured: {reason}",
    headline=("{flagged} needs a decoder that is not installed", "{flagged} need a decoder that is not installed"),
    since="0.1.0",
)
def no_decoder(measurements: DataFrame) -> DataFrame:
    """The format is known, and the program that decodes it is not installed.

    What it does
    ------------
    Reports files that need an outside decoder, such as ffmpeg for M4A, on a machine that has none.

    Why is this bad?
    ----------------
    The item was not checked at all, and a training run on the same machine would not see it either.

    What to do
    ----------
    Install the program that the message names, or convert the files to WAV or FLAC.

    Options
    -------
    No options.

    Limits
    ------
    Says nothing about whether the file is sound.

    References
    ----------
    https://ffmpeg.org/general.html#Supported-File-Formats_002c-Codecs-or-Features
    """
    table = measurements.reindex(columns=["status", "error"])
    flagged = table["status"] == "no-decoder"
    return table.assign(
        reason=causes(table, "no decoder is installed"),
        score=1.0 - flagged.astype(float),
        flagged=flagged,
    )
