from __future__ import annotations

import csv
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dsaudit.errors import DsauditError, EmptyItemError, ItemError, NoDecoderError, UnreadableItemError
from dsaudit.media.audio import decode
from dsaudit.media.audio.media import AudioMedia
from dsaudit.media.file import opened_file

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg on PATH")


def read(path: Path) -> tuple[np.ndarray, decode.Stream]:
    with opened_file(path, hashed=False) as file, decode.opened(file) as stream:
        return np.concatenate(list(stream.blocks)), stream


SAMPLES = (0.5 * np.sin(np.arange(8000) * 0.05)).astype(np.float32)


@pytest.mark.parametrize("subtype", sorted(set(soundfile.available_subtypes("WAV")) - {"MPEG_LAYER_III"}))
def test_every_wav_subtype(tmp_path: Path, subtype: str) -> None:
    path = tmp_path / "a.wav"
    rate = 8000
    soundfile.write(path, SAMPLES, rate, subtype=subtype)
    x, stream = read(path)
    assert stream.sample_rate_hz == rate
    assert np.corrcoef(x[: len(SAMPLES), 0], SAMPLES[: len(x)])[0, 1] > 0.9


@pytest.mark.parametrize("format_", ["FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "RF64", "W64"])
def test_formats_of_soundfile(tmp_path: Path, format_: str) -> None:
    path = tmp_path / "name-says-nothing"
    soundfile.write(path, np.stack((SAMPLES, SAMPLES), axis=1), 16000, format=format_)
    x, stream = read(path)
    assert (stream.sample_rate_hz, stream.n_channels, x.shape[1]) == (16000, 2, 2)


def test_blocks_are_small_and_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "BLOCK_VALUES", 1000)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.tile(SAMPLES[:, None], (1, 3)), 8000)
    with opened_file(path, hashed=False) as file, decode.opened(file) as stream:
        lengths = [b.size for b in stream.blocks]
    assert max(lengths) <= 1000
    assert sum(lengths) == 3 * len(SAMPLES)


def test_cut_wav_keeps_its_promise_in_view(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SAMPLES, 8000)
    path.write_bytes(path.read_bytes()[: 44 + 4000])
    x, stream = read(path)
    assert len(x) == 2000
    assert round(stream.n_declared * stream.promised) == 8000
    assert AudioMedia().measure(path)["missing_share"] == pytest.approx(0.75)


def test_streamed_header_makes_no_promise(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SAMPLES, 8000)
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    assert AudioMedia().measure(path)["missing_share"] == 0.0


def test_cut_flac_gives_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 40000), 16000)
    path.write_bytes(path.read_bytes()[:40000])
    measured = AudioMedia().measure(path)
    assert 0.2 < float(measured["missing_share"] or 0) < 0.8


def test_header_without_samples(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SAMPLES[:0], 8000)
    with pytest.raises(EmptyItemError):
        read(path)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0", b"%PDF-1.7\n\x80", b"hello\n" * 9, b"PK\x03\x04\x14\0\0"]
)
def test_other_kinds_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(UnreadableItemError, match="not audio"):
        read(path)


@pytest.mark.parametrize("suffix", [".wav", ".raw", ".mp3", ".flac"])
@pytest.mark.parametrize("seed", range(4))
def test_garbage_is_unreadable(tmp_path: Path, suffix: str, seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"\x01" + np.random.default_rng(seed).bytes(5000))
    with pytest.raises(UnreadableItemError):
        read(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("format_", ["WAV", "FLAC", "OGG", "MP3", "AIFF"])
def test_damage_never_escapes(tmp_path: Path, format_: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"a.{format_.lower()}"
    soundfile.write(path, SAMPLES, 16000, format=format_)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    messages: list[str] = []
    for _ in range(12):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 20):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data[: rng.integers(1, len(data))])
        try:
            AudioMedia().measure(path)
        except ItemError as error:
            messages.append(error.message)
    assert not any("\n" in message for message in messages)
    assert capfd.readouterr() == ("", "")


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".m4a", ".webm", ".wma", ".aac", ".mka"])
def test_ffmpeg_formats(tmp_path: Path, suffix: str) -> None:
    source, path = tmp_path / "in.wav", tmp_path / f"-a{suffix}"
    soundfile.write(source, np.tile(SAMPLES, 4), 16000)
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", source, f"file:{path}"], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this ffmpeg does not write the format")
    x, stream = read(path)
    assert stream.subtype == "ffmpeg"
    assert len(x) / stream.sample_rate_hz == pytest.approx(2.0, abs=0.2)
    assert AudioMedia().read(path).dtype == np.float32


