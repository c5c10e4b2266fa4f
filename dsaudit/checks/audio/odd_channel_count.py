"""AUD012 odd-channel-count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.uncommon import uncommon_values
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD012",
    message="{n_channels:.0f} channels, where {usual:.0f} is usual here",
    headline=("{flagged} has another number of channels", "{flagged} have another number of channels than the rest"),
    since="0.1.0",
    modalities=("audio",),
)
def odd_channel_count(measurements: DataFrame, *, max_ratio: float = 0.5) -> DataFrame:
    """Another number of channels than most of the set.

    What it does
    ------------
    Compares how common the item's number of channels is with how common the most common one is.

    Why is this bad?
    ----------------
    Loaders differ in what they make of several channels: the first, the mean, or an error. Where it goes
    together with label or device, the model learns it.

    What to do
    ----------
    Mix everything down to one channel, after listening that no channel is empty or wired in reverse.

    Options
    -------
    max_ratio : ratio, 0 to 1
        Items whose value is less than this times as common as the most common value are flagged.

    Limits
    ------
    In a set that mixes two values in equal parts neither is odd, and nothing is flagged.

    References
    ----------
    P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209.
    """
    return uncommon_values(measurements, "n_channels", max_ratio=max_ratio)
