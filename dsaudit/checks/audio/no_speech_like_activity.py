"""AUD008 no-speech-like-activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.audio._length import long_enough
from dsaudit.checks.audio._speech import require_speech
from dsaudit.checks.audio._voiceless import in_voiceless_class
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD008",
    message="only {speech_s:.2f} s are voiced and stand out from the background",
    headline=("{flagged} holds nothing like speech", "{flagged} hold nothing like speech"),
    since="0.1.0",
    modalities=("audio",),
)
def no_speech_like_activity(
    items: DataFrame, measurements: DataFrame, *, min_speech_s: float = 0.03, silent_dbfs: float = -65.0
) -> DataFrame:
    """Nothing in the recording sounds like a voice.

    What it does
    ------------
    Counts the windows that stand out from the background and repeat at the pitch of a human voice (80 to 400
    Hz). Silent clips are left to silent-clip. Where most items of a label have no voice, the label is taken
    for a class of noise and its items are not judged; where most labels have none, the set is not speech, and
    nothing is judged.

    Why is this bad?
    ----------------
    Background noise under the label of a word teaches the model that noise is the word.

    What to do
    ----------
    Listen. Relabel it as background, or drop it.

    Options
    -------
    min_speech_s : seconds
        Below it the clip is flagged.
    silent_dbfs : dBFS RMS
        Clips whose loudest 50 ms are below are not judged here.

    Limits
    ------
    Recordings of less than 50 ms are left to odd-duration. Whispered words have no pitch. Engines, animals and
    music do, and pass. Unlabelled items are judged one by one.

    References
    ----------
    P. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993.
    """
    require_speech(items, measurements)
    long = long_enough(measurements)
    table = measurements.loc[long, ["speech_s", "loudest_rms_dbfs"]].astype(float).dropna()
    table = table[table["loudest_rms_dbfs"] >= silent_dbfs]
    score = score_above(table["speech_s"], bad=min_speech_s, healthy=4.0 * min_speech_s)
    table = table.assign(score=score, flagged=score < 0.5)
    return table[~in_voiceless_class(table["speech_s"], items["label"], min_speech_s=min_speech_s)]
