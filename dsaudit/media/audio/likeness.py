"""Whether two recordings hold the same sound: by their waveforms, which a fingerprint only stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dsaudit.media.audio.transform import fast_length, irfft, rfft

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]
    Array = npt.NDArray[np.float64]

BAND_HZ = (250.0, 3600.0)
"""What a telephone passes, so that resampling and lossy codecs keep it."""
SAME = 0.65
"""Likeness from which two recordings are one. Of copies only a changed speed or 6 kbit/s fall below .7; two voices that
say one word reach .56."""
_PIECE_S = 0.020
_STRETCH, _ALIKE, _LACKING = 10, 0.8, 0.625
"""Pieces in a row whose correlation, as far as they are heard, falls short of that of copies by so much on average: the
recordings are two. Low bit rates and noise take up to .55 from a copy, and the shortest words more."""
_OWN_CUT_S = 0.3
"""Sound that one recording has before or behind the other, from which they are two; trimmed copies lack less."""
_UNLIKE, _OWN_S, _OWN_SHARE = 0.3, 0.25, 0.2
"""Correlation of pieces with nothing in common, and how much of them there may be, in all and as a share of what is
heard: sounds may be as short as a click."""
_SHARE_SHARED = 0.8
_EDGE_S = 0.010
_OVER_FLOOR_DB, _UNDER_TOP_DB = 8.0, 45.0
_STEADY_DB, _UNDER_TOP_STEADY_DB = 5.0, 25.0


class _Aligned(NamedTuple):
    """Two recordings as they fit best, in ``BAND_HZ``, the second with the sign of the first."""

    likeness: float
    a: Array
    b: Array
    lag: int


def likeness(a: Samples, b: Samples, rate: int) -> float:
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
    return _aligned(a, b, rate).likeness


def same_sound(a: Samples, b: Samples, rate: int, *, excerpts: bool = False) -> bool:
    """Whether two recordings are one: alike as a whole, and neither with a stretch of sound that the other has not.

    A loud chime that two recordings begin with makes them alike, whatever is said behind it.

    Parameters
    ----------
    a, b : float32 arrays (n,), (m,)
    rate : int
        Hz, of both.
    excerpts : bool
        Whether they were cut from longer ones: what one has before or behind the other is then no difference.

    Examples
    --------
    >>> import numpy as np
    >>> chime, one, two = np.random.default_rng(0).standard_normal((3, 8000)).astype(np.float32)
    >>> said, otherwise = np.concatenate((chime, 0.1 * one)), np.concatenate((chime, 0.1 * two))
    >>> likeness(said, otherwise, 8000) > 0.9, same_sound(said, otherwise, 8000), same_sound(said, 0.1 * said, 8000)
    (True, False, True)
    """
    aligned = _aligned(a, b, rate)
    return aligned.likeness >= SAME and not _own_sound(aligned, rate, excerpts=excerpts)


def _aligned(a: Samples, b: Samples, rate: int) -> _Aligned:
    n = fast_length(len(a) + len(b))
    hz = np.fft.rfftfreq(n, 1.0 / rate)
    inside = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    spectra = [np.where(inside, rfft(_faded(x, round(_EDGE_S * rate)), n), 0.0) for x in (a, b)]
    products = irfft(spectra[0] * spectra[1].conj(), n)
    banded = [irfft(s, n)[: len(x)] for s, x in zip(spectra, (a, b), strict=True)]
    lags = np.arange(-len(b) + 1, len(a))
    powers = [np.concatenate(([0.0], np.cumsum(x * x, dtype=np.float64))) for x in banded]
    # b shifted by lag shares a[lag : lag + len(b)]
    first, last = np.maximum(lags, 0), np.minimum(lags + len(b), len(a))
    shared = [powers[0][last] - powers[0][first], powers[1][last - lags] - powers[1][first - lags]]
    if min(powers[0][-1], powers[1][-1]) <= 0.0:
        return _Aligned(0.0, banded[0], banded[1], 0)
    enough = np.maximum(shared[0] / powers[0][-1], shared[1] / powers[1][-1]) >= _SHARE_SHARED
    correlation = np.abs(products[lags]) / np.sqrt(np.maximum(shared[0] * shared[1], 1e-30))
    best = int(np.where(enough, correlation, -1.0).argmax())
    value = float(min(1.0, correlation[best])) if enough[best] else 0.0
    lag = int(lags[best])
    return _Aligned(value, banded[0], banded[1] * np.sign(products[lag]), lag)


def _own_sound(aligned: _Aligned, rate: int, *, excerpts: bool) -> bool:
    """Whether one of two recordings has sound where the other has silence or another sound."""
    _, a, b, lag = aligned
    hop = max(1, round(_PIECE_S * rate))
    start, end = min(0, lag), max(len(a), lag + len(b))
    n = -(-(end - start) // hop)

    def laid(x: Array, at: int) -> tuple[Array, slice]:
        whole = np.zeros(n * hop)
        whole[at - start : at - start + len(x)] = x
        return whole.reshape(n, hop), slice((at - start) // hop, -(-(at - start + len(x)) // hop))

    (one, span), (two, other_span) = laid(a, 0), laid(b, lag)
    powers = [_pairwise(np.einsum("ij,ij->i", x, x)) for x in (one, two)]
    product = _pairwise(np.einsum("ij,ij->i", one, two))
    both = slice(max(span.start, other_span.start), min(span.stop, other_span.stop))
    shared = [max(float(p[both].sum()), 1e-20) for p in powers]
    levels = [10.0 * np.log10(np.maximum(p / s, 1e-12)) for p, s in zip(powers, shared, strict=True)]
    top = max(float(level.max()) for level in levels)
    # what added noise covers cannot be missed: the higher floor of the two counts for both
    floor = max(float(np.percentile(level[s], 10)) for level, s in zip(levels, (span, other_span), strict=True))
    heard = np.maximum(*levels) > max(floor + _OVER_FLOOR_DB, top - _UNDER_TOP_DB)
    # steady sounds do not stand out from themselves; noise that one copy has more than the other is louder there
    steady = (np.abs(levels[0] - levels[1]) < _STEADY_DB) & (np.minimum(*levels) > top - _UNDER_TOP_STEADY_DB)
    heard |= steady
    correlation = np.clip(product / np.sqrt(np.maximum(powers[0] * powers[1], 1e-30)), -0.2, 1.0)
    lacking = np.where(heard, np.maximum(_ALIKE - correlation, 0.0), 0.0)[both]
    if np.convolve(lacking, np.ones(_STRETCH)).max(initial=0.0) >= _LACKING * _STRETCH:
        return True
    n_own = np.count_nonzero((heard & (correlation < _UNLIKE))[both])
    if n_own * hop >= _OWN_S * rate and n_own >= _OWN_SHARE * np.count_nonzero(heard[both]):
        return True
    beyond = max(np.count_nonzero(heard[: both.start]), np.count_nonzero(heard[both.stop :]))
    return not excerpts and bool(beyond * hop >= _OWN_CUT_S * rate)


def _pairwise(x: Array) -> Array:
    """Sum of each and the one before it."""
    return np.asarray(x + np.concatenate(([0.0], x[:-1])))


def _faded(x: Samples, n: int) -> Samples:
    """Without its mean and with soft ends: a step at an edge is no sound that two recordings could share."""
    n = min(n, len(x) // 2)
    ramp = np.linspace(0.0, 1.0, n, endpoint=False, dtype=np.float32)
    faded = x - x.mean(dtype=np.float32)
    faded[:n] *= ramp
    faded[len(x) - n :] *= ramp[::-1]
    return np.asarray(faded, dtype=np.float32)
