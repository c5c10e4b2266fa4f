"""AUD019 inverted-channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD019",
    message="channel {channel_pair} upside down (correlation {channel_correlation:.2f})",
    headline=("{flagged} has a channel wired in reverse", "{flagged} have a channel wired in reverse"),
    since="0.1.0",
    modalities=("audio",),
)
def inverted_channel(measurements: DataFrame, *, min_correlation: float = -0.9) -> DataFrame:
    """One channel is another one upside down.

    What it does
    ------------
    Correlates the channels of a recording with each other, sample by sample.

    Why is this bad?
    ----------------
    Their mean, which most loaders take, is silence.

    What to do
    ----------
    Turn one of the two over, or keep one of them.

    Options
    -------
    min_correlation : correlation, -1 to 1
        Pairs below are flagged.

    Limits
    ------
    A tone that reaches two microphones half a period apart looks the same. Faint and dead channels are not
    compared, nor more than 16.

    References
    ----------
    EBU R 128, on checking programme channels.
    """
    table = measurements.reindex(columns=["channel_correlation", "channel_pair"])
    table = table.assign(channel_correlation=table["channel_correlation"].astype(float)).dropna()
    score = score_above(table["channel_correlation"], bad=min_correlation, healthy=0.0)
    return table.assign(score=score, flagged=score < 0.5)
