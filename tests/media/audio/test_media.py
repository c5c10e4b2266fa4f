from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path

import defects
import numpy as np
import pytest
import soundfile

from dsaudit.errors import EmptyItemError, ItemError, MissingItemError
from dsaudit.media.audio import decode, media
from dsaudit.media.audio.media import READ_RATE_HZ, AudioMedia, AudioSample
from dsaudit.media.base import Reading
from dsaudit.rule import Measure

MEDIA = AudioMedia()
RATE = 16_000


def wav(folder: Path, x: np.ndarray, rate: int = RATE, name: str = "a.wav", **options: str) -> Path:
    soundfile.write(folder / name, x, rate, **options)
    return folder / name


def test_one_word(tmp_path: Path) -> None:
    x = defects.word(3)
    found = MEDIA.measure(wav(tmp_path, x))
    first, last = defects.extent(x, RATE)
    assert found["duration_s"] == 1.0
    assert found["rms_dbfs"] == pytest.approx(10 * np.log10(np.mean(x**2)), abs=0.1)
    assert found["peak_dbfs"] == pytest.approx(20 * np.log10(np.abs(x).max()), abs=0.1)
    assert found["noise_floor_dbfs"] == pytest.approx(-65, abs=5)
    assert found["onset_margin_ms"] == pytest.approx(first / RATE * 1e3, abs=60)
    assert found["offset_margin_ms"] == pytest.approx((RATE - last) / RATE * 1e3, abs=60)
    assert float(found["speech_s"] or 0) > 0.1
    assert float(found["snr_db"] or 0) > 25


def test_same_samples_same_hash_in_every_lossless_container(tmp_path: Path) -> None:
    x = np.rint(defects.word() * 32767).astype(np.int16)
    paths = [wav(tmp_path, x, name=f"a.{f}", format=f) for f in ("wav", "flac", "aiff", "au", "caf")]
    assert len({MEDIA.measure(p)["sample_hash"] for p in paths}) == 1
    assert len({MEDIA.measure(p)["content_hash"] for p in paths}) == len(paths)


def test_block_size_changes_nothing_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = wav(tmp_path, np.tile(defects.word(5)[:, None], (6, 2)))
    whole = MEDIA.measure(path)
    monkeypatch.setattr(decode, "BLOCK_VALUES", 4001)
    pieces = MEDIA.measure(path)
    for name in ("rms_dbfs", "loudest_rms_dbfs", "start_cut", "end_cut", "cliff_db", "active_s", "speech_s"):
        assert pieces[name] == pytest.approx(whole[name], rel=1e-3, abs=1e-3), name
    assert pieces["sample_hash"] == whole["sample_hash"]


@pytest.mark.parametrize("n", [1, 2, 10, 159, 512, 2000])
@pytest.mark.parametrize("rate", [1234, 8000, 192000])
def test_tiny_files(tmp_path: Path, n: int, rate: int) -> None:
    path = wav(tmp_path, np.full(n, 0.1), rate)
    found = MEDIA.measure(path)
    assert found["duration_s"] == pytest.approx(n / rate)
    assert len(MEDIA.read(path)) >= 0
    assert MEDIA.preview(path).thumbnail


@pytest.mark.parametrize("x", [np.zeros(RATE), np.ones(RATE) * 0.5, np.full(RATE, np.nan), np.full(RATE, np.inf)])
def test_degenerate_sound_gives_numbers(tmp_path: Path, x: np.ndarray) -> None:
    path = wav(tmp_path, x, subtype="FLOAT")
    found = MEDIA.measure(path)
    assert not any(isinstance(v, float) and math.isinf(v) for v in found.values())
    assert np.isfinite(MEDIA.read(path)).all()
    MEDIA.preview(path)


def test_eight_channels_at_192_khz(tmp_path: Path) -> None:
    x = np.zeros((192_000, 8), np.float32)
    x[:, 5] = defects.word(1, 192_000)
    found = MEDIA.measure(wav(tmp_path, x, 192_000, name="a.flac"))
    assert (found["n_channels"], found["sample_rate_hz"]) == (8, 192_000)
    assert found["peak_dbfs"] == pytest.approx(20 * np.log10(np.abs(x).max()), abs=0.1)


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(MissingItemError):
        MEDIA.measure(tmp_path / "none.wav")
    with pytest.raises(EmptyItemError):
        MEDIA.measure(wav(tmp_path, np.zeros(0)))
    for call in (MEDIA.read, MEDIA.preview):
        with pytest.raises(ItemError):
            call(tmp_path)


