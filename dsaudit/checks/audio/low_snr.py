"""AUD014 low-snr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_above
from dsaudit.checks.audio._speech import require_speech
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_STEADY_SHARE, _STEADY_TIMES, _FEWEST_STEADY = 0.25, 3.0, 4


@rule(
    "AUD014",
    message="the sound is only {snr_db:.0f} dB above its background",
    headline=("{flagged} drowns in noise", "{flagged} drown in noise"),
    since="0.1.0",
    modalities=("audio",),
)
def low_snr(
    items: DataFrame,
    measurements: DataFrame,
    *,
    min_snr_db: float = 8.0,
    healthy_snr_db: float = 20.0,
    min_speech_share: float = 0.08,
    max_cut: float = 0.5,
) -> DataFrame:
    """The voice barely stands out from the background.

    What it does
    ------------
    Compares the mean power of the active part with the noise floor (the 10th percentile of 30 ms levels).
    Only clips with a voice are judged, and only where neither end is cut, for a clip without a quiet part
    shows no floor. Where the set is not speech nothing is judged, nor are classes without a voice and classes of a
    steady sound, such as engines: those of which a quarter or more, and three times as many as of the others, are low.

    Why is this bad?
    ----------------
    The model learns the background of those recordings; people mishear such words, so their labels are wrong
    more often.

    What to do
    ----------
    Listen. Keep it if you can understand it and the use will be as noisy; else drop it.

    Options
    -------
    min_snr_db : dB
        Below it the clip is flagged.
    healthy_snr_db : dB
        From here up the score is near 1.
    min_speech_share : share of the clip, 0 to 1
        Clips with less voice are not judged: they are noise, not noisy speech.
    max_cut : certainty, 0 to 1
        Clips more certainly cut at either end are not judged.

    Limits
    ------
    The floor of a clip that is full of sound from end to end is taken too high, and its ratio too low.

    References
    ----------
    R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
    IEEE TSAP 2001.
    """
    columns = ["snr_db", "speech_share", "start_cut", "end_cut"]
    table = measurements[columns].astype(float).dropna(subset=["snr_db", "speech_share"])
    cut = table[["start_cut", "end_cut"]].max(axis=1) > max_cut
    spoken = require_speech(items, measurements).reindex(table.index, fill_value=False)
    table = table[(table["speech_share"] >= min_speech_share) & ~cut & spoken]
    table = table[~_steady(table["snr_db"] < min_snr_db, items["label"].reindex(table.index))]
    score = score_above(table["snr_db"], bad=min_snr_db, healthy=healthy_snr_db)
    return table.assign(score=score, flagged=score < 0.5)


def _steady(low: Series[bool], labels: Series[str]) -> Series[bool]:
    """Whether the class of each item is low by nature: much of it is, and far more than of the other classes."""
    n_low, n = (low.groupby(labels).transform(what).fillna(0.0) for what in ("sum", "count"))
    n_labelled = labels.notna().sum()
    others = (low[labels.notna()].sum() - n_low) / (n_labelled - n).clip(lower=1.0)
    share = n_low / n.clip(lower=1.0)
    return (share >= _STEADY_SHARE) & (share > _STEADY_TIMES * others) & (n < n_labelled) & (n >= _FEWEST_STEADY)
