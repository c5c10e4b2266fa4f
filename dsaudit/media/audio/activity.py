"""Where in a recording something happens: levels over time, noise floor, active and speech-like shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.audio.spectrum import HOP_S as WINDOW_HOP_S
from dsaudit.media.audio.waveform import HOP_S, decibels

if TYPE_CHECKING:
    from dsaudit.media.audio.spectrum import Spectrum
    from dsaudit.media.audio.waveform import Waveform
    from dsaudit.media.base import Measured

VOICED = 0.6
"""Periodicity from which a window counts as voiced."""


def activity(waveform: Waveform, spectrum: Spectrum) -> Measured:
    """Level columns of a recording.

    Returns
    -------
    dict
        ``loudest_rms_dbfs`` (loudest 50 ms), ``noise_floor_dbfs`` (10th percentile of 30 ms levels, digital
        silence left out), ``snr_db`` (power of the active frames over the floor's), ``digital_silence_share``,
        ``active_share`` and ``active_s`` (10 ms frames above the activity threshold), ``speech_s`` and
        ``speech_share`` (active and voiced), ``onset_margin_ms`` and ``offset_margin_ms``.
    """
    power, flat = waveform.levels()
    smooth = _moving_mean(power, 3)
    loudest = loudest_rms_dbfs(power)
    heard = smooth[~flat]
    floor = float(decibels(np.percentile(heard, 10))) if len(heard) else -120.0
    # Ten dB over the floor and no more than 35 under the loudest: where sound is, for a word or a knock alike.
    threshold = max(floor + 0.35 * min(loudest - floor, 28.6), loudest - 35.0, -75.0)
    active = decibels(smooth) > threshold
    if loudest - floor < 6.0:
        active[:] = False
    at = np.flatnonzero(active)
    length_ms = len(power) * HOP_S * 1e3
    signal = float(power[active].mean()) if len(at) else 0.0
    noise = 10.0 ** (floor / 10.0)
    windows = (np.arange(spectrum.n_windows) * WINDOW_HOP_S / HOP_S + 1.0).astype(np.int64)
    voiced = (spectrum.periodicities > VOICED) & active[np.minimum(windows, len(active) - 1)]
    return {
        "loudest_rms_dbfs": loudest,
        "noise_floor_dbfs": floor,
        "snr_db": float(decibels(max(signal - noise, 1e-12) / max(noise, 1e-12))) if len(at) else float("nan"),
        "digital_silence_share": float(flat.mean()),
        "active_share": float(active.mean()),
        "active_s": float(len(at) * HOP_S),
        "speech_share": float(voiced.mean()),
        "speech_s": float(np.count_nonzero(voiced) * WINDOW_HOP_S),
        "onset_margin_ms": float(at[0] * HOP_S * 1e3) if len(at) else length_ms,
        "offset_margin_ms": float((len(power) - 1 - at[-1]) * HOP_S * 1e3) if len(at) else length_ms,
    }


def loudest_rms_dbfs(power: np.ndarray) -> float:
    """Level of the loudest 50 ms, from mean power per 10 ms."""
    return float(decibels(_moving_mean(power, 5).max()))


def _moving_mean(x: np.ndarray, n: int) -> np.ndarray:
    """Centred mean over ``n`` frames, the ends by what is there."""
    if len(x) < n:
        return np.full(len(x), x.mean())
    summed = np.concatenate(([0.0], np.cumsum(x)))
    middle = (summed[n:] - summed[:-n]) / n
    left = n // 2
    return np.concatenate((np.full(left, middle[0]), middle, np.full(n - 1 - left, middle[-1])))
