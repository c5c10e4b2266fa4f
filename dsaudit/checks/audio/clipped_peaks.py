"""AUD005 clipped-peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.audio._length import long_enough
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD005",
    message="{n_clipped_runs:.0f} peaks are flat at {clip_level_dbfs:.1f} dBFS, up to {clipped_run_ms:.1f} ms long",
    headline=("{flagged} is clipped at its peaks", "{flagged} are clipped at their peaks"),
    since="0.1.0",
    modalities=("audio",),
)
def clipped_peaks(measurements: DataFrame, *, max_share: float = 0.001) -> DataFrame:
    """The peaks of the waveform are cut flat.

    What it does
    ------------
    Counts samples in runs of three and more that stay at the highest or lowest value of the recording, at
    full scale or below it, as a share of all samples.

    Why is this bad?
    ----------------
    Clipping adds harmonics that were not in the voice; loud speakers sound alike and unlike the same speakers
    when quiet.

    What to do
    ----------
    Record again with less gain. Lowering the volume of the file does not bring the peaks back.

    Options
    -------
    max_share : share of all samples, 0 to 1
        Above it the clip is flagged.

    Limits
    ------
    Square waves and some synthetic sounds are flat by nature; a constant is left to dc-offset. Clipping that was
    resampled or went through a lossy codec is no longer flat and is missed.

    References
    ----------
    S. Hansen et al., "Detection of Clipping in Speech", ICASSP; here the plain run-length criterion.
    """
    columns = ["clipped_share", "n_clipped_runs", "clip_level_dbfs", "clipped_run_ms"]
    constant = measurements.reindex(columns=["digital_silence_share"])["digital_silence_share"].astype(float) == 1.0
    judged = long_enough(measurements) & ~constant
    table = measurements.loc[judged, columns].astype(float).dropna(subset=["clipped_share"])
    table["clip_level_dbfs"] = table["clip_level_dbfs"].round(1) + 0.0  # no minus before a zero
    score = score_below(table["clipped_share"], bad=max_share, healthy=0.0)
    return table.assign(score=score, flagged=score < 0.5)
