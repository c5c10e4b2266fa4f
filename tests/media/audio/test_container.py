from __future__ import annotations

import contextlib
import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fabric import word

from dsaudit.errors import EmptyItemError, ItemError, UnreadableItemError
from dsaudit.media.audio import decode
from dsaudit.media.audio.container import container
from dsaudit.media.audio.decode import opened
from dsaudit.media.audio.media import AudioMedia
from dsaudit.media.base import Measured
from dsaudit.media.file import opened_file

RATE = 16_000
SAMPLES = np.tile(word(3), 3)
SECONDS = len(SAMPLES) / RATE
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")


def encoded(format_: str, *, rate: int = RATE, **options: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, SAMPLES, rate, format=format_, **options)
    return buffer.getvalue()


def measured(tmp_path: Path, data: bytes, suffix: str) -> Measured:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    return AudioMedia().measure(path)


def tag(n: int) -> bytes:
    """An ID3 tag with n bytes in it."""
    return b"ID3\x03\0\0" + bytes((n >> shift) & 127 for shift in (21, 14, 7, 0)) + b"\0" * n


def wav(*chunks: tuple[bytes, bytes, int | None], size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(
        name + struct.pack("<I", len(data) if told is None else told) + data for name, data, told in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


FMT = (b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16), None)
PCM = (np.clip(SAMPLES, -1, 1) * 32767).astype("<i2").tobytes()
LIST = (b"LIST", b"INFOICMT" + struct.pack("<I", 9000) + b"x" * 9000, None)


def without_xing(mp3: bytes) -> bytes:
    """Without the first frame, which holds no sound: MPEG 2 Layer III at one of the bit rates soundfile writes."""
    at = mp3.find(b"\xff\xf3", 4)
    return mp3[at:]


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        pytest.param(".wav", wav(FMT, (b"data", PCM, 0), size=0), id="size 0 in a streamed WAV"),
        pytest.param(".wav", wav(FMT, (b"data", PCM, 0)), id="size 0 in the data alone"),
        pytest.param(".wav", wav(FMT, (b"data", PCM, 0xFFFFFFFF), size=0xFFFFFFFF), id="largest size"),
        pytest.param(".wav", wav(FMT, (b"data", PCM, 0x7FFFF000), size=0x7FFFF024), id="another large size"),
        pytest.param(".wav", wav(FMT, LIST, (b"data", PCM, None)), id="large block before the samples"),
        pytest.param(".wav", tag(2038) + wav(FMT, (b"data", PCM, None)), id="ID3 before RIFF"),
        pytest.param(".flac", tag(9000) + encoded("FLAC"), id="ID3 before FLAC"),
        pytest.param(".aiff", encoded("AIFF"), id="AIFF"),
        pytest.param(".au", encoded("AU")[:8] + bytes(4) + encoded("AU")[12:], id="size 0 in AU"),
        pytest.param(".mp3", without_xing(encoded("MP3", bitrate_mode="VARIABLE")), id="MP3 without a header"),
        pytest.param(".mp3", tag(500) + tag(700) + without_xing(encoded("MP3")) + b"TAG" + bytes(125), id="two tags"),
        pytest.param(".mp3", tag(600_000) + without_xing(encoded("MP3")), id="MP3 behind a large picture"),
        pytest.param(".mp3", bytes(range(200)) + without_xing(encoded("MP3")), id="junk before MP3"),
    ],
)
def test_what_is_whole_is_read_to_its_end(tmp_path: Path, suffix: str, data: bytes) -> None:
    found = measured(tmp_path, data, suffix)
    assert found["duration_s"] == pytest.approx(SECONDS, abs=0.12 if suffix == ".mp3" else 1e-9)
    assert (found["missing_share"], found["shortfall"], found["joined"]) == (0.0, None, None)
    assert found["suffix_fits"] != 0


