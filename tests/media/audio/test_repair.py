"""Repairs of recordings: against brute force, and against the program that people used before."""

from __future__ import annotations

import hashlib
from dataclasses import fields

import numpy as np
import pytest
import soundfile
from fabric import word, write_wav
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dsaudit.errors import EmptyItemError, UnreadableItemError, UsageError
from dsaudit.media.audio import KIND
from dsaudit.media.audio.media import MEDIA
from dsaudit.media.audio.repair import (
    Repaired,
    Repairs,
    level_dbfs,
    loudest_start,
    repair_file,
    repaired,
    sounding,
)


def warden(samples: np.ndarray, n: int) -> tuple[int, int]:
    """``TrimToLoudestSegment`` of petewarden/extract_loudest_section as it is, in float32: start and end."""
    if n >= len(samples):
        return 0, len(samples)
    volume = np.float32(0)
    for value in samples[:n]:
        volume += abs(value * value)
    end, loudest = n, volume
    for i in range(n, len(samples)):
        volume -= abs(samples[i - n])
        volume += abs(samples[i])
        if volume > loudest:
            loudest, end = volume, i
    return end - n, end


def brute(samples: np.ndarray, n: int) -> int:
    if len(samples) <= n:
        return 0
    power = [int(v) ** 2 for v in samples]
    sums = [sum(power[k : k + n]) for k in range(len(samples) - n + 1)]
    return sums.index(max(sums))


