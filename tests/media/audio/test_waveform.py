from __future__ import annotations

import numpy as np
import pytest
from defects import word

from dsaudit.media.audio.activity import activity
from dsaudit.media.audio.spectrum import Spectrum
from dsaudit.media.audio.waveform import Channels, Downmix, Waveform, decibels

RATE = 16_000


def measured(x: np.ndarray, *, block: int = 1 << 20) -> Waveform:
    waveform, mix = Waveform(RATE), Downmix()
    x = np.asarray(x, dtype=np.float32)
    x = x[:, None] if x.ndim == 1 else x
    for at in range(0, len(x), block):
        waveform.add_mono(mix(waveform.add_channels(x[at : at + block])))
    return waveform


def sine(hz: float = 220.0, peak: float = 0.5, n: int = RATE) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hz * np.arange(n) / RATE)


def test_levels_of_a_sine() -> None:
    waveform = measured(sine())
    assert waveform.peak == pytest.approx(0.5, abs=1e-3)
    assert decibels(waveform.sum_squares / RATE) == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    assert waveform.levels()[0].shape == (100,)


@pytest.mark.parametrize("rail", [1.0, 0.37])
def test_clipping_at_and_below_full_scale(rail: float) -> None:
    x = np.clip(sine(peak=1.5 * rail), -rail, rail)
    waveform = measured(x)
    assert waveform.n_clipped == pytest.approx(np.count_nonzero(np.abs(x) >= rail), rel=0.02)
    assert waveform.n_clip_runs == pytest.approx(440, abs=2)
    assert waveform.rail == pytest.approx(rail)


def test_sines_are_not_clipped() -> None:
    for hz in (60.0, 220.0, 1000.0, 4000.0):
        assert measured(sine(hz, 0.99)).n_clipped <= 0.002 * RATE * (hz == 4000.0) + 0


def test_clipping_in_one_channel_is_seen() -> None:
    x = np.stack((np.zeros(RATE), np.clip(sine(peak=2.0), -1, 1)), axis=1)
    assert measured(x).n_clip_runs > 400


def test_reversed_channel_does_not_cancel() -> None:
    waveform = measured(np.stack((sine(), -sine()), axis=1))
    assert waveform.sum_squares / RATE == pytest.approx(0.125, rel=0.01)


def test_nonfinite_samples_are_counted_and_silenced() -> None:
    x = sine()
    x[[5, 7, 900]] = np.nan, np.inf, -np.inf
    waveform = measured(x)
    assert waveform.n_nonfinite == 3
    assert np.isfinite(waveform.sum_squares)


def test_offset_of_each_channel() -> None:
    waveform = measured(np.stack((sine() - 0.1, sine() + 0.2), axis=1))
    assert waveform.offset_sum / RATE == pytest.approx([-0.1, 0.2], abs=1e-3)


def test_dropouts_inside_sound_only() -> None:
    x = sine() + 0.001 * np.random.default_rng(0).standard_normal(RATE)
    x[4000:4160] = 0
    x[8000:8480] = 0
    x[:400] = 0
    waveform = measured(x)
    assert (waveform.n_dropouts, waveform.dropout_frames) == (2, pytest.approx(640, abs=8))


def test_sound_that_fades_into_a_closure_is_not_interrupted() -> None:
    """A glottal stop of 14 ms, and sound of few bits whose smallest values are one."""
    x = sine() + 0.001 * np.random.default_rng(0).standard_normal(RATE)
    fade = np.linspace(1.0, 0.0, 48)
    x[4000:4048] *= fade
    x[4048 : 4048 + 224] = 0
    x[4272:4320] *= fade[::-1]
    assert measured(x).n_dropouts == 0
    x[4000:4300] = 0
    assert measured(x).n_dropouts == 1
    assert measured(np.round(sine(peak=0.03) * 127) / 127).n_dropouts == 0


def test_blocks_change_nothing() -> None:
    x = np.clip(sine(peak=1.2) + 0.01 * np.random.default_rng(0).standard_normal(RATE), -1, 1)
    whole, pieces = measured(x), measured(x, block=777)
    assert whole.sample_hash == pieces.sample_hash
    np.testing.assert_allclose(whole.levels()[0], pieces.levels()[0], rtol=1e-5)
    assert whole.n_frames == pieces.n_frames


