"""AUD001 silent-clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.audio._length import long_enough
from dsaudit.checks.audio._scale import divided_twice, faintness_db
from dsaudit.checks.audio._voiceless import MEANT, in_voiceless_class
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD001",
    message="silent: the loudest 50 ms reach only {loudest_rms_dbfs:.0f} dBFS",
    headline=("{flagged} is silent", "{flagged} are silent"),
    since="0.1.0",
    severity="error",
    modalities=("audio",),
)
def silent_clip(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_dbfs: float = -65.0,
    healthy_dbfs: float = -50.0,
    min_speech_s: float = 0.03,
) -> DataFrame:
    """There is nothing to hear.

    What it does
    ------------
    Takes the RMS level of the loudest 50 ms and compares it with the level of a good microphone's own noise.

    Why is this bad?
    ----------------
    A muted microphone or a failed export teaches the model that silence is the word on the label.

    What to do
    ----------
    Drop the clip, record it again, or move it to the silence class.

    Options
    -------
    min_dbfs : dBFS RMS, -120 to 0
        Clips whose loudest window is below are flagged.
    healthy_dbfs : dBFS RMS, -120 to 0
        From here up the score is near 1.
    min_speech_s : seconds
        Where most clips of a label hold less voice, the label is one of background noise or silence.

    Limits
    ------
    Classes of silence, voiceless ones of which one clip in ten or more is fainter than ``healthy_dbfs``, are not
    judged: there a silent clip may be meant. Recordings with NaN, and
    those divided once too often, are left to non-finite-samples and off-scale.

    References
    ----------
    P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209.
    """
    other = divided_twice(measurements) | (
        measurements.reindex(columns=["n_nonfinite"])["n_nonfinite"].astype(float) > 0
    )
    judged = long_enough(measurements) & ~other
    table = measurements.loc[judged, ["loudest_rms_dbfs", "speech_s"]].astype(float).dropna(subset="loudest_rms_dbfs")
    table["loudest_rms_dbfs"] += faintness_db(measurements).reindex(table.index)
    faint = (table["loudest_rms_dbfs"] < healthy_dbfs).groupby(items["label"].reindex(table.index)).transform("mean")
    meant = in_voiceless_class(table["speech_s"], items["label"], min_speech_s=min_speech_s) & (faint > MEANT)
    level = table[~meant]
    score = score_above(level["loudest_rms_dbfs"], bad=min_dbfs, healthy=healthy_dbfs)
    return level.assign(score=score, flagged=score < 0.5)
