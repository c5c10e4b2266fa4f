"""What the two truncation rules share: which end, how two kinds of evidence are weighed, words for what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dsaudit.analysis.scoring import score_below
from dsaudit.media.audio.spectrum import HOP_S

if TYPE_CHECKING:
    from pandas import DataFrame, Series

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
_AT_SILENCE: dict[Literal["start", "end"], str] = {
    "start": "the sound is {still:.0f} dB below its loudest where {pad:.0f} ms of digital silence end",
    "end": "the sound is {still:.0f} dB below its loudest where {pad:.0f} ms of digital silence begin",
}
_NOTABLE_PAD_MS = 2.0
_INSIDE: dict[Literal["start", "end"], str] = {
    "start": "the sound starts at once, {still:.0f} dB below its loudest, after {pad:.0f} ms of silence or noise",
    "end": "the sound stops at once, {still:.0f} dB below its loudest, and {pad:.0f} ms of silence or noise follow",
}

_LACKING = {
    "start": "compared with its class the first {share:.0%} of the sound is missing, about {ms:.0f} ms",
    "end": "compared with its class the last {share:.0%} of the sound is missing, about {ms:.0f} ms",
}
_NOTABLE_SHARE, _NOTABLE_GAIN = 0.1, 1.0
"""What is said of a missing part: smaller ones may be another way to say the word."""
_SHORTEST_MADE_MS, _SAME_MS = 50.0, 1.5
_FEWEST_MADE, _SMALLEST_MADE = 8, 0.05
_LOUD_DB, _UNTOLD = -26.0, 0.05
"""What ``_as_made`` takes for silence that a synthesiser puts beside its sounds: how long, equal to how much, in how
many clips and which share of them; how loud most of the sounds are where it begins; and the most that the edge of such
a sound then says of a cut, so that only a part that its class has and it lacks may still."""
_FEW_BESIDE = 0.05
"""The most clips of a set that have something else than their word at an edge. Of 83 words cut at the file's edge one
gained less than ``_NOTABLE_GAIN``; of six raw clips of that kind that were looked at none was cut."""
WEIGHTS = (0.67, 0.76, 1.01, 0.75, 1.57)
ORIGIN, PER_NOISE = -1.8, 1.0
"""Logistic regression on what ``evidence_of_a_cut`` gives; ``tests/benchmarks/bench_truncation.py --fit`` made the
weights with the edge trees before these, and noise for the line. Fitted anew to these they find more cuts and err three
times as often on words not seen, so they stayed; the origin leaves .2 % of the whole clips of the words seen."""


def truncation_table(
    measurements: DataFrame,
    courses: DataFrame,
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
        ``<side>_cut`` (certainty, 0 to 1), ``<side>_step_db`` (NaN at the file's edge), ``snr_db`` and
        ``speech_share``; of both sides ``<side>_pad_ms`` and ``<side>_level_db``.
    courses : DataFrame, index ``item_id``
        Of some of them, or none: see ``dsaudit.evidence.tables.DOCUMENTED``.
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
    lacks = [f"{side}_{name}" for name in ("gain", "typical", "share", "frames")]
    compared = courses.reindex(index=table.index, columns=lacks).astype(float)
    gains, typical, shares, frames = (compared[name] for name in lacks)
    untold = _as_made(measurements, side) | _beside_the_sound(cut, pads, steps, gains)
    cut = cut.mask(untold, np.minimum(cut, _UNTOLD))
    stands_out = (table["snr_db"] >= min_snr_db) | (table["speech_share"] >= min_speech_share)
    judged = (stands_out | gains.notna()) & cut.notna()
    weighed = cut.where(gains.isna(), cut_compared(cut, gains, typical, shares, table["snr_db"]))
    heard = [
        _how(step, level, pad)[side].format(still=max(0.0, -level), pad=pad)
        for step, level, pad in zip(steps, levels, pads, strict=True)
    ]
    lacking = [_LACKING[side].format(share=share, ms=1e3 * HOP_S * n) for share, n in zip(shares, frames, strict=True)]
    notable = (shares >= _NOTABLE_SHARE) & (gains >= typical + _NOTABLE_GAIN)
    words = [
        "; ".join([edge] * (at_edge or not less) + [part] * less)
        for edge, part, at_edge, less in zip(heard, lacking, (cut >= 0.5).tolist(), notable.tolist(), strict=True)
    ]
    score = score_below(weighed, bad=max_cut, healthy=0.0)
    missing_ms = (1e3 * HOP_S * frames).where(notable)
    found = table.assign(how=words, missing_ms=missing_ms, certainty=weighed, score=score, flagged=score < 0.5)
    return found[judged]


def _beside_the_sound(
    cut: Series[float], pads_ms: Series[float], steps_db: Series[float], gains: Series[float]
) -> Series[bool]:
    """Clips that lack nothing of what their class has, though something is at the file's edge: a click, the next word.

    Where many are so, their class may have been cut as a whole, which no comparison within it can show.
    """
    beside = steps_db.isna() & (pads_ms < _NOTABLE_PAD_MS) & (gains < _NOTABLE_GAIN)
    return beside & bool((beside & (cut >= 0.5)).mean() <= _FEW_BESIDE)


def _as_made(measurements: DataFrame, side: Literal["start", "end"]) -> Series[bool]:
    """Sounds beside silence of a length that comes again and again, where that is how most of the set is.

    A synthesiser stops its words at once and puts so much silence behind each; words that were cut stop anywhere. On
    the other side such a set's sounds meet the edge of the file at once, and are left alone there.
    """
    beside = {one: _beside_made_silence(measurements, one) for one in _AT_EDGE}
    at_edge = measurements[f"{side}_pad_ms"].astype(float) < _SHORTEST_MADE_MS
    return beside[side] | (at_edge & bool(beside["end" if side == "start" else "start"].any()))


def _beside_made_silence(measurements: DataFrame, side: Literal["start", "end"]) -> Series[bool]:
    pads_ms, levels_db = (measurements[f"{side}_{name}"].astype(float) for name in ("pad_ms", "level_db"))
    pads = pads_ms.to_numpy()
    ordered = np.sort(pads)
    alike = np.searchsorted(ordered, pads + _SAME_MS, "right") - np.searchsorted(ordered, pads - _SAME_MS)
    made = (pads_ms >= _SHORTEST_MADE_MS) & (alike >= max(_FEWEST_MADE, _SMALLEST_MADE * len(pads)))
    return made & bool(made.mean() > 0.5 and levels_db[made].median() > _LOUD_DB)


def evidence_of_a_cut(
    cut: Series[float], gains: Series[float], typical: Series[float], shares: Series[float]
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """What is weighed, float64 array (n, 5): the log odds of the sound alone, once more where it is rather cut, and how
    much better the clip fits its class without the missing part: as it is, against what is usual in the class, and the
    size of that part."""
    p = cut.to_numpy(dtype=float)
    odds = np.clip(np.log((p + 1e-3) / (1.0 - p + 1e-3)), -6.0, 5.0)
    gain, usual, share = (values.to_numpy(dtype=float) for values in (gains, typical, shares))
    return np.stack((odds, np.maximum(odds, 0.0), np.log1p(gain), np.log1p(gain / (usual + 0.5)), share), axis=1)


def noise_of(snr_db: Series[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How much the background may hide or feign, 0 from 30 dB SNR on, 1 at 20 dB, at most 1.8."""
    return np.asarray((30.0 - np.clip(np.nan_to_num(snr_db.to_numpy(dtype=float), nan=0.0), 12.0, 30.0)) / 10.0)


def cut_compared(
    cut: Series[float], gains: Series[float], typical: Series[float], shares: Series[float], snr_db: Series[float]
) -> Series[float]:
    """Certainty, 0 to 1, of sounds whose class has a course: what the sound's edge shows and what is missing."""
    odds = evidence_of_a_cut(cut, gains, typical, shares) @ np.array(WEIGHTS) + ORIGIN - PER_NOISE * noise_of(snr_db)
    return type(cut)(0.5 * (1.0 + np.tanh(odds / 2.0)), index=cut.index)


def _how(step_db: float, level_db: float, pad_ms: float) -> dict[Literal["start", "end"], str]:
    if step_db == step_db:
        return _INSIDE
    if pad_ms >= _NOTABLE_PAD_MS:
        return _AT_SILENCE
    return _AT_FAINT_EDGE if level_db < -_FAINT_DB else _AT_EDGE
