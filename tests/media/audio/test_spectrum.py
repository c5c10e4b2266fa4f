from __future__ import annotations

import defects
import numpy as np
import pandas as pd
import pytest
import soxr

from dsaudit.checks.audio.upsampled_audio import upsampled_audio
from dsaudit.media.audio.spectrum import Spectrum, bandwidth


def spectrum(x: np.ndarray, rate: int) -> Spectrum:
    found = Spectrum(rate)
    found.add(np.ascontiguousarray(x, dtype=np.float32))
    found.finish()
    return found


def cliff(x: np.ndarray, rate: int) -> tuple[float, float]:
    x = np.rint(x * 32767) / 32768
    s = spectrum(x, rate)
    hz, fall = bandwidth(s.mean_power, s.log_mean_db, rate)
    return float(hz), float(fall)


@pytest.mark.parametrize(
    ("low", "rate"), [(8000, 16000), (11025, 16000), (8000, 44100), (16000, 48000), (22050, 44100)]
)
def test_upsampled_words_end_at_half_the_old_rate(low: int, rate: int) -> None:
    x = defects.word(1, low, floor_dbfs=-60)
    hz, fall = cliff(soxr.resample(x, low, rate), rate)
    assert fall > 11.5
    assert hz == pytest.approx(low / 2, rel=0.12)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_full_band_words_have_no_cliff(rate: int) -> None:
    hz, fall = cliff(defects.word(2, rate, floor_dbfs=-60), rate)
    assert (hz, fall < 8.0) == (rate / 2, True)


def test_a_vowel_is_periodic_and_noise_is_not() -> None:
    t = np.arange(16000) / 16000
    vowel = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 9))
    assert np.median(spectrum(vowel, 16000).periodicities) > 0.9
    noise = np.random.default_rng(0).standard_normal(16000)
    assert np.median(spectrum(noise, 16000).periodicities) < 0.5


@pytest.mark.parametrize("n", [0, 1, 100, 511, 512, 513])
@pytest.mark.parametrize("rate", [1234, 16000, 192000])
def test_short_and_odd(n: int, rate: int) -> None:
    s = spectrum(np.ones(n) * 0.1, rate)
    assert s.bands.shape == (s.n_windows, 17)
    assert np.isfinite(s.mean_power).all()
    assert np.isfinite(bandwidth(s.mean_power, s.log_mean_db, rate)).all()


def test_blocks_change_nothing() -> None:
    x = np.random.default_rng(0).standard_normal(20000).astype(np.float32)
    pieces = Spectrum(16000)
    for at in range(0, len(x), 333):
        pieces.add(x[at : at + 333])
    whole = spectrum(x, 16000)
    assert pieces.n_windows == whole.n_windows
    np.testing.assert_allclose(pieces.mean_power, whole.mean_power, rtol=1e-4)


@pytest.mark.parametrize("hz", [640.0, 1850.0, 3500.0, 3950.0, 5300.0])
def test_a_tone_is_not_upsampled(hz: float) -> None:
    """Whatever cliff a tone has is far from half of a usual rate, or lower than what is flagged."""
    t = np.arange(16_000) / 16_000
    x = np.round(0.3 * np.sin(2 * np.pi * hz * t) * 32767) / 32768
    edge, fall = cliff(x.astype(np.float32), 16_000)
    measured = pd.DataFrame(
        {"cliff_db": [fall], "bandwidth_hz": [edge], "sample_rate_hz": [16_000], "detected_type": ["wav"]}, index=["a"]
    )
    assert not upsampled_audio(measured)["flagged"].any()


def test_bands_of_long_recordings_are_kept_together(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.concatenate([defects.word(k) for k in range(8)])
    whole = Spectrum(16_000)
    whole.add(x)
    monkeypatch.setattr("dsaudit.media.audio.spectrum.MOST_WINDOWS", 100)
    some = Spectrum(16_000)
    for at in range(0, len(x), 7000):
        some.add(x[at : at + 7000])
    assert len(whole.bands) > 400
    assert 50 <= len(some.bands) <= 101
    np.testing.assert_allclose(some.bands.sum(axis=0), whole.bands.sum(axis=0), rtol=1e-4)