def streamed_flac() -> bytes:
    data = bytearray(encoded("FLAC"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)  # the number of samples, unknown to a writer that cannot seek back
    return bytes(data)


def test_streamed_flac_keeps_its_last_block(tmp_path: Path) -> None:
    found = measured(tmp_path, streamed_flac(), ".flac")
    assert found["duration_s"] == SECONDS
    assert found["sample_hash"] == measured(tmp_path, encoded("FLAC"), ".flac")["sample_hash"]


def streamed_aiff() -> bytes:
    data = bytearray(encoded("AIFF"))
    comm, sound = data.index(b"COMM") + 8, data.index(b"SSND") + 4
    data[4:8] = data[comm + 2 : comm + 6] = data[sound : sound + 4] = bytes(4)
    return bytes(data)


def test_streamed_aiff_has_its_samples(tmp_path: Path) -> None:
    assert measured(tmp_path, streamed_aiff(), ".aiff")["duration_s"] == SECONDS


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        pytest.param(".wav", wav(FMT, (b"data", PCM, None)), id="WAV"),
        pytest.param(".wav", wav(FMT, LIST, (b"data", PCM, None)), id="WAV with a large block before the samples"),
        pytest.param(".wav", encoded("RF64"), id="RF64"),
        pytest.param(".aiff", encoded("AIFF"), id="AIFF"),
        pytest.param(".au", encoded("AU"), id="AU"),
        pytest.param(".w64", encoded("W64"), id="Wave64"),
        pytest.param(".flac", encoded("FLAC"), id="FLAC"),
        pytest.param(".flac", tag(9000) + encoded("FLAC"), id="FLAC behind a tag"),
        pytest.param(".sph", encoded("NIST"), id="NIST"),
        pytest.param(".mp3", encoded("MP3"), id="MP3 with a header"),
    ],
)
def test_half_a_file_is_half_of_its_promise(tmp_path: Path, suffix: str, data: bytes) -> None:
    found = measured(tmp_path, data[: (len(data) + 9000) // 2], suffix)
    assert 0.1 < float(found["missing_share"] or 0) < 0.8
    heard = float(found["duration_s"] or 0)
    assert str(found["shortfall"]).startswith(f"{heard:.2f} of the ")
    whole = float(str(found["shortfall"]).split()[3])
    assert whole == pytest.approx(SECONDS, abs=0.12 if suffix == ".mp3" else 0.01)
    assert found["missing_share"] == pytest.approx(1 - heard / whole, abs=0.01)


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "options"),
    [("a.m4a", ["-movflags", "+faststart"]), ("a.webm", []), ("a.aac", []), ("a.wav", ["-c:a", "mp3"])],
)
def test_promises_that_ffmpeg_knows(tmp_path: Path, name: str, options: list[str]) -> None:
    source, path = tmp_path / "in.wav", tmp_path / name
    soundfile.write(source, np.tile(SAMPLES, 4), RATE)
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", source, *options, path], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this ffmpeg does not write the format")
    whole = AudioMedia().measure(path)
    assert (whole["missing_share"], whole["shortfall"]) == (0.0, None)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    half = AudioMedia().measure(path)
    # the stream of a plain AAC file makes no promise; its length is an estimate
    assert half["missing_share"] == (0.0 if name == "a.aac" else pytest.approx(0.5, abs=0.1))


@needs_ffmpeg
def test_the_sound_of_a_film_may_be_shorter(tmp_path: Path) -> None:
    source, path = tmp_path / "in.wav", tmp_path / "a.mkv"
    soundfile.write(source, SAMPLES, RATE)
    film = [
        "-f",
        "lavfi",
        "-i",
        f"color=size=16x16:rate=5:duration={SECONDS + 2}",
        "-c:v",
        "mpeg4",
        "-c:a",
        "pcm_s16le",
    ]
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", source, *film, path], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this ffmpeg does not write the format")
    found = AudioMedia().measure(path)
    assert found["duration_s"] == pytest.approx(SECONDS, abs=0.01)
    assert found["missing_share"] == 0.0


@pytest.mark.parametrize(
    ("suffix", "first", "second"),
    [
        (".mp3", without_xing(encoded("MP3")), without_xing(encoded("MP3", rate=22_050))),
        (".wav", encoded("WAV"), encoded("WAV", rate=44_100)),
        (".aiff", encoded("AIFF"), encoded("AIFF", rate=44_100)),
        (".flac", encoded("FLAC"), encoded("FLAC", rate=44_100)),
        (".ogg", encoded("OGG"), encoded("OGG", rate=44_100)),
    ],
)
def test_joined_files_are_said_and_the_first_is_measured(
    tmp_path: Path, suffix: str, first: bytes, second: bytes
) -> None:
    found = measured(tmp_path, first + second, suffix)
    assert "another recording" in str(found["joined"])
    assert suffix != ".mp3" or "22050 Hz" in str(found["joined"])
    assert found["duration_s"] == pytest.approx(SECONDS, abs=0.12)
    assert found["missing_share"] == 0.0
    assert measured(tmp_path, first, suffix)["joined"] is None


PLAIN_MP3 = without_xing(encoded("MP3"))
ID3V1 = b"TAG" + bytes(125)


