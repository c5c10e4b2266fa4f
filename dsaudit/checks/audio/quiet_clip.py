"""AUD002 quiet-clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.audio._length import long_enough
from dsaudit.checks.audio._voiceless import MEANT, in_voiceless_class
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD002",
    message="the loudest 50 ms reach only {loudest_rms_dbfs:.0f} dBFS, below {min_dbfs:.0f}",
    headline=("{flagged} is too quiet to be understood", "{flagged} are too quiet to be understood"),
    since="0.1.0",
    modalities=("audio",),
)
def quiet_clip(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_dbfs: float = -38.0,
    healthy_dbfs: float = -28.0,
    silent_dbfs: float = -65.0,
    min_speech_s: float = 0.05,
) -> DataFrame:
    """Even the loudest part of the recording is too quiet.

    What it does
    ------------
    Takes the RMS level of the loudest 50 ms window and compares it with a floor. Clips that are silent
    altogether are left to silent-clip.

    Why is this bad?
    ----------------
    A word that nobody can hear teaches the model that the noise of the microphone is that word. Very quiet
    clips also tend to end up predicted as silence.

    What to do
    ----------
    Listen. Raise the gain if the word is there, drop or relabel the clip if it is not.

    Options
    -------
    min_dbfs : dBFS RMS, -120 to 0
        Clips whose loudest window is below are flagged.
    healthy_dbfs : dBFS RMS, -120 to 0
        From here up the score is near 1.
    silent_dbfs : dBFS RMS, -120 to 0
        Clips below are not judged here.
    min_speech_s : seconds
        Where most clips of a label hold less voice, and one in ten or more is fainter than ``healthy_dbfs``, the label
        is one of faint background and not judged.

    Limits
    ------
    Sets of very soft sounds (breathing, room tone) are quiet on purpose; lower ``min_dbfs`` for them.

    References
    ----------
    P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209.
    """
    long = long_enough(measurements)
    table = measurements.loc[long, ["loudest_rms_dbfs", "speech_s"]].astype(float).dropna()
    table = table[table["loudest_rms_dbfs"] >= silent_dbfs]
    # Background may be quiet by nature; a class of it would fill the report.
    faint = (table["loudest_rms_dbfs"] < healthy_dbfs).groupby(items["label"].reindex(table.index)).transform("mean")
    voiceless = in_voiceless_class(table["speech_s"], items["label"], min_speech_s=min_speech_s)
    table = table[~(voiceless & (faint > MEANT))]
    score = score_above(table["loudest_rms_dbfs"], bad=min_dbfs, healthy=healthy_dbfs)
    return table.assign(score=score, flagged=score < 0.5)
