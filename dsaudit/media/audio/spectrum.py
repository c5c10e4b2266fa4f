"""Numbers that need the spectrum: bandwidth, voicing, and the band energies behind the fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.fft import irfft, rfft

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

WINDOW_S, HOP_S = 0.032, 0.016
BAND_EDGES_HZ = np.geomspace(250.0, 3600.0, 18)
"""Edges of the 17 bands of the fingerprint: what a telephone passes, so that resampling and lossy codecs keep them."""

CLIFF_DB = 8.0
"""Smaller falls of the level are the voice's own."""

_CHUNK_FRAMES = 2048


@lru_cache(maxsize=16)
def window(rate: int) -> tuple[int, int, npt.NDArray[np.float32]]:
    """Window length in samples (even, quick to transform), hop in samples, and a Hann window of unit energy."""
    length = max(16, round(WINDOW_S * rate))
    while not _smooth(length):
        length += 1
    w = np.hanning(length + 1)[:-1]
    return length, max(1, round(HOP_S * rate)), np.asarray(w / np.sqrt(np.sum(w**2)), dtype=np.float32)


def _smooth(n: int) -> bool:
    if n % 2:
        return False
    for p in (2, 3, 5):
        while n % p == 0:
            n //= p
    return n == 1


@lru_cache(maxsize=16)
def _band_matrix(rate: int) -> npt.NDArray[np.float32]:
    """Float32 array (n_bins, 17): share of each bin in each band; the columns above Nyquist are zero."""
    length = window(rate)[0]
    width = rate / length
    low = (np.arange(length // 2 + 1) - 0.5)[:, None] * width
    overlap = np.minimum(low + width, BAND_EDGES_HZ[1:]) - np.maximum(low, BAND_EDGES_HZ[:-1])
    return np.asarray(np.maximum(overlap, 0.0) / width, dtype=np.float32)


@dataclass(slots=True)
class Spectrum:
    """Running spectral sums over the blocks of one recording (downmix).

    Parameters
    ----------
    sample_rate_hz : int
    """

    sample_rate_hz: int
    n_windows: int = 0
    _sum: Any = None
    _log_sum: Any = None
    _bands: list[Any] = field(default_factory=list)
    _periodicity: list[Any] = field(default_factory=list)
    _rest: Any = None

    def add(self, x: npt.NDArray[np.float32]) -> None:
        """Account for a block, float32 array (n,)."""
        length, hop, _ = window(self.sample_rate_hz)
        if self._rest is not None:
            x = np.concatenate((self._rest, x))
        n = (len(x) - length) // hop + 1
        if n < 1:
            self._rest = x
            return
        self._rest = x[n * hop :]
        frames = np.lib.stride_tricks.sliding_window_view(x, length)[: n * hop : hop]
        for at in range(0, n, _CHUNK_FRAMES):
            self._transform(frames[at : at + _CHUNK_FRAMES])

    def finish(self) -> None:
        """Take what is left when the recording is shorter than one window."""
        if self.n_windows == 0:
            length = window(self.sample_rate_hz)[0]
            rest = self._rest if self._rest is not None else np.zeros(0, np.float32)
            self._transform(np.pad(rest, (0, length - len(rest)))[None, :])

    def _transform(self, frames: npt.NDArray[np.float32]) -> None:
        spectrum = rfft(frames * window(self.sample_rate_hz)[2])
        power = np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)
        total = power.sum(axis=0, dtype=np.float64)
        logarithm = np.log10(power + np.float32(1e-13)).sum(axis=0, dtype=np.float64)
        self._sum = total if self._sum is None else self._sum + total
        self._log_sum = logarithm if self._log_sum is None else self._log_sum + logarithm
        self.n_windows += len(frames)
        self._bands.append(power @ _band_matrix(self.sample_rate_hz))
        self._periodicity.append(periodicity(power, self.sample_rate_hz))

    @property
    def bands(self) -> npt.NDArray[np.float32]:
        """Power per window and band, float32 array (n_windows, 17)."""
        return np.concatenate(self._bands)

    @property
    def periodicities(self) -> npt.NDArray[np.float32]:
        """See ``periodicity``, float32 array (n_windows,)."""
        return np.concatenate(self._periodicity)

    @property
    def mean_db(self) -> Array:
        """Mean power per bin, dB, float64 array (n_bins,)."""
        return np.asarray(10.0 * np.log10(self._sum / self.n_windows + 1e-13))

    @property
    def log_mean_db(self) -> Array:
        """Mean of the power in dB per bin, float64 array (n_bins,)."""
        return np.asarray(10.0 * self._log_sum / self.n_windows)


def periodicity(power: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """How periodic each window is at the pitches of human voices, 80 to 400 Hz.

    The largest normalised autocorrelation at those lags, of the sound below 1.2 kHz. White noise gives
    about .3, a vowel .6 to 1.

    Parameters
    ----------
    power : float32 array (n_windows, n_bins)
    rate : int
        Hz.

    Returns
    -------
    float32 array (n_windows,), 0 to 1.
    """
    length = window(rate)[0]
    first, last = max(1, int(70 * length / rate)), max(2, int(1200 * length / rate))
    # Only the lowest bins are wanted, so a short inverse transform gives the lags, in steps of `step` samples.
    n_lags = 1 << (2 * last - 1).bit_length()
    step = length / n_lags
    low = power[:, : last + 1].copy()
    low[:, :first] = 0.0
    lags = irfft(low, n_lags)
    lo, hi = int(np.ceil(rate / 400 / step)), int(rate / 80 / step)
    if hi <= lo or n_lags // 2 <= lo:
        return np.zeros(len(power), np.float32)
    lag = np.arange(n_lags) * step / length
    # The taper of the window lowers later lags; dividing by its own autocorrelation undoes that.
    taper = _hann_autocorrelation(lag)
    ratio = lags[:, lo : hi + 1] / (taper[lo : hi + 1] * np.maximum(lags[:, :1], 1e-20))
    return np.asarray(np.clip(ratio.max(axis=1), 0.0, 1.0), dtype=np.float32)


def _hann_autocorrelation(lag: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lag = np.minimum(lag, 0.9)
    cos, sin = np.cos(2 * np.pi * lag), np.sin(2 * np.pi * lag)
    return np.asarray(np.maximum(((1 - lag) * (2 + cos) + 1.5 / np.pi * sin) / 3.0, 0.05))


def bandwidth(mean_db: Array, log_mean_db: Array, rate: int) -> tuple[float, float]:
    """Highest frequency that carries sound, and how steeply the sound ends there.

    Microphone noise reaches to half the sample rate; a recording that was stored at a lower rate once has
    nothing above half of *that* rate but rounding noise, behind a cliff. Under the cliff the mean of the logarithm
    counts, which is the background's and falls gently in every true recording; above it half the mean of the
    power too, which the loud sounds raise wherever they reach.

    Parameters
    ----------
    mean_db, log_mean_db : float64 arrays (n_bins,)
        Mean power per bin in dB, and mean of the power in dB.
    rate : int
        Hz.

    Returns
    -------
    bandwidth_hz : float
        Foot of the steepest cliff, or half the rate where there is none.
    cliff_db : float
        How far everything above lies below the 500 Hz under the cliff; negative where nothing falls at all.
    """
    nyquist = rate / 2.0
    width = max(1, round(len(mean_db) * 100.0 / nyquist))
    n = len(mean_db) // width
    if n < 16:
        return nyquist, 0.0
    power = 10.0 ** (np.stack((mean_db, log_mean_db))[:, : n * width].reshape(2, n, width) / 10.0)
    mean, log_mean = 10.0 * np.log10(power.mean(axis=2))
    hz = nyquist / n
    span, gap = max(2, round(500.0 / hz)), max(2, round(200.0 / hz))
    # A cliff near half the rate is every converter's own filter, and one very low is a hum, not a rate.
    first, last = max(span, int(0.15 * n)), int(0.84 * n) - gap
    if last <= first:
        return nyquist, 0.0
    # Noise has a mean 2.5 dB over the mean of its logarithm; that offset keeps the two comparable.
    below = np.lib.stride_tricks.sliding_window_view(log_mean + 2.5, span).min(axis=1)
    above = np.maximum.accumulate((0.5 * (mean + log_mean + 2.5))[: int(0.97 * n)][::-1])[::-1]
    at = np.arange(first, last)
    drop = below[at - span] - above[at + gap]
    best = int(drop.argmax())
    cliff = float(drop[best])
    return (float((at[best] + gap / 2) * hz) if cliff >= CLIFF_DB else nyquist), cliff