@pytest.mark.parametrize(
    ("between", "said"),
    [
        (b"", None),
        (tag(3000), None),
        (ID3V1, None),
        (ID3V1 + tag(40_000), None),
        (bytes(50_000), None),
        (np.random.default_rng(1).bytes(5000), None),
    ],
    ids=["nothing", "ID3", "ID3v1", "both", "zeros", "noise"],
)
def test_frames_behind_something_else_are_read(tmp_path: Path, between: bytes, said: str | None) -> None:
    found = measured(tmp_path, PLAIN_MP3 + between + PLAIN_MP3, ".mp3")
    assert found["duration_s"] == pytest.approx(2 * SECONDS, abs=0.3)
    assert (found["joined"], found["missing_share"], found["shortfall"]) == (said, 0.0, None)


@pytest.mark.parametrize("between", [b"", tag(3000), ID3V1])
@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (encoded("MP3"), encoded("MP3"), "declares 3.10 s, and 6.19 s are there"),
        (encoded("MP3"), PLAIN_MP3, "declares 3.10 s, and 6.19 s are there"),
        (PLAIN_MP3, encoded("MP3"), "is that of a part, and 6.19 s are there"),
    ],
    ids=["both", "first", "second"],
)
def test_joined_mp3_with_headers_is_said_and_read_as_one(
    tmp_path: Path, first: bytes, between: bytes, second: bytes, said: str
) -> None:
    found = measured(tmp_path, first + between + second, ".mp3")
    assert found["duration_s"] == pytest.approx(2 * SECONDS, abs=0.3)
    assert said in str(found["joined"])
    assert (found["missing_share"], found["shortfall"]) == (0.0, None)


def test_some_frames_that_were_not_counted_are_no_recording(tmp_path: Path) -> None:
    data = bytearray(encoded("MP3"))
    at = next(data.index(mark) for mark in (b"Info", b"Xing") if mark in data) + 8
    data[at : at + 4] = struct.pack(">I", struct.unpack(">I", data[at : at + 4])[0] - 4)
    found = measured(tmp_path, bytes(data), ".mp3")
    assert found["duration_s"] == pytest.approx(SECONDS, abs=0.12)
    assert (found["joined"], found["missing_share"], found["shortfall"]) == (None, 0.0, None)


def test_mono_and_stereo_are_two_recordings(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([SAMPLES, 0.5 * SAMPLES], axis=1), RATE, format="MP3")
    found = measured(tmp_path, PLAIN_MP3 + without_xing(buffer.getvalue()), ".mp3")
    assert found["duration_s"] == pytest.approx(SECONDS, abs=0.12)
    assert "16000 Hz in stereo is joined on behind this one of 16000 Hz in mono" in str(found["joined"])
    assert (found["missing_share"], found["shortfall"]) == (0.0, None)


