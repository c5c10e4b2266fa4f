"""Whether two recordings hold the same sound: by their waveforms, which a fingerprint only stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

if TYPE_CHECKING:
    import numpy.typing as npt

BAND_HZ = (250.0, 3600.0)
"""What a telephone passes, so that resampling and lossy codecs keep it."""
SAME = 0.65
"""Likeness from which two recordings are one. Of copies only a changed speed or 6 kbit/s fall below .7; two voices that
say one word reach .56."""
_SHARE_SHARED = 0.8
_EDGE_S = 0.010


def likeness(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], rate: int) -> float:
    """Largest correlation of two recordings over all shifts, whatever their levels and their polarity.

    Copies in another format, at another level or trimmed have about 1; two voices that say the same word
    have .1 to .5.

    Parameters
    ----------
    a, b : float32 arrays (n,), (m,)
        Only what lies in ``BAND_HZ`` counts.
    rate : int
        Hz, of both.

    Returns
    -------
    float, 0 to 1; 0 for shifts at which they share less than 80 % of the power of either one.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    >>> round(likeness(x, -0.1 * np.roll(x, 40)[:3900], 8000), 1)
    1.0
    """
    n = next_fast_len(len(a) + len(b), real=True)
    hz = rfftfreq(n, 1.0 / rate)
    inside = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    spectra = [np.where(inside, rfft(_faded(x, round(_EDGE_S * rate)), n), 0.0) for x in (a, b)]
    products = irfft(spectra[0] * spectra[1].conj(), n)
    banded = [irfft(s, n)[: len(x)] for s, x in zip(spectra, (a, b), strict=True)]
    lags = np.arange(-len(b) + 1, len(a))
    powers = [np.concatenate(([0.0], np.cumsum(x * x, dtype=np.float64))) for x in banded]
    # b shifted by lag shares a[lag : lag + len(b)]
    first, last = np.maximum(lags, 0), np.minimum(lags + len(b), len(a))
    shared = [powers[0][last] - powers[0][first], powers[1][last - lags] - powers[1][first - lags]]
    whole = min(powers[0][-1], powers[1][-1])
    if whole <= 0.0:
        return 0.0
    enough = np.maximum(shared[0] / powers[0][-1], shared[1] / powers[1][-1]) >= _SHARE_SHARED
    correlation = np.abs(products[lags]) / np.sqrt(np.maximum(shared[0] * shared[1], 1e-30))
    return float(min(1.0, np.max(correlation, where=enough, initial=0.0)))


def _faded(x: npt.NDArray[np.float32], n: int) -> npt.NDArray[np.float32]:
    """Without its mean and with soft ends: a step at an edge is no sound that two recordings could share."""
    n = min(n, len(x) // 2)
    ramp = np.linspace(0.0, 1.0, n, endpoint=False, dtype=np.float32)
    faded = x - x.mean(dtype=np.float32)
    faded[:n] *= ramp
    faded[len(x) - n :] *= ramp[::-1]
    return np.asarray(faded, dtype=np.float32)