def test_read_gives_16_khz_and_three_stretches(tmp_path: Path) -> None:
    assert MEDIA.read(wav(tmp_path, defects.word(1, 44_100), 44_100)).shape == (READ_RATE_HZ,)
    long = np.concatenate([np.full(20 * RATE, v) for v in (0.1, 0.2, 0.3)])
    x = MEDIA.read(wav(tmp_path, long))
    assert x.shape == (30 * RATE,)
    assert [round(float(v), 2) for v in (x[RATE], x[15 * RATE], x[29 * RATE])] == [0.1, 0.2, 0.3]


def test_measures_of_rules(tmp_path: Path) -> None:
    def broken(_: AudioSample) -> float:
        raise ValueError

    extra = (Measure("audio", "n", lambda s: len(s.samples) / s.sample_rate_hz), Measure("audio", "broken", broken))
    found = MEDIA.measure(wav(tmp_path, defects.word()), extra)
    assert found["n"] == 1.0
    assert math.isnan(float(found["broken"] or 0))


def mixed(folder: Path) -> list[Path]:
    """Recordings that have nothing in common, broken ones among them."""
    rng = np.random.default_rng(0)
    paths = [wav(folder, defects.word(k)[: 16_000 - 37 * k * k], name=f"{k:02}.wav") for k in range(14)]
    paths += [
        wav(folder, defects.word(k, rate), rate, f"{rate}.flac") for k, rate in enumerate((8_000, 22_050, 44_100))
    ]
    paths += [wav(folder, np.r_[np.zeros(4000), defects.word(3)[8000:]], name="cut.wav"), folder / "none.wav"]
    paths += [wav(folder, 0.1 * rng.standard_normal(n), name=f"n{n}.wav") for n in (1, 70, 959, 961, 200_000)]
    paths += [wav(folder, np.zeros(n), name=f"z{n}.wav") for n in (1, 100, 16_000)]
    (folder / "text.wav").write_text("no sound at all")
    return [*paths, folder / "text.wav", wav(folder, rng.standard_normal((9_000, 3)) * 0.1, name="three.wav")]


def told(found: Reading | Exception) -> object:
    return repr(found) if isinstance(found, Exception) else sorted(found.measured.items())


@pytest.mark.parametrize("at_once", [1, 50_000, media.VALUES_AT_ONCE])
def test_nothing_depends_on_what_else_is_in_the_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    paths = mixed(tmp_path)
    alone = {path: repr(told(MEDIA.read_batch([path])[0])) for path in paths}
    monkeypatch.setattr(media, "VALUES_AT_ONCE", at_once)
    for order in (paths, paths[::-1], paths[::3] + paths[1::3]):
        for path, found in zip(order, MEDIA.read_batch(order), strict=True):
            assert repr(told(found)) == alone[path], path.name
    assert sum("Error" in one for one in alone.values()) == 2


def test_no_more_is_held_than_is_worked_out_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    monkeypatch.setattr(media, "VALUES_AT_ONCE", 100_000)
    monkeypatch.setattr(media, "_measure", lambda waiting: held.append(sum(h.n_kept for _, h in waiting)))
    MEDIA.read_batch([wav(tmp_path, defects.word(k), name=f"{k}.wav") for k in range(20)])
    assert 100_000 < max(held) <= 100_000 + 3 * RATE


def test_travels_to_workers() -> None:
    assert pickle.loads(pickle.dumps(MEDIA)) == MEDIA


@pytest.mark.real_data
def test_real_recordings_of_all_kinds(real_data: Callable[[str], Path]) -> None:
    for name in ("esc10", "custom_commands"):
        for path in sorted(real_data(name).glob("*/*.*"))[::10]:
            found = MEDIA.measure(path)
            assert found["duration_s"] == pytest.approx(soundfile.info(path).duration, abs=1e-3)
            assert found["suffix_fits"] == 1.0
