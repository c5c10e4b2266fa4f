"""Numbers that need the spectrum: bandwidth, voicing, and the band energies behind the fingerprint."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.audio.transform import rfft

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

WINDOW_S, HOP_S = 0.032, 0.016
BAND_EDGES_HZ = np.geomspace(250.0, 3600.0, 18)
"""Edges of the 17 bands of the fingerprint: what a telephone passes, so that resampling and lossy codecs keep them."""
COURSE_EDGES_HZ = np.concatenate((BAND_EDGES_HZ, [4500.0, 5700.0, 7500.0]))
"""Edges of the 20 bands of a course: those, and what tells an s from an f."""

_PLATEAU = 0.3
"""From where on most of the band below a cliff must hold sound, as a share of the cliff's frequency."""
MOST_WINDOWS = 1 << 16
"""Of which the bands are kept one by one, 17 minutes: more memory than that no recording takes for its fingerprint."""
MOST_PERIODICITIES = 1 << 20
"""The same of one number a window, 5 hours."""
LONGEST_COURSE = 250
"""Windows, 4 seconds."""
CLIFF_DB = 8.0
"""Smaller falls of the level are the voice's own."""

_AT_ONCE = 512
"""Windows that are transformed together: what they take stays in a processor's cache."""


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
def _band_matrix(rate: int) -> tuple[slice, npt.NDArray[np.float32]]:
    """The bins that count, and their share in each band, float32 array (n_bins, 20), zero above Nyquist."""
    length = window(rate)[0]
    width = rate / length
    low = (np.arange(length // 2 + 1) - 0.5)[:, None] * width
    overlap = np.minimum(low + width, COURSE_EDGES_HZ[1:]) - np.maximum(low, COURSE_EDGES_HZ[:-1])
    shares = np.asarray(np.maximum(overlap, 0.0) / width, dtype=np.float32)
    bins = np.flatnonzero(shares.any(axis=1))
    some = slice(int(bins[0]), int(bins[-1]) + 1) if len(bins) else slice(0, 1)
    return some, np.ascontiguousarray(shares[some])


def _pooled(rows: npt.NDArray[np.float32], n: int) -> npt.NDArray[np.float32]:
    """Sums of n rows each, the last of what is left."""
    return rows if n == 1 or not len(rows) else np.add.reduceat(rows, np.arange(0, len(rows), n), axis=0)


class Spectrum:
    """Running spectral sums over the blocks of one recording (downmix).

    Parameters
    ----------
    sample_rate_hz : int
    """

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.n_windows = 0
        self._sum: Any = 0.0
        self._log_sum: Any = 0.0
        self._bands: list[Any] = []
        self._n_bands, self._together = 0, 1
        self._periodicity: list[Any] = []
        self.apart, self._skipped, self._n_periodicity = 1, 0, 0
        self._rest: Any = None

    def add(self, x: npt.NDArray[np.float32]) -> None:
        """Account for a block, float32 array (n,)."""
        add_blocks([self], [x])

    def finish(self) -> None:
        """Take what is left when the recording is shorter than one window."""
        if self.n_windows == 0:
            length = window(self.sample_rate_hz)[0]
            rest = self._rest if self._rest is not None else np.zeros(0, np.float32)
            self._rest = None
            self.add(np.pad(rest, (0, length - len(rest))))

    def frames(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Windows that a block completes, float32 array (n, length); keeps what is left of it."""
        length, hop, _ = window(self.sample_rate_hz)
        if self._rest is not None:
            x = np.concatenate((self._rest, x))
        n = max(0, (len(x) - length) // hop + 1)
        self._rest = x[n * hop :]
        step = x.strides[0]
        return np.lib.stride_tricks.as_strided(x, (n, length), (hop * step, step), writeable=False)

    def take(self, power: npt.NDArray[np.float32], logarithm: npt.NDArray[np.float32]) -> None:
        """Account for windows, float32 arrays (n, n_bins): power, and its decimal logarithm."""
        self._sum = self._sum + power.sum(axis=0, dtype=np.float64)
        self._log_sum = self._log_sum + logarithm.sum(axis=0, dtype=np.float64)
        self.n_windows += len(power)
        bins, shares = _band_matrix(self.sample_rate_hz)
        self._add_bands(power[:, bins] @ shares)
        self._add_periodicity(periodicity(power, self.sample_rate_hz))

    def _add_bands(self, bands: npt.NDArray[np.float32]) -> None:
        self._bands.append(_pooled(bands, self._together))
        self._n_bands += len(self._bands[-1])
        if self._n_bands > MOST_WINDOWS:
            self._bands, self._together = [_pooled(_joined(self._bands), 2)], 2 * self._together
            self._n_bands = len(self._bands[0])

    def _add_periodicity(self, periodicity: npt.NDArray[np.float32]) -> None:
        self._periodicity.append(periodicity[self._skipped :: self.apart])
        self._skipped = (self._skipped - len(periodicity)) % self.apart
        self._n_periodicity += len(self._periodicity[-1])
        if self._n_periodicity > MOST_PERIODICITIES:
            kept = _joined(self._periodicity)
            self._skipped += self.apart * (len(kept) % 2)
            self._periodicity, self.apart = [kept[::2]], 2 * self.apart
            self._n_periodicity = len(self._periodicity[0])

    @property
    def bands(self) -> npt.NDArray[np.float32]:
        """Power per window and band, float32 array (n_windows, 17); of a long recording, of some windows together."""
        return np.ascontiguousarray(_joined(self._bands)[:, : len(BAND_EDGES_HZ) - 1])

    def course(self) -> npt.NDArray[np.uint8] | None:
        """Level per window and band of ``COURSE_EDGES_HZ``, uint8 array (n_windows, 20): half decibels over -110 dBFS.

        None of a recording beyond ``LONGEST_COURSE``: that is no word.
        """
        if self.n_windows > LONGEST_COURSE:
            return None
        level = 10.0 * np.log10(_joined(self._bands) + np.float32(1e-12))
        return np.asarray(np.clip(np.rint(2.0 * (level + 110.0)), 0, 255), dtype=np.uint8)

    @property
    def periodicities(self) -> npt.NDArray[np.float32]:
        """See ``periodicity``, float32 array (n_windows,); of a long recording, of one window in ``apart``."""
        return _joined(self._periodicity)

    @property
    def mean_power(self) -> Array:
        """Mean power per bin, float64 array (n_bins,)."""
        return np.asarray(self._sum / self.n_windows)

    @property
    def log_mean_db(self) -> Array:
        """Mean of the power in dB per bin, float64 array (n_bins,)."""
        return np.asarray(10.0 * self._log_sum / self.n_windows)


def _joined(parts: list[Any]) -> npt.NDArray[np.float32]:
    return np.asarray(parts[0] if len(parts) == 1 else np.concatenate(parts))


def add_blocks(spectra: Sequence[Spectrum], blocks: Sequence[npt.NDArray[np.float32]]) -> None:
    """Account for a block, float32 array (n,), of each of several recordings of one rate."""
    taper = window(spectra[0].sample_rate_hz)[2]
    waiting: list[tuple[Spectrum, npt.NDArray[np.float32]]] = []
    for spectrum, block in zip(spectra, blocks, strict=True):
        frames = spectrum.frames(block)
        for at in range(0, len(frames), _AT_ONCE):
            waiting.append((spectrum, frames[at : at + _AT_ONCE]))
            if sum(len(f) for _, f in waiting) >= _AT_ONCE:
                _transform(waiting, taper)
                waiting = []
    if waiting:
        _transform(waiting, taper)


def _transform(pieces: Sequence[tuple[Spectrum, npt.NDArray[np.float32]]], taper: npt.NDArray[np.float32]) -> None:
    ends = np.cumsum([len(frames) for _, frames in pieces]).tolist()
    places = [slice(end - len(frames), end) for end, (_, frames) in zip(ends, pieces, strict=True)]
    tapered = np.empty((ends[-1], len(taper)), np.float32)
    for place, (_, frames) in zip(places, pieces, strict=True):
        np.multiply(frames, taper, out=tapered[place])
    squares = rfft(tapered, overwrite_x=True).view(np.float32)
    np.multiply(squares, squares, out=squares)
    power = squares[:, ::2] + squares[:, 1::2]
    logarithm = power + np.float32(1e-13)
    np.log10(logarithm, out=logarithm)
    for place, (spectrum, _) in zip(places, pieces, strict=True):
        spectrum.take(power[place], logarithm[place])


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
    bins, cosines = _lag_matrix(rate)
    if cosines.shape[1] == 1:
        return np.zeros(len(power), np.float32)
    lags = power[:, bins] @ cosines
    return np.asarray(np.clip(lags[:, 1:].max(axis=1) / np.maximum(lags[:, 0], np.float32(1e-20)), 0.0, 1.0))


@lru_cache(maxsize=16)
def _lag_matrix(rate: int) -> tuple[slice, npt.NDArray[np.float32]]:
    """The bins that count, and what makes of them the autocorrelation: at no lag, and at those of voices.

    The taper of the window lowers later lags; dividing by its own autocorrelation undoes that.
    """
    length = window(rate)[0]
    first, last = max(1, int(70 * length / rate)), max(2, int(1200 * length / rate))
    # Only the lowest bins are wanted, so few lags say all, in steps of `step` samples.
    n_lags = 1 << (2 * last - 1).bit_length()
    step = length / n_lags
    lo, hi = int(np.ceil(rate / 400 / step)), int(rate / 80 / step)
    voices = np.arange(lo, hi + 1) if hi > lo and n_lags // 2 > lo else np.zeros(0, np.int64)
    lag = np.concatenate(([0], voices))
    bins = np.arange(first, min(last, length // 2) + 1)
    cosines = np.cos(2 * np.pi * bins[:, None] * lag / n_lags) * 2.0 / n_lags
    cosines[:, 1:] /= _hann_autocorrelation(voices * step / length)
    return slice(first, first + len(bins)), np.asarray(cosines, dtype=np.float32)


def _hann_autocorrelation(lag: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lag = np.minimum(lag, 0.9)
    cos, sin = np.cos(2 * np.pi * lag), np.sin(2 * np.pi * lag)
    return np.asarray(np.maximum(((1 - lag) * (2 + cos) + 1.5 / np.pi * sin) / 3.0, 0.05))


def bandwidth(mean_power: Array, log_mean_db: Array, rate: int) -> tuple[Array, Array]:
    """Highest frequency that carries sound in each recording, and how steeply the sound ends there.

    Microphone noise reaches to half the sample rate; a recording that was stored at a lower rate once has
    nothing above half of *that* rate but rounding noise, behind a cliff. Under the cliff the mean of the logarithm
    counts, which is the background's and falls gently in every true recording; above it half the mean of the
    power too, which the loud sounds raise wherever they reach.

    Parameters
    ----------
    mean_power, log_mean_db : float64 arrays (..., n_bins)
        Mean power per bin, and mean of the power in dB.
    rate : int
        Hz.

    Returns
    -------
    bandwidth_hz : float64 array (...)
        Foot of the steepest cliff, or half the rate where there is none.
    cliff_db : float64 array (...)
        How far everything above lies below the 500 Hz under the cliff; negative where nothing falls at all.
    """
    nyquist, outer = rate / 2.0, mean_power.shape[:-1]
    none = np.full(outer, nyquist), np.zeros(outer)
    width = max(1, round(mean_power.shape[-1] * 100.0 / nyquist))
    n = mean_power.shape[-1] // width
    if n < 16:
        return none
    power = np.stack((mean_power + 1e-13, 10.0 ** (log_mean_db / 10.0)))[..., : n * width]
    mean, log_mean = 10.0 * np.log10(power.reshape(2, *outer, n, width).mean(axis=-1))
    hz = nyquist / n
    span, gap = max(2, round(500.0 / hz)), max(2, round(200.0 / hz))
    # A cliff near half the rate is every converter's own filter, and one very low is a hum, not a rate.
    first, last = max(span, int(0.15 * n)), int(0.84 * n) - gap
    if last <= first:
        return none
    # Noise has a mean 2.5 dB over the mean of its logarithm; that offset keeps the two comparable.
    below = np.lib.stride_tricks.sliding_window_view(log_mean + 2.5, span, axis=-1).min(axis=-1)
    above = (0.5 * (mean + log_mean + 2.5))[..., : int(0.97 * n)]
    above = np.maximum.accumulate(above[..., ::-1], axis=-1)[..., ::-1]
    drop = below[..., first - span : last - span] - above[..., first + gap : last + gap]
    # A tone has a cliff too, but nothing around it: before a converter's cliff most of the band holds sound.
    plateau = [_median((log_mean + 2.5)[..., int(_PLATEAU * k) : k]) for k in range(first, last)]
    drop = np.minimum(drop, np.stack(plateau, axis=-1) - above[..., first + gap : last + gap])
    best = drop.argmax(axis=-1)
    cliff = np.take_along_axis(drop, best[..., None], axis=-1)[..., 0]
    return np.where(cliff >= CLIFF_DB, (first + best + gap / 2) * hz, nyquist), cliff


def _median(x: Array) -> Array:
    """Along the last axis; ``numpy.median`` takes six times as long for so few values."""
    ordered, n = np.sort(x, axis=-1), x.shape[-1]
    return np.asarray(0.5 * (ordered[..., (n - 1) // 2] + ordered[..., n // 2]))