class TestLoudest:
    @settings(max_examples=200, deadline=None)
    @given(hnp.arrays(np.int16, st.integers(1, 60)), st.integers(1, 70))
    def test_it_is_the_window_with_the_greatest_sum_of_squares(self, samples, n):
        # whole numbers: brute force is exact, and so are float64 sums of 60 squares of 15 bits
        assert loudest_start(samples.astype(np.float32), n) == brute(samples, n)

    def test_channels_count_together(self):
        left, right = np.zeros(100, np.float32), np.zeros(100, np.float32)
        left[10], right[60], right[62] = 0.9, 0.8, 0.8
        assert loudest_start(np.stack([left, right], axis=1), 5) == 58

    def test_it_does_not_drift_over_a_long_recording(self):
        samples = np.full(3_000_000, 0.9, np.float32)
        samples[2_000_000:2_000_400] = 0.9001
        assert loudest_start(samples, 400) == 2_000_000

    @pytest.mark.parametrize("seed", range(6))
    def test_the_old_program_finds_the_same_word_to_within_its_slips(self, seed):
        rate = 4000
        speech = word(seed, rate=rate, duration_s=0.6)
        samples = np.concatenate((np.zeros(rate // 2, np.float32), speech, np.zeros(rate, np.float32)))
        samples += np.random.default_rng(seed).normal(0, 1e-3, len(samples)).astype(np.float32)
        start, end = warden(samples, rate)
        ours = loudest_start(samples, rate)
        energy = np.square(samples.astype(np.float64))
        # the same word is inside both windows, and ours is never the quieter one
        assert energy[ours : ours + rate].sum() >= energy[start:end].sum()
        assert energy[start:end].sum() > 0.95 * energy[ours : ours + rate].sum()

    def test_where_both_judge_alike_the_old_program_cuts_one_sample_early(self):
        # samples of 0 and 1 only: squares and absolute values are the same, what is left is the end that is one short
        samples = np.zeros(50, np.float32)
        samples[30:40] = 1.0
        assert loudest_start(samples, 10) == 30
        assert warden(samples, 10) == (29, 39)

    def test_the_slip_picks_a_long_murmur_over_a_short_loud_word(self):
        samples = np.zeros(4000, np.float32)
        samples[500:600] = 0.8  # a word of energy 64, and absolute sum 80
        samples[2500:3500] = 0.15  # a murmur of energy 22.5, and absolute sum 150
        samples += np.float32(1e-4)
        assert 0 <= loudest_start(samples, 1000) <= 500
        start, end = warden(samples, 1000)
        assert end - start == 1000
        assert start > 2000

    @settings(max_examples=100, deadline=None)
    @given(hnp.arrays(np.int8, st.integers(2, 60)), st.integers(1, 50))
    def test_what_the_slip_comes_to(self, samples, n):
        # the squares of its first window stay in every later sum, so they cancel in each comparison: what the old
        # program really looks for is the greatest sum of absolute values, and it ends one sample before that window
        if n >= len(samples):
            return
        sums = np.convolve(np.abs(samples.astype(int)), np.ones(n, int), "valid")
        best = int(sums.argmax())
        assert warden(samples.astype(np.float32), n)[0] == max(0, best - 1)


class TestSilence:
    def test_it_keeps_the_sound_and_its_padding(self):
        rate = 16_000
        samples = np.zeros(3 * rate, np.float32)
        samples[rate : 2 * rate] = 0.1
        assert sounding(samples, rate, below_dbfs=-50, pad_ms=100) == (rate - 1600, 2 * rate + 1600)
        assert sounding(samples, rate, below_dbfs=-50, pad_ms=0) == (rate, 2 * rate)
        assert sounding(samples, rate, below_dbfs=-50, pad_ms=5000) == (0, 3 * rate)

    def test_nothing_but_silence_is_left_whole_and_said(self):
        result = repaired(np.zeros(1000, np.float32), 16_000, Repairs(trim_dbfs=-50))
        assert len(result.samples) == 1000
        assert not result.done
        assert "all of it is below -50 dBFS" in result.notes[0]

    def test_the_loudest_channel_decides(self):
        samples = np.zeros((16_000, 2), np.float32)
        samples[8000:9000, 1] = 0.2
        start, stop = sounding(samples, 16_000, below_dbfs=-50, pad_ms=0)
        assert (start, stop) == (8000, 9120)

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, 4000), st.integers(1, 2000), st.integers(0, 4000), st.sampled_from([8000, 11_025, 44_100]))
    def test_no_sound_is_ever_cut_off(self, before, n, after, rate):
        samples = np.concatenate((np.zeros(before), np.full(n, 0.5), np.zeros(after))).astype(np.float32)
        start, stop = sounding(samples, rate, below_dbfs=-60, pad_ms=0)
        assert start <= before
        assert stop >= before + n


class TestGain:
    def test_the_level_is_what_was_asked_for(self):
        samples = word(1, level_db=-30)
        for of in ("rms", "peak"):
            result = repaired(samples, 16_000, Repairs(gain_to_dbfs=-20, gain_of=of))
            assert level_dbfs(result.samples, 16_000, of=of) == pytest.approx(-20, abs=0.01)
            assert "level changed by +" in result.done[0]

    def test_the_level_is_the_loudest_50_ms_that_the_audit_measures(self, tmp_path):
        path = write_wav(tmp_path / "a.wav", word(3))
        measured = MEDIA.measure(path)["loudest_rms_dbfs"]
        assert level_dbfs(soundfile.read(path, dtype="float32")[0], 16_000) == pytest.approx(measured, abs=0.3)

    @settings(max_examples=60, deadline=None)
    @given(hnp.arrays(np.float32, st.integers(1, 400), elements=st.floats(-1, 1, width=32)), st.floats(-120, 0))
    def test_it_never_clips(self, samples, target):
        result = repaired(samples, 8000, Repairs(gain_to_dbfs=target))
        assert np.abs(result.samples).max() <= max(np.abs(samples).max(), 10 ** (-0.1 / 20)) * (1 + 1e-6)

    def test_the_faintest_of_samples_is_raised_without_overflow(self):
        faintest = np.full(400, 2e-44, np.float32)
        result = repaired(faintest, 8000, Repairs(gain_to_dbfs=-20, gain_of="peak"))
        assert np.abs(result.samples).max() == pytest.approx(0.1, rel=1e-5)

    def test_a_limited_gain_says_so(self):
        samples = np.zeros(8000, np.float32)
        samples[4000] = 0.9
        result = repaired(samples, 8000, Repairs(gain_to_dbfs=-3))
        assert "gain limited to +0.8 dB instead of" in result.notes[0]
        assert np.abs(result.samples).max() == pytest.approx(10 ** (-0.1 / 20), rel=1e-5)

    def test_digital_silence_has_no_level(self):
        result = repaired(np.zeros(500, np.float32), 8000, Repairs(gain_to_dbfs=-20))
        assert result.notes == ("level not set: digital silence",)
        assert not result.done

    def test_what_fits_already_is_left_alone(self):
        samples = word(1)
        fits = repaired(samples, 16_000, Repairs(gain_to_dbfs=level_dbfs(samples, 16_000)))
        assert not fits.done
        assert fits.samples.base is samples or fits.samples is samples


def test_the_three_together_in_their_order():
    rate = 16_000
    quiet = word(5, level_db=-30)
    samples = np.concatenate((np.zeros(rate, np.float32), quiet, np.zeros(2 * rate, np.float32)))
    result = repaired(samples, rate, Repairs(trim_dbfs=-60, loudest_ms=300, gain_to_dbfs=-20))
    assert isinstance(result, Repaired)
    assert len(result.samples) == 4800
    assert rate < result.start < result.stop < 2 * rate
    np.testing.assert_allclose(
        result.samples, samples[result.start : result.stop] * 10 ** (result.gain_db / 20), rtol=1e-6
    )
    assert [d.split()[0] for d in result.done] == ["silence", "loudest", "level"]
    assert samples.max() == quiet.max()


@pytest.mark.parametrize(
    "wrong", [{"trim_dbfs": 3.0}, {"gain_to_dbfs": -200.0}, {"loudest_ms": 0.0}, {"pad_ms": -1.0}, {"gain_of": "lufs"}]
)
def test_a_value_out_of_its_range_is_refused(wrong):
    with pytest.raises(UsageError):
        Repairs(**wrong)


FORMATS = [
    *(("wav", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")),
    *(("flac", s) for s in ("PCM_S8", "PCM_16", "PCM_24")),
    *(("aiff", s) for s in ("PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT")),
    ("au", "PCM_16"),
    ("caf", "PCM_24"),
    ("w64", "PCM_16"),
]


class TestFiles:
    @pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
    def test_what_is_cut_out_is_bit_for_bit_the_original(self, tmp_path, suffix, subtype):
        rng = np.random.default_rng(0)
        samples = rng.uniform(-1, 1, (4000, 2))
        samples[:1000] *= 0.01
        samples[2000] = (1.0, -1.0)
        source = write_wav(tmp_path / f"a.{suffix}", samples, 11_025, subtype=subtype)
        before = hashlib.sha256(source.read_bytes()).hexdigest()
        path, done, notes = repair_file(source, tmp_path / f"b.{suffix}", Repairs(loudest_ms=100))
        assert hashlib.sha256(source.read_bytes()).hexdigest() == before
        old, new = soundfile.info(source), soundfile.info(path)
        assert (new.samplerate, new.channels, new.subtype, new.format) == (11_025, 2, subtype, old.format)
        assert done
        assert not notes
        dtype = "float64" if subtype in ("FLOAT", "DOUBLE") else "int32"
        whole, kept = (soundfile.read(p, dtype=dtype)[0] for p in (source, path))
        at = loudest_start(soundfile.read(source)[0], 1102)
        np.testing.assert_array_equal(kept, whole[at : at + len(kept)])
        assert len(kept) == 1102

    @pytest.mark.parametrize(("suffix", "subtype"), [("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III"), ("wav", "ULAW")])
    def test_lossy_formats_stay_what_they_are(self, tmp_path, suffix, subtype):
        source = write_wav(tmp_path / f"a.{suffix}", word(1, duration_s=3.0), subtype=subtype)
        path, done, _ = repair_file(source, tmp_path / f"b.{suffix}", Repairs(loudest_ms=1000))
        assert done
        assert path.suffix == f".{suffix}"
        assert soundfile.info(path).subtype == subtype
        assert soundfile.info(path).duration == pytest.approx(1.0, abs=0.08)

    def test_what_cannot_be_written_becomes_wav(self, tmp_path, monkeypatch):
        import dsaudit.media.audio.repair as module

        real = module._encode

        def refuse(samples, rate, target, container, subtype):
            if container != "WAV":
                target.write_bytes(b"half")
                raise soundfile.LibsndfileError(1)
            real(samples, rate, target, container, subtype)

        monkeypatch.setattr(module, "_encode", refuse)
        source = write_wav(tmp_path / "a.flac", word(1))
        path, done, notes = repair_file(source, tmp_path / "b.flac", Repairs(loudest_ms=100))
        assert path == tmp_path / "b.wav"
        assert done
        assert "written as WAV" in notes[0]
        assert not (tmp_path / "b.flac").exists()

    def test_where_nothing_is_needed_nothing_is_written(self, tmp_path):
        source = write_wav(tmp_path / "a.wav", word(1))
        path, done, _ = repair_file(source, tmp_path / "b.wav", Repairs(loudest_ms=2000))
        assert not done
        assert not path.exists()

    def test_broken_recordings_are_item_errors_and_leave_nothing(self, tmp_path):
        (tmp_path / "a.wav").write_bytes(b"RIFF nonsense")
        (tmp_path / "e.wav").write_bytes(b"")
        with pytest.raises(UnreadableItemError):
            repair_file(tmp_path / "a.wav", tmp_path / "b.wav", Repairs(loudest_ms=10))
        with pytest.raises(EmptyItemError):
            repair_file(tmp_path / "e.wav", tmp_path / "b.wav", Repairs(loudest_ms=10))
        assert not (tmp_path / "b.wav").exists()

    def test_values_that_are_no_number_do_not_spoil_the_rest(self, tmp_path):
        samples = word(1)
        samples[100] = np.nan
        source = write_wav(tmp_path / "a.wav", samples, subtype="FLOAT")
        path, _, _ = repair_file(source, tmp_path / "b.wav", Repairs(gain_to_dbfs=-10))
        assert np.isfinite(soundfile.read(path)[0]).all()

    def test_a_long_recording_does_not_overflow_an_encoder(self, tmp_path):
        source = write_wav(tmp_path / "a.flac", np.tile(word(1), 200))
        path, _, _ = repair_file(source, tmp_path / "b.flac", Repairs(loudest_ms=150_000))
        assert soundfile.info(path).frames == 150 * 16_000

    def test_the_media_offers_it(self, tmp_path):
        source = write_wav(tmp_path / "a.wav", word(1))
        path, done, notes = MEDIA.repair(source, tmp_path / "b.wav", MEDIA.repairs({"loudest_ms": 500}))
        assert (path.exists(), bool(done), notes) == (True, True, ())

    def test_what_is_declared_is_what_repairs_take(self):
        assert {o.name: o.default for o in KIND.repairs} == {f.name: f.default for f in fields(Repairs)}
        assert not MEDIA.repairs({o.name: o.default for o in KIND.repairs})


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "share", "fewest", "most"), [("esc10", 0.2, 0.05, 0.3), ("speech_commands", 0.5, 0, 0.1)]
)
def test_where_the_old_program_cuts_elsewhere_in_real_recordings(real_data, name, share, fewest, most):
    elsewhere = []
    for path in sorted(p for p in real_data(name).glob("*/*") if p.suffix in (".wav", ".ogg"))[::8]:
        samples, rate = soundfile.read(path, dtype="float64")
        n = round(share * len(samples))
        sums = np.concatenate(([0.0], np.cumsum(np.abs(samples))))
        old = max(0, int((sums[n:] - sums[:-n]).argmax()) - 1)  # what its slip comes to, see above
        ours = loudest_start(samples, n)
        energy = np.concatenate(([0.0], np.cumsum(np.square(samples))))
        assert energy[ours + n] - energy[ours] >= (energy[old + n] - energy[old]) * (1 - 1e-9)
        elsewhere.append(abs(ours - old) > 0.05 * rate)
    # words in silence are found by either; of sounds in noise one in eight is cut more than 50 ms away
    assert fewest <= np.mean(elsewhere) <= most
