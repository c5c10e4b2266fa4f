"""AUD007 mostly-silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.audio._length import long_enough
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD007",
    message="only {active_s:.2f} s of {duration_s:.2f} s hold any sound",
    headline=("{flagged} is mostly silence", "{flagged} are mostly silence"),
    since="0.1.0",
    modalities=("audio",),
)
def mostly_silent(measurements: DataFrame, *, min_active_share: float = 0.06, silent_dbfs: float = -65.0) -> DataFrame:
    """Almost all of the recording is silence.

    What it does
    ------------
    Takes the share of 10 ms frames that stand out from the background. Clips that are silent altogether are
    left to silent-clip; clips in which nothing stands out at all are left to no-speech-like-activity.

    Why is this bad?
    ----------------
    The model sees mostly background and learns it together with the label; training time is spent on nothing.

    What to do
    ----------
    Cut the clip to the sound, with a margin on both sides.

    Options
    -------
    min_active_share : share of the duration, 0 to 1
        Below it the clip is flagged.
    silent_dbfs : dBFS RMS
        Clips whose loudest 50 ms are below are not judged here.

    Limits
    ------
    Short sounds in windows of fixed length (a click in five seconds) are flagged by design.

    References
    ----------
    P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209.
    """
    columns = ["active_share", "active_s", "duration_s", "loudest_rms_dbfs"]
    table = measurements.loc[long_enough(measurements), columns].astype(float).dropna()
    table = table[(table["loudest_rms_dbfs"] >= silent_dbfs) & (table["active_share"] > 0.0)]
    score = score_above(table["active_share"], bad=min_active_share, healthy=4.0 * min_active_share)
    return table.assign(score=score, flagged=score < 0.5)
