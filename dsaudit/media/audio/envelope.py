"""Levels and spectra of short stretches, on a grid of one millisecond, for judging how sounds begin and end."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft, rfft

from dsaudit.media.audio.waveform import LSB_16

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

STEP_S = 0.001
"""Resolution in time."""
BAND_EDGES_HZ = np.array([80.0, 400.0, 900.0, 1800.0, 3200.0, 6000.0])
STILL_POWER = (0.7 * LSB_16) ** 2
"""Mean power of a millisecond below which nothing was recorded."""
SHORTEST_MS = 60
"""Below this nothing can be said about how a sound begins."""


class Level:
    """Levels of any stretches of a 1 ms grid, relative to the loudest 50 ms, from one running sum."""

    def __init__(self, power: npt.NDArray[np.float32], loudest_dbfs: float) -> None:
        self.n = len(power)
        self.loudest = 10.0 ** (loudest_dbfs / 10.0)
        # Seventy dB under the loudest, and a little over rounding noise, counts as nothing.
        self.quiet = self.loudest * 1e-7 + 1e-10
        # What lies beyond the end counts as nothing, so that no window needs trimming.
        self._sum = np.zeros(self.n + 260)
        np.cumsum(power, dtype=np.float64, out=self._sum[1 : self.n + 1])
        self._sum[self.n + 1 :] = self._sum[self.n]
        self._power = power

    @cached_property
    def fine(self) -> Array:
        """Level per millisecond."""
        return self._db(self._power.astype(np.float64))

    @cached_property
    def ten(self) -> Array:
        """Level of the 10 ms from each moment on."""
        return self.running(10)

    @cached_property
    def thirty(self) -> Array:
        """Level of the 30 ms from each moment on."""
        return self.running(30)

    @cached_property
    def sounding(self) -> Array:
        """As ``thirty``, infinite where those hold digital silence: the floor of a padded file lies elsewhere."""
        still = self._power < STILL_POWER
        if not still.any():
            return self.thirty
        zeros = np.zeros(self.n + 31)
        np.cumsum(still, out=zeros[1 : self.n + 1])
        zeros[self.n + 1 :] = zeros[self.n]
        return np.where(zeros[30 : self.n + 30] > zeros[: self.n], np.inf, self.thirty)

    def _db(self, power: Array) -> Array:
        return np.asarray(10.0 * np.log10((power + self.quiet) / self.loudest))

    def __call__(self, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> Array:
        """Level from one moment (not before 0) to another, in ms."""
        return self._db((self._sum[high] - self._sum[low]) / (high - low))

    def running(self, ms: int) -> Array:
        """Level of the ``ms`` from each moment on, float64 array (n,)."""
        return self._db((self._sum[ms : ms + self.n] - self._sum[: self.n]) / ms)

    def quietest(self, after: int) -> tuple[int, float]:
        """Beginning and level of the quietest 30 ms from ``after`` on that hold no digital silence."""
        thirty = self.sounding[after : self.n - 30]
        at = int(thirty.argmin()) if len(thirty) else 0
        if not len(thirty) or thirty[at] == np.inf:
            return max(0, self.n - 30), 0.0
        return after + at, float(thirty[at])


def bands_around(x: npt.NDArray[np.float32], at: npt.NDArray[np.int64], rate: int, quiet: float) -> Array:
    """Level in five bands, 12 ms before and 12 ms after each sample; float64 array (len(at), 2, 5)."""
    n, gap = round(0.012 * rate), round(0.001 * rate)
    starts = np.stack((at - gap - n, at + gap), axis=1)
    return spectra(pieces_at(x, starts.ravel(), n), rate, quiet).reshape(len(at), 2, -1)


def stretches(x: npt.NDArray[np.float32], at: npt.NDArray[np.int64], rate: int, quiet: float) -> Array:
    """Level in five bands of the 30 ms from each sample on, float64 array (len(at), 5)."""
    return spectra(pieces_at(x, at, round(0.030 * rate)), rate, quiet)


def pieces_at(x: npt.NDArray[np.float32], at: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.float32]:
    """``n`` samples from each of ``at`` on; what lies outside the recording is zero. Float32 array (len(at), n)."""
    pieces = np.zeros((len(at), n), np.float32)
    for k, s in enumerate(at.tolist()):
        piece = x[max(0, s) : max(0, s + n)]
        left = max(0, -s)
        pieces[k, left : left + len(piece)] = piece
    return pieces


def spectra(pieces: npt.NDArray[np.float32], rate: int, quiet: float) -> Array:
    """Level in the bands of ``BAND_EDGES_HZ``, dBFS, of pieces (k, n); float64 array (k, 5)."""
    window, n_fft, edges = _window(pieces.shape[1], rate)
    spectrum = rfft(pieces * window, n_fft)
    summed = np.cumsum(spectrum.real**2 + spectrum.imag**2, axis=-1)
    power = (summed[..., edges[1:]] - summed[..., edges[:-1]]) / (0.375 * len(window) * n_fft / 2)
    return np.asarray(10.0 * np.log10(np.maximum(power, 0.0) + quiet / 10))


@lru_cache(maxsize=8)
def _window(n: int, rate: int) -> tuple[npt.NDArray[np.float32], int, npt.NDArray[np.int64]]:
    n_fft = 1 << (n - 1).bit_length()
    edges = np.minimum(np.round(BAND_EDGES_HZ * n_fft / rate).astype(np.int64), n_fft // 2)
    return np.hanning(n).astype(np.float32), n_fft, edges


def periodicity(x: npt.NDArray[np.float32], at: npt.NDArray[np.int64], rate: int) -> Array:
    """Largest normalised autocorrelation of the 32 ms from each sample on, at lags of 80 to 400 Hz, below 1.2 kHz."""
    n = round(0.032 * rate)
    n_fft = 1 << (2 * n - 1).bit_length()
    pieces = pieces_at(x, at, n)
    pieces -= pieces.mean(axis=1, keepdims=True)
    n_low = 1 + int(1200 * n_fft / rate)
    spectrum = rfft(pieces, n_fft)[:, :n_low]
    # Above 1.2 kHz there is nothing left, so an inverse transform of few points gives every lag that matters.
    n_lags = min(n_fft, 1 << (4 * n_low - 1).bit_length())
    correlation = irfft(spectrum.real**2 + spectrum.imag**2, n_lags)
    lag = np.arange(n_lags) * n_fft / n_lags
    lo, hi = np.searchsorted(lag, (rate / 400, rate / 80))
    ratio = correlation[:, lo:hi] / (1 - lag[lo:hi] / n)
    return np.asarray(ratio.max(axis=1) / (correlation[:, 0] + 1e-12), dtype=np.float64)


def grid(x: npt.NDArray[np.float32], rate: int, loudest_dbfs: float) -> Level | None:
    """Levels of a sound, float32 array (n,), per millisecond; None where it is shorter than ``SHORTEST_MS``."""
    hop = max(1, round(STEP_S * rate))
    n = len(x) // hop
    if n < SHORTEST_MS:
        return None
    frames = x[: n * hop].reshape(n, hop)
    return Level(np.einsum("ij,ij->i", frames, frames) / hop, loudest_dbfs)
