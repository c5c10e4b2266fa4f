"""Where in a recording something happens: levels over time, noise floor, active and speech-like shares.

Recordings are looked at side by side; along time nothing is added up but by ``cumsum``, so that none depends on how
long the others are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.audio.spectrum import HOP_S as WINDOW_HOP_S
from dsaudit.media.audio.waveform import HOP_S, decibels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

VOICED = 0.6
"""Periodicity from which a window counts as voiced."""


def activity(
    levels: Sequence[tuple[Array, npt.NDArray[np.bool_]]],
    periodicities: Sequence[npt.NDArray[np.float32]],
    *,
    together: int = 1,
    apart: int = 1,
) -> dict[str, Array]:
    """Level columns of recordings, k of them.

    Parameters
    ----------
    levels : sequence of pairs of arrays (n,)
        Per 10 ms: mean power, and whether not one step of 16 bits is used; see ``Waveform.levels``.
    periodicities : sequence of float32 arrays (n_windows,)
        See ``Spectrum.periodicities``.
    together, apart : int
        See ``Waveform.together`` and ``Spectrum.apart``: above 1 in recordings of hours, where frames are longer than
        10 ms and the loudest 50 ms is the loudest frame.

    Returns
    -------
    dict of float64 arrays (k,)
        ``loudest_rms_dbfs`` (loudest 50 ms), ``noise_floor_dbfs`` (10th percentile of 30 ms levels, digital
        silence left out), ``snr_db`` (power of the active frames over the floor's), ``digital_silence_share``,
        ``active_share`` and ``active_s`` (10 ms frames above the activity threshold), ``speech_s`` and
        ``speech_share`` (active and voiced), ``onset_margin_ms`` and ``offset_margin_ms``.
    """
    power, n = side_by_side([power for power, _ in levels])
    flat = side_by_side([flat for _, flat in levels])[0]
    there = np.arange(power.shape[1]) < n[:, None]
    hop_s, window_hop_s = HOP_S * together, WINDOW_HOP_S * apart
    smooth = _moving_mean(power, n, max(1, 3 // together))
    loudest = loudest_rms_dbfs(power, n, together=together)
    floor = decibels(_tenth(np.where(there & ~flat, smooth, np.inf)))
    # Ten dB over the floor and no more than 35 under the loudest: where sound is, for a word or a knock alike.
    threshold = np.maximum(np.maximum(floor + 0.35 * np.minimum(loudest - floor, 28.6), loudest - 35.0), -75.0)
    active = (decibels(smooth) > threshold[:, None]) & there & (loudest - floor >= 6.0)[:, None]
    n_active = np.count_nonzero(active, axis=1)
    any_active, length_ms = n_active > 0, n * hop_s * 1e3
    signal = np.cumsum(np.where(active, power, 0.0), axis=1)[:, -1] / np.maximum(n_active, 1)
    noise = 10.0 ** (floor / 10.0)
    periodic, n_windows = side_by_side(periodicities)
    at = (np.arange(periodic.shape[1]) * window_hop_s / hop_s + 1.0 / together).astype(np.int64)
    voiced = (periodic > VOICED) & np.take_along_axis(active, np.minimum(at, n[:, None] - 1), axis=1)
    n_voiced = np.count_nonzero(voiced, axis=1)
    snr_db = decibels(np.maximum(signal - noise, 1e-12) / np.maximum(noise, 1e-12))
    last = power.shape[1] - 1 - active[:, ::-1].argmax(axis=1)
    return {
        "loudest_rms_dbfs": loudest,
        "noise_floor_dbfs": floor,
        "snr_db": np.where(any_active, snr_db, np.nan),
        "digital_silence_share": np.count_nonzero(flat, axis=1) / n,
        "active_share": n_active / n,
        "active_s": n_active * hop_s,
        "speech_share": n_voiced / n_windows,
        "speech_s": n_voiced * window_hop_s,
        "onset_margin_ms": np.where(any_active, active.argmax(axis=1) * hop_s * 1e3, length_ms),
        "offset_margin_ms": np.where(any_active, (n - 1 - last) * hop_s * 1e3, length_ms),
    }


def side_by_side(rows: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Arrays (n, ...) of any lengths as one (k, n_longest, ...) with zeros behind them, and their lengths, (k,).

    >>> side_by_side([np.array([1, 2, 3]), np.array([4])])
    (array([[1, 2, 3],
           [4, 0, 0]]), array([3, 1]))
    """
    n = np.array([len(row) for row in rows], dtype=np.int64)
    table = np.zeros((len(rows), int(n.max()), *rows[0].shape[1:]), rows[0].dtype)
    for own, row in zip(table, rows, strict=True):
        own[: len(row)] = row
    return table, n


def loudest_rms_dbfs(power: Array, n: npt.NDArray[np.int64], *, together: int = 1) -> Array:
    """Level of the loudest 50 ms, (k,), from mean power per 10 ms, (k, n_longest), of which ``n``, (k,), are there."""
    return np.asarray(decibels(_moving_mean(power, n, max(1, 5 // together)).max(axis=1)))


def _moving_mean(x: Array, n: npt.NDArray[np.int64], width: int) -> Array:
    """Centred mean over ``width`` frames, the ends (and all that lies beyond) by what is there."""
    summed = np.zeros((len(x), x.shape[1] + 1))
    np.cumsum(x, axis=1, out=summed[:, 1:])
    width_there = np.minimum(n, width)[:, None]
    first = np.clip(np.arange(x.shape[1]) - width // 2, 0, n[:, None] - width_there)
    ends = np.take_along_axis(summed, first + width_there, axis=1)
    return np.asarray((ends - np.take_along_axis(summed, first, axis=1)) / width_there)


def _tenth(x: Array) -> Array:
    """10th percentile of the finite values of each row, as ``numpy.percentile`` has it; 0 where there is none."""
    ordered = np.sort(x, axis=1)
    n = np.count_nonzero(np.isfinite(ordered), axis=1)
    place = np.maximum(n - 1, 0) * 0.1
    low = place.astype(np.int64)
    pair = np.stack((low, np.minimum(low + 1, np.maximum(n - 1, 0))), axis=1)
    below, above = np.take_along_axis(ordered, pair, axis=1).T
    with np.errstate(invalid="ignore"):
        return np.where(n > 0, below + (above - below) * (place - low), 0.0)