def test_sample_hash_knows_rate_and_channels() -> None:
    x = sine().astype(np.float32)
    other = Waveform(RATE // 2)
    other.add_channels(x[:, None])
    assert measured(x).sample_hash != other.sample_hash
    assert measured(x).sample_hash != measured(x.reshape(-1, 2)).sample_hash


@pytest.mark.parametrize("n_block", [700, 100_000])
def test_how_channels_compare(n_block: int) -> None:
    x = np.random.default_rng(0).standard_normal(20_000).astype(np.float32) * np.float32(0.1)
    y = np.random.default_rng(1).standard_normal(20_000).astype(np.float32) * np.float32(0.1)

    def compared(*channels: np.ndarray) -> Channels:
        waveform = Waveform(16_000)
        block = np.stack(channels, axis=1)
        for at in range(0, len(block), n_block):
            waveform.add_channels(block[at : at + n_block])
        return waveform.channels()

    dead = compared(x, 0 * x + np.float32(0.25))  # an offset is no sound
    assert dead.faintest == 2
    assert dead.gap_db > 60
    assert np.isnan(dead.correlation) or dead.correlation == 1.0
    inverted = compared(y, x, np.float32(-0.5) * x)
    assert inverted.pair == "3 is channel 2"
    assert inverted.correlation == pytest.approx(-1.0, abs=1e-3)
    assert compared(x, y).correlation == pytest.approx(0.0, abs=0.05)
    assert np.isnan(compared(x).gap_db)


@pytest.mark.parametrize(
    ("heard", "faintest"),
    [
        ([1, 0], 2),
        ([1, 1, 0, 1], 3),
        ([1, 1, 1, 0, 1, 1], None),  # the low frequencies of 5.1
        ([1, 1, 1, 0, 1, 0], 6),
        ([0, 0, 1, 0, 0, 0], None),  # one channel spread over six
        ([1, 1, 0, 0, 0, 0], None),
    ],
)
def test_channels_that_are_silent_by_design_are_not_dead(heard: list[int], faintest: int | None) -> None:
    x = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * np.float32(0.1)
    waveform = Waveform(16_000)
    waveform.add_channels(np.stack([x * np.float32(on) for on in heard], axis=1))
    found = waveform.channels()
    assert (found.faintest == faintest and found.gap_db > 50) if faintest else found.gap_db < 50


@pytest.mark.parametrize("n_block", [3333, 50_000])
def test_levels_and_periodicities_of_hours_take_no_more_memory(monkeypatch: pytest.MonkeyPatch, n_block: int) -> None:
    x = np.concatenate([word(k, seconds=1.0) * np.float32(0.1 + 0.9 * (k % 3 == 0)) for k in range(40)])

    def heard() -> tuple[Waveform, Spectrum, dict[str, np.ndarray]]:
        waveform, spectrum = Waveform(16_000), Spectrum(16_000)
        for at in range(0, len(x), n_block):
            block = waveform.add_channels(x[at : at + n_block, None])
            waveform.add_mono(block[:, 0])
            spectrum.add(block[:, 0])
        found = activity(
            [waveform.levels()], [spectrum.periodicities], together=waveform.together, apart=spectrum.apart
        )
        return waveform, spectrum, found

    fine, fine_spectrum, told = heard()
    monkeypatch.setattr("dsaudit.media.audio.waveform.MOST_LEVELS", 700)
    monkeypatch.setattr("dsaudit.media.audio.spectrum.MOST_PERIODICITIES", 700)
    coarse, spectrum, found = heard()
    power, flat = coarse.levels()
    assert coarse.together == 8
    assert len(power) == len(flat) == 500
    np.testing.assert_allclose(power, fine.levels()[0].reshape(-1, 8).mean(axis=1), rtol=1e-5)
    assert spectrum.apart == 4
    np.testing.assert_array_equal(spectrum.periodicities, fine_spectrum.periodicities[::4])
    for name in ("loudest_rms_dbfs", "noise_floor_dbfs", "snr_db"):
        assert found[name] == pytest.approx(told[name], abs=1.5)
    for name in ("active_share", "speech_share"):
        assert found[name] == pytest.approx(told[name], abs=0.05)
    assert found["active_s"] == pytest.approx(told["active_s"], rel=0.15)
    assert found["speech_s"] == pytest.approx(told["speech_s"], rel=0.15)
