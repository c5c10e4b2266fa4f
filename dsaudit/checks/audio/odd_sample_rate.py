"""AUD011 odd-sample-rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.uncommon import uncommon_values
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD011",
    message="{sample_rate_hz:.0f} Hz, where {usual:.0f} Hz is usual here",
    headline=("{flagged} has another sample rate", "{flagged} have another sample rate than the rest"),
    since="0.1.0",
    modalities=("audio",),
)
def odd_sample_rate(measurements: DataFrame, *, max_ratio: float = 0.5) -> DataFrame:
    """Another sample rate than most of the set.

    What it does
    ------------
    Compares how common the item's sample rate is with how common the most common one is.

    Why is this bad?
    ----------------
    Items resampled on the way in differ in their highest frequencies and in level; where rate goes together
    with label, device or speaker, the model learns the rate.

    What to do
    ----------
    Resample everything to one rate, and check that rate and label are not linked.

    Options
    -------
    max_ratio : ratio, 0 to 1
        Items whose value is less than this times as common as the most common value are flagged.

    Limits
    ------
    In a set that mixes two values in equal parts neither is odd: mixed-sample-rate says so.

    References
    ----------
    P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209.
    """
    return uncommon_values(measurements, "sample_rate_hz", max_ratio=max_ratio)
