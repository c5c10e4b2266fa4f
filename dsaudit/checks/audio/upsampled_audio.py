"""AUD013 upsampled-audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_below
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


LOSSLESS = frozenset({"wav", "flac", "aiff", "au", "caf"})
OLD_NYQUIST_HZ = np.array([4_000.0, 5_512.5, 6_000.0, 8_000.0, 11_025.0, 12_000.0, 16_000.0, 22_050.0, 24_000.0])
"""Half of the rates that recordings are made at."""
NEAR = (0.8, 1.06)
"""Between which multiples of one of them an edge is a sign."""


@rule(
    "AUD013",
    message="nothing above {bandwidth_hz:.0f} Hz, in a file stored at {sample_rate_hz:.0f} Hz",
    headline=(
        "{flagged} was recorded at a lower sample rate than it has now",
        "{flagged} were recorded at a lower sample rate than they have now",
    ),
    since="0.1.0",
    modalities=("audio",),
)
def upsampled_audio(measurements: DataFrame, *, min_cliff_db: float = 11.5) -> DataFrame:
    """The recording was stored at a lower sample rate before.

    What it does
    ------------
    Looks for a cliff in the mean spectrum: a frequency above which everything lies far below what is under it,
    the noise of the microphone included, and which is near half of a usual sample rate.

    Why is this bad?
    ----------------
    Half of the spectrum is missing. A model trained on full-band sound fails on it, and one trained on a
    mixture learns which source is which.

    What to do
    ----------
    Find the original. Failing that, resample the whole set to the lower rate.

    Options
    -------
    min_cliff_db : dB
        Cliffs that are higher are flagged.

    Limits
    ------
    Files of lossy codecs are not judged: their encoders cut the highest frequencies too. Files that were lossy
    once, and low-pass filters of a device, make the same cliff. Upsampling without a filter leaves
    mirror images above and is missed.

    References
    ----------
    audio-data-quality-toolkit, check_upsampling, for the idea.
    """
    lossless = measurements["detected_type"].isin(LOSSLESS)
    if "subtype" in measurements:  # a WAV may hold MP3
        lossless &= measurements["subtype"].astype("string").str.match(r"PCM|FLOAT|DOUBLE|ALAC").fillna(False)
    table = measurements.loc[lossless, ["cliff_db", "bandwidth_hz", "sample_rate_hz"]].astype(float).dropna()
    # a converter's filter ends a little before half of its rate, or right behind it
    old = table["bandwidth_hz"].to_numpy()[:, None] / OLD_NYQUIST_HZ
    near = ((old >= NEAR[0]) & (old <= NEAR[1])).any(axis=1)
    table["cliff_db"] = table["cliff_db"].where(near, table["cliff_db"].clip(upper=0.0))
    score = score_below(table["cliff_db"], bad=min_cliff_db, healthy=2.0)
    return table.assign(score=score, flagged=score < 0.5)
