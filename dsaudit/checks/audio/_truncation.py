"""What the two truncation rules share: which end, and the words for what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from dsaudit.analysis.scoring import score_below

if TYPE_CHECKING:
    from pandas import DataFrame

_FAINT_DB = 20.0
"""So far below its loudest a sound at an edge is no longer cut at its height, but before it has died away."""
_AT_EDGE: dict[Literal["start", "end"], str] = {
    "start": "the sound is {still:.0f} dB below its loudest when the clip begins",
    "end": "the sound is {still:.0f} dB below its loudest when the clip ends",
}
_AT_FAINT_EDGE: dict[Literal["start", "end"], str] = {
    "start": "the clip begins inside the sound, {still:.0f} dB below its loudest, without the way up to there",
    "end": "the clip ends before the sound has died away, {still:.0f} dB below its loudest",
}
_INSIDE: dict[Literal["start", "end"], str] = {
    "start": "the sound starts at once, {still:.0f} dB below its loudest, after {pad:.0f} ms of something else",
    "end": "the sound stops at once, {still:.0f} dB below its loudest, and {pad:.0f} ms of something else follow",
}


def truncation_table(
    measurements: DataFrame,
    side: Literal["start", "end"],
    *,
    max_cut: float,
    min_snr_db: float,
    min_speech_share: float,
) -> DataFrame:
    """Truncation at one side of every recording whose sound stands out enough to be judged.

    Parameters
    ----------
    measurements : DataFrame, index ``item_id``
        ``<side>_cut`` (certainty, 0 to 1), ``<side>_pad_ms``, ``<side>_step_db`` (NaN at the file's edge),
        ``<side>_level_db``, ``snr_db`` and ``speech_share``.
    side : str
    max_cut : float
        Certainty above which a recording is flagged.
    min_snr_db, min_speech_share : float
        A recording is judged when it reaches either.

    Returns
    -------
    DataFrame, index ``item_id``: the columns used, ``how`` (str, one sentence), ``score`` (0 cut … 1 whole)
    and ``flagged``.
    """
    own = [f"{side}_cut", f"{side}_pad_ms", f"{side}_step_db", f"{side}_level_db"]
    table = measurements[[*own, "snr_db", "speech_share"]].astype(float)
    cut, pads, steps, levels = (table[name] for name in own)
    judged = ((table["snr_db"] >= min_snr_db) | (table["speech_share"] >= min_speech_share)) & cut.notna()
    words = [
        _how(step, level)[side].format(still=max(0.0, -level), pad=pad)
        for step, level, pad in zip(steps, levels, pads, strict=True)
    ]
    score = score_below(cut, bad=max_cut, healthy=0.0)
    return table.assign(how=words, score=score, flagged=score < 0.5)[judged]


def _how(step_db: float, level_db: float) -> dict[Literal["start", "end"], str]:
    if step_db == step_db:
        return _INSIDE
    return _AT_FAINT_EDGE if level_db < -_FAINT_DB else _AT_EDGE