@pytest.mark.parametrize("format_", ["VORBIS", "OPUS"])
def test_ogg_without_its_last_page_is_cut(tmp_path: Path, format_: str) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.tile(SAMPLES, 4), RATE, format="OGG", subtype=format_)
    data = buffer.getvalue()
    last = data.rindex(b"OggS")
    for end in (len(data) // 2, last, last + 40):
        found = measured(tmp_path, data[:end], ".ogg")
        assert str(found["shortfall"]).endswith(" s of a stream whose end is missing")
        assert np.isnan(found["missing_share"] or 0.0)
    assert measured(tmp_path, data, ".ogg")["shortfall"] is None


def test_samples_behind_those_that_a_header_declares(tmp_path: Path) -> None:
    half = len(PCM) // 4 * 2
    found = measured(tmp_path, wav(FMT, (b"data", PCM, half)), ".wav")
    assert found["duration_s"] == half / 2 / RATE
    assert f"declares {half / 2 / RATE:.2f} s" in str(found["joined"])
    for behind in (bytes(20_000), ID3V1, b"\x01\x02" * 100):
        assert measured(tmp_path, wav(FMT, (b"data", PCM, None)) + behind, ".wav")["joined"] is None
    chunk = (b"bext", b"\x07" * 20_000, None)
    assert measured(tmp_path, wav(FMT, (b"data", PCM, None), chunk), ".wav")["joined"] is None


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".m4a", ".wma"])
def test_joined_and_cut_files_that_ffmpeg_reads(tmp_path: Path, suffix: str) -> None:
    source, path = tmp_path / "in.wav", tmp_path / f"whole{suffix}"
    soundfile.write(source, np.tile(SAMPLES, 3), RATE)
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", source, path], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("this ffmpeg does not write the format")
    data = path.read_bytes()
    whole = measured(tmp_path, data, suffix)
    assert (whole["joined"], whole["missing_share"], whole["shortfall"]) == (None, 0.0, None)
    assert "another recording is joined on behind it" in str(measured(tmp_path, data + data, suffix)["joined"])
    if suffix == ".wma":
        assert measured(tmp_path, data[: len(data) // 2], suffix)["missing_share"] == pytest.approx(0.5, abs=0.05)
    else:
        with pytest.raises(UnreadableItemError, match="without its index"):
            measured(tmp_path, data[: len(data) // 2], suffix)


APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + 20, 1, 0xA0000000) + bytes(28)
APE += b"APETAGEX" + struct.pack("<IIII", 2000, 32 + 20, 1, 0x80000000) + bytes(8)


@pytest.mark.parametrize("data", [tag(2000), ID3V1, APE, APE + ID3V1, tag(50) + ID3V1])
def test_a_tag_and_no_audio(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EmptyItemError, match="a tag and no audio"):
        measured(tmp_path, data, ".mp3")


@pytest.mark.parametrize(
    "data", [np.random.default_rng(0).bytes(9000), b"\xff\xfb\x90" + np.random.default_rng(2).bytes(9000), bytes(9000)]
)
def test_no_mp3_in_an_mp3(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableItemError, match="no MP3 frames are in it"):
        measured(tmp_path, data, ".mp3")


def aiff(rate_exponent: int, n_channels: int) -> bytes:
    comm = struct.pack(">HIHhQ", n_channels, 20, 16, rate_exponent, 1 << 63)
    body = b"AIFFCOMM" + struct.pack(">I", len(comm)) + comm + b"SSND" + struct.pack(">III", 16008, 0, 0) + bytes(16000)
    return b"FORM" + struct.pack(">I", len(body)) + body


def claiming(rate: int, n_channels: int) -> bytes:
    return wav((b"fmt ", struct.pack("<HHIIHH", 1, n_channels, rate, 0, 2, 16), None), (b"data", PCM, None))


@pytest.mark.parametrize(
    ("suffix", "data", "said"),
    [
        (".wav", claiming(2_000_000_000, 1), "2000000000 Hz"),
        (".wav", claiming(0, 1), "0 Hz"),
        (".wav", claiming(1, 1), "1 Hz"),
        (".wav", claiming(RATE, 900), "900 channels"),
        (".aiff", aiff(16383 + 26, 2), "67108864 Hz"),
        (".aiff", aiff(16383 + 13, 257), "257 channels"),
        (".au", b".snd" + struct.pack(">5I", 24, 0xFFFFFFFF, 3, 3_000_000, 1) + PCM, "3000000 Hz"),
    ],
)
def test_implausible_headers_are_refused_before_anything_is_read(
    tmp_path: Path, suffix: str, data: bytes, said: str
) -> None:
    with pytest.raises(UnreadableItemError, match=said):
        measured(tmp_path, data, suffix)


def test_damaged_headers_are_items_errors(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for suffix, whole in (
        (".wav", wav(FMT, LIST, (b"data", PCM, 0))),
        (".aiff", streamed_aiff()),
        (".mp3", encoded("MP3")),
    ):
        for _ in range(25):
            data = bytearray(whole[: rng.integers(1, len(whole))])
            for at in rng.integers(0, min(len(data), 100), 6):
                data[at] = rng.integers(0, 256)
            with contextlib.suppress(ItemError):
                measured(tmp_path, bytes(data), suffix)


@pytest.mark.parametrize(
    ("n_channels", "chunks"),
    [
        (1, lambda fmt, data: wav(fmt, (b"data", data, None))),
        (2, lambda fmt, data: wav(fmt, (b"data", data, None))),
        (3, lambda fmt, data: wav((b"LIST", b"INFO" + b"x" * 5000, None), fmt, (b"data", data, None))),
        (1, lambda fmt, data: wav(fmt, (b"data", data, None), (b"LIST", b"INFOICRD", None))),
        (2, lambda fmt, data: wav(fmt, (b"data", data[:-2], None))),
        (1, lambda fmt, data: wav(fmt, (b"data", data + b"\x07", None))),
    ],
)
def test_plain_samples_are_those_that_libsndfile_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_channels: int, chunks: Callable[..., bytes]
) -> None:
    monkeypatch.setattr(decode, "BLOCK_VALUES", 10_000)
    fmt = (b"fmt ", struct.pack("<HHIIHH", 1, n_channels, RATE, 2 * n_channels * RATE, 2 * n_channels, 16), None)
    path = tmp_path / "a.wav"
    path.write_bytes(chunks(fmt, PCM))
    with opened_file(path) as file:
        assert container(file).plain is not None
        with opened(file) as stream:
            found = np.concatenate(list(stream.blocks))
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(found, samples)
    assert (stream.sample_rate_hz, stream.n_declared, stream.n_channels) == (rate, len(samples), n_channels)
    info = soundfile.info(path)
    assert (stream.container, stream.subtype) == (info.format, info.subtype)
