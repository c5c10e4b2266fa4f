"""AUD018 dead-channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD018",
    message="channel {faintest_channel:.0f} is dead: {channel_gap_db:.0f} dB below the loudest",
    headline=("{flagged} has a dead channel", "{flagged} have a dead channel"),
    since="0.1.0",
    modalities=("audio",),
)
def dead_channel(measurements: DataFrame, *, max_gap_db: float = 50.0) -> DataFrame:
    """One channel carries nothing.

    What it does
    ------------
    Compares the level of each channel, without its offset, with that of the loudest.

    Why is this bad?
    ----------------
    A loader that takes the first channel hears silence; one that takes the mean hears everything half as loud as in
    the other recordings.

    What to do
    ----------
    Keep the channel that carries the sound.

    Options
    -------
    max_gap_db : dB
        Channels further below the loudest are dead.

    Limits
    ------
    The low-frequency channel of 5.1 and 7.1 is not judged, nor is one of whose channels half or more are silent,
    as where one or two were spread over many; nor more than 16 channels.

    References
    ----------
    EBU R 128, on checking programme channels.
    """
    table = measurements.reindex(columns=["channel_gap_db", "faintest_channel"]).astype(float).dropna()
    score = score_below(table["channel_gap_db"], bad=max_gap_db, healthy=0.0)
    return table.assign(score=score, flagged=score < 0.5)