def test_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(100))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NoDecoderError, match="ffmpeg") as caught:
        read(path)
    assert isinstance(caught.value, DsauditError)
    assert caught.value.hint


@pytest.mark.real_data
def test_wav_edge_cases(real_data: Callable[[str], Path], capfd: pytest.CaptureFixture[str]) -> None:
    folder = real_data("wav_edge_cases")
    with (folder / "labels.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        path = folder / row["path"]
        try:
            measured = AudioMedia().measure(path)
        except ItemError:
            assert row["ok"] == "0", path.name
            continue
        if row["ok"] == "1":
            assert measured["sample_rate_hz"] == float(row["sr"])
            assert measured["n_channels"] == float(row["channels"])
            assert measured["duration_s"] == pytest.approx(float(row["dur"]), abs=1e-3)
    assert capfd.readouterr() == ("", "")


@pytest.mark.real_data
def test_pictures_are_not_audio(real_data: Callable[[str], Path], capfd: pytest.CaptureFixture[str]) -> None:
    for path in sorted(real_data("image_file_defects").iterdir()):
        with pytest.raises(ItemError):
            AudioMedia().measure(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("factor", "scale"),
    [(1.0, 1.0), (3.0 / 0.4, 3.0), (2.0**7, 2.0**7), (2.0**15, 2.0**15), (2.0**23, 2.0**23), (2.0**-15, 2.0**-15)],
)
def test_floats_in_the_range_of_integers_are_measured_at_full_scale(
    tmp_path: Path, factor: float, scale: float
) -> None:
    x = (0.4 / np.abs(SAMPLES).max() * SAMPLES).astype(np.float32)
    plain, path = tmp_path / "plain.wav", tmp_path / "scaled.wav"
    soundfile.write(plain, x, 16000, subtype="FLOAT")
    soundfile.write(path, factor * x, 16000, subtype="FLOAT")
    measured, told = AudioMedia().measure(path), AudioMedia().measure(plain)
    assert measured["scale"] == pytest.approx(scale)
    if scale != 3.0:
        assert measured["rms_dbfs"] == pytest.approx(told["rms_dbfs"], abs=1e-3)
        np.testing.assert_allclose(AudioMedia().read(path), AudioMedia().read(plain), atol=1e-6)


def test_a_faint_beginning_is_no_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsaudit.media.audio.decode.BLOCK_VALUES", 4000)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.r_[np.full(8000, 1e-6), SAMPLES], 16000, subtype="FLOAT")
    measured = AudioMedia().measure(path)
    assert measured["scale"] == 1.0
    assert measured["peak_dbfs"] == pytest.approx(20 * np.log10(np.abs(SAMPLES).max()), abs=0.01)


@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda x: 127.0 * x + 128.0, {"scale": 128.0, "scale_centre": 128.0}),
        (lambda x: 32000.0 * x + 32768.0, {"scale": 32768.0, "scale_centre": 32768.0}),
        (lambda x: np.where(np.arange(len(x)) == 4000, np.float32(1e9), x), {"scale": 1.0, "stray": 1e9}),
    ],
)
def test_unsigned_and_damaged_floats_are_measured_as_they_should_be(
    tmp_path: Path, change: Callable[[np.ndarray], np.ndarray], columns: dict[str, float]
) -> None:
    plain, path = tmp_path / "plain.wav", tmp_path / "changed.wav"
    soundfile.write(plain, SAMPLES, 16000, subtype="FLOAT")
    soundfile.write(path, change(SAMPLES), 16000, subtype="FLOAT")
    found, told = AudioMedia().measure(path), AudioMedia().measure(plain)
    assert {name: found[name] for name in columns} == columns
    assert found["rms_dbfs"] == pytest.approx(told["rms_dbfs"], abs=0.25)
    assert found["dc_offset"] == pytest.approx(told["dc_offset"], abs=1e-2)
    np.testing.assert_allclose(
        AudioMedia().read(path), AudioMedia().read(plain), atol=0.5 if "stray" in columns else 0.02
    )
