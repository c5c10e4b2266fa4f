"""Levels and spectra of short stretches, on a grid of one millisecond, for judging how sounds begin and end.

Sounds of one rate are looked at side by side: arrays are (n sounds, ...). What is found of one does not depend on the
others, to the last bit: along an axis that the longest of them sets nothing is added up but by ``cumsum``.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.audio.transform import irfft, rfft
from dsaudit.media.audio.waveform import LSB_16

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Samples = npt.NDArray[np.float32]

STEP_S = 0.001
"""Resolution in time."""
BAND_EDGES_HZ = np.array([80.0, 400.0, 900.0, 1800.0, 3200.0, 6000.0])
STILL_POWER = (0.7 * LSB_16) ** 2
"""Mean power of a millisecond below which nothing was recorded."""
SHORTEST_MS = 60
"""Below this nothing can be said about how a sound begins."""
_BEYOND_MS = 260


class Sounds:
    """Sounds of one rate; what lies outside of one is silence.

    Parameters
    ----------
    sounds : sequence of float32 arrays (n_samples,)
    rate : int
        Hz.
    """

    def __init__(self, sounds: Sequence[Samples], rate: int) -> None:
        self.rate, self.hop = rate, max(1, round(STEP_S * rate))
        self.sounds = sounds
        self.n = np.array([len(x) for x in sounds], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.n)

    @property
    def n_ms(self) -> Ints:
        """Whole milliseconds of each."""
        return self.n // self.hop

    def of(self, rows: Ints) -> Sounds:
        """Some of them."""
        return Sounds([self.sounds[k] for k in rows.tolist()], self.rate)

    def inner(self, rows: Ints, at: Ints) -> Sounds:
        """Some of them, each from a sample on."""
        return Sounds([self.sounds[k][first:] for k, first in zip(rows.tolist(), at.tolist(), strict=True)], self.rate)

    def pieces(self, at: Ints, n: int) -> Samples:
        """``n`` samples from each of ``at``, (k,) or (k, m), on: float32 array (k, n) or (k, m, n)."""
        pieces = np.zeros((*at.shape, n), np.float32)
        for own, x, starts in zip(
            pieces.reshape(len(self), -1, n), self.sounds, at.reshape(len(self), -1), strict=True
        ):
            for piece, start in zip(own, starts.tolist(), strict=True):
                if 0 <= start <= len(x) - n:
                    piece[:] = x[start : start + n]
                else:
                    there = x[max(0, start) : max(0, start + n)]
                    piece[max(0, -start) : max(0, -start) + len(there)] = there
        return pieces

    def level(self, loudest_dbfs: Array) -> Level:
        """Levels per millisecond."""
        power, n = self._nothing()
        for row, x, n_ms in zip(power, self.sounds, n.tolist(), strict=True):
            frames = x[: n_ms * self.hop].reshape(n_ms, self.hop)
            np.einsum("ij,ij->i", frames, frames, out=row[:n_ms])
        return Level(power / np.float32(self.hop), n, loudest_dbfs)

    def high(self, loudest_dbfs: Array) -> Level:
        """Levels per millisecond of the high frequencies: of the differences from sample to sample."""
        power, n = self._nothing()
        steps = np.zeros(power.shape[1] * self.hop, np.float32)
        for row, x, n_ms in zip(power, self.sounds, n.tolist(), strict=True):
            length = n_ms * self.hop
            np.subtract(x[1:length], x[: max(length - 1, 0)], out=steps[1:length])
            frames = steps[:length].reshape(n_ms, self.hop)
            np.einsum("ij,ij->i", frames, frames, out=row[:n_ms])
        return Level(power / np.float32(self.hop), n, loudest_dbfs)

    def _nothing(self) -> tuple[Samples, Ints]:
        n = self.n_ms
        return np.zeros((len(n), int(n.max(initial=0))), np.float32), n


class Level:
    """Levels of any stretches of a 1 ms grid, relative to the loudest 50 ms, from one running sum.

    Parameters
    ----------
    power : float32 array (k, n_longest)
        Mean power per millisecond, 0 beyond a sound's end.
    n : int array (k,)
        Milliseconds of each.
    loudest_dbfs : float64 array (k,)
    """

    def __init__(self, power: Samples, n: Ints, loudest_dbfs: Array) -> None:
        self.n = n
        self.loudest = 10.0 ** (loudest_dbfs / 10.0)
        # Seventy dB under the loudest, and a little over rounding noise, counts as nothing.
        self.quiet = self.loudest * 1e-7 + 1e-10
        # What lies beyond the end counts as nothing, so that no window needs trimming.
        longest = power.shape[1]
        self._sum = np.empty((len(power), longest + _BEYOND_MS))
        self._sum[:, 0] = 0.0
        np.cumsum(power, axis=1, dtype=np.float64, out=self._sum[:, 1 : longest + 1])
        self._sum[:, longest + 1 :] = self._sum[:, longest : longest + 1]
        self._power = power

    def of(self, rows: Ints) -> Level:
        """Of some of the sounds."""
        if len(rows) == len(self.n):
            return self
        some = object.__new__(Level)
        some.n, some.loudest, some.quiet = self.n[rows], self.loudest[rows], self.quiet[rows]
        some._sum, some._power = self._sum[rows], self._power[rows]
        return some

    @cached_property
    def thirty(self) -> Array:
        """Power summed over the 30 ms from each moment on, (k, n_longest)."""
        return self._sum[:, 30 : self._power.shape[1] + 30] - self._sum[:, : self._power.shape[1]]

    @cached_property
    def _sounding(self) -> Array:
        """As ``thirty``, infinite where those hold digital silence: the floor of a padded file lies elsewhere."""
        still = self._power < STILL_POWER
        if not still.any():
            return self.thirty
        longest = still.shape[1]
        zeros = np.zeros((len(still), longest + 31), np.int32)
        np.cumsum(still, axis=1, out=zeros[:, 1 : longest + 1])
        zeros[:, longest + 1 :] = zeros[:, longest : longest + 1]
        return np.where(zeros[:, 30 : longest + 30] > zeros[:, :longest], np.inf, self.thirty)

    def db(self, power: Array) -> Array:
        """Level of a mean power, (k,) or (k, m)."""
        wide = (slice(None), *(None,) * (power.ndim - 1))
        level = power + self.quiet[wide]
        level /= self.loudest[wide]
        np.log10(level, out=level)
        level *= 10.0
        return level

    def fine(self, n: int) -> Array:
        """Level per millisecond, the first ``n``: (k, n)."""
        return self.db(self._power[:, :n].astype(np.float64))

    @property
    def loudest_ms_db(self) -> Array:
        """Level of the loudest millisecond, (k,)."""
        return self.db(self._power.max(axis=1).astype(np.float64))

    def between(self, low: Ints, high: Ints) -> Array:
        """Level from moments (not before 0) to others, in ms, each (k, m)."""
        row = np.arange(len(self.n))[:, None]
        return self.db((self._sum[row, high] - self._sum[row, low]) / (high - low))

    def running(self, ms: int, n: int) -> Array:
        """Level of the ``ms`` from each of the first ``n`` moments on, (k, n)."""
        return self.db((self._sum[:, ms : ms + n] - self._sum[:, :n]) / ms)

    def quietest(self, after: Ints) -> tuple[Ints, Array]:
        """Beginning and level of the quietest 30 ms from ``after``, (k,), on that hold no digital silence."""
        ends = np.maximum(self.n - 30, 0)
        at, power = ends.copy(), np.full(len(ends), np.inf)
        for k, (row, first, end) in enumerate(zip(self._sounding, after.tolist(), ends.tolist(), strict=True)):
            if first < end:
                lowest = first + int(row[first:end].argmin())
                if row[lowest] < np.inf:
                    at[k], power[k] = lowest, row[lowest]
        none = np.isinf(power)
        return at, np.where(none, 0.0, self.db(np.where(none, 0.0, power) / 30))


def spectra(pieces: Samples, rate: int, quiet: Array) -> Array:
    """Level in the bands of ``BAND_EDGES_HZ``, dBFS, of pieces (k, m, n): float64 array (k, m, 5)."""
    window, n_fft, edges = _window(pieces.shape[-1], rate)
    spectrum = rfft(pieces * window, n_fft)[..., : edges[-1] + 1]
    summed = np.cumsum(spectrum.real**2 + spectrum.imag**2, axis=-1)
    power = (summed[..., edges[1:]] - summed[..., edges[:-1]]) / (0.375 * len(window) * n_fft / 2)
    return np.asarray(10.0 * np.log10(np.maximum(power, 0.0) + quiet[:, None, None] / 10))


@lru_cache(maxsize=8)
def _window(n: int, rate: int) -> tuple[Samples, int, Ints]:
    n_fft = 1 << (n - 1).bit_length()
    edges = np.minimum(np.round(BAND_EDGES_HZ * n_fft / rate).astype(np.int64), n_fft // 2)
    return np.hanning(n).astype(np.float32), n_fft, edges


def periodicity(pieces: Samples, rate: int) -> Array:
    """Largest normalised autocorrelation of pieces (..., n) at lags of 80 to 400 Hz, below 1.2 kHz: float64 (...)."""
    n = pieces.shape[-1]
    n_fft = 1 << (2 * n - 1).bit_length()
    pieces = pieces - pieces.mean(axis=-1, keepdims=True)
    n_low = 1 + int(1200 * n_fft / rate)
    spectrum = rfft(pieces, n_fft)[..., :n_low]
    # Above 1.2 kHz there is nothing left, so an inverse transform of few points gives every lag that matters.
    n_lags = min(n_fft, 1 << (4 * n_low - 1).bit_length())
    correlation = irfft(spectrum.real**2 + spectrum.imag**2, n_lags)
    lag = np.arange(n_lags) * n_fft / n_lags
    lo, hi = np.searchsorted(lag, (rate / 400, rate / 80))
    ratio = correlation[..., lo:hi] / (1 - lag[lo:hi] / n)
    return np.asarray(ratio.max(axis=-1) / (correlation[..., 0] + 1e-12), dtype=np.float64)
