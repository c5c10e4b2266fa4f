"""AUD006 dc-offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.audio._length import long_enough
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD006",
    message="the waveform is off centre by {dc_offset:+.3f} of full scale",
    headline=(
        "{flagged} swings around a wrong centre (DC offset)",
        "{flagged} swing around a wrong centre (DC offset)",
    ),
    since="0.1.0",
    modalities=("audio",),
)
def dc_offset(measurements: DataFrame, *, max_offset: float = 0.03) -> DataFrame:
    """The waveform does not swing around zero.

    What it does
    ------------
    Takes the mean of the samples, of the channel where it is largest.

    Why is this bad?
    ----------------
    An offset wastes head-room, clicks at every edit, and shows models a low frequency that tells devices
    apart, not words.

    What to do
    ----------
    Subtract the mean, or put a high-pass filter at 20 Hz in front of everything.

    Options
    -------
    max_offset : share of full scale, 0 to 1
        Clips off centre by more, in either direction, are flagged.

    Limits
    ------
    Recordings shorter than 50 ms have a mean of their own without any fault, and are left to odd-duration.

    References
    ----------
    A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing".
    """
    table = measurements.loc[long_enough(measurements), ["dc_offset"]].astype(float).dropna()
    score = score_below(table["dc_offset"].abs(), bad=max_offset, healthy=0.0)
    return table.assign(score=score, flagged=score < 0.5)
