"""AUD015 joined-recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD015",
    message="{joined}",
    headline=(
        "{flagged} holds more sound than most programs read",
        "{flagged} hold more sound than most programs read",
    ),
    since="0.1.0",
    modalities=("audio",),
)
def joined_recording(measurements: DataFrame) -> DataFrame:
    """Two files were joined into one, or more sound is in one than its header says.

    What it does
    ------------
    Looks for a second beginning inside the file: in MP3 a change of the rate or of mono and stereo, or another header;
    in WAV, AIFF, FLAC, Ogg, M4A and WMA another header behind the samples; in WAV also much that is no chunk behind the
    samples that are declared.

    Why is this bad?
    ----------------
    Most programs stop at the second beginning without a word, others play what follows at the wrong speed: what a
    model hears depends on the loader.

    What to do
    ----------
    Cut the file into its recordings, and label each.

    Options
    -------
    No options.

    Limits
    ------
    MP3 files of one rate without headers join without a seam and are measured as one recording.

    References
    ----------
    https://xiph.org/ogg/doc/framing.html, on chained streams.
    """
    table = measurements[["status"]].assign(joined=measurements.reindex(columns=["joined"])["joined"])
    table = table[table["status"] == "ok"]
    flagged = table["joined"].notna()
    return table.assign(score=1.0 - flagged.astype(float), flagged=flagged)
