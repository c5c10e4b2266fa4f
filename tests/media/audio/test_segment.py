"""A stretch of a recording against the same samples in a file of their own."""

from __future__ import annotations

import os
import sys
from collections import Counter

import numpy as np
import pytest
import soundfile
from fabric import word, write_wav

from dsaudit.dataset.segment import Segment, file_uri, segment_uri
from dsaudit.errors import MissingItemError, UnreadableItemError
from dsaudit.media.audio.media import MEDIA
from dsaudit.media.audio.repair import Repairs
from dsaudit.media.audio.segment import extent
from dsaudit.media.file import identify

RATE = 16_000
SPANS = [(0.0, 1.0), (1.0, 2.0), (4.5, 5.75), (2.25, 7.0), (7.0, 8.0)]
OF_FILES = {"content_hash", "file_bytes", "container", "subtype", "detected_type", "file_suffix", "suffix_fits"}


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """Eight words, one after the other, and their samples as they are stored."""
    path = write_wav(tmp_path_factory.mktemp("talk") / "talk.wav", np.concatenate([word(k) for k in range(8)]), RATE)
    return path, soundfile.read(path, dtype="float32")[0]


def part(path, start, end, unit="s"):
    return type(path)(segment_uri(str(path), Segment(start, end, unit)))


@pytest.mark.parametrize("span", SPANS)
def test_it_is_measured_read_and_drawn_as_a_file_of_its_own(talk, tmp_path, span):
    path, x = talk
    own = write_wav(tmp_path / "own.wav", x[round(span[0] * RATE) : round(span[1] * RATE)], RATE)
    one, other = MEDIA.read_batch([part(path, *span), own], taken=True, preview=True)
    assert {k: v for k, v in one.measured.items() if k not in OF_FILES} == pytest.approx(
        {k: v for k, v in other.measured.items() if k not in OF_FILES}, nan_ok=True
    )
    np.testing.assert_array_equal(one.taken, other.taken)
    assert one.preview == other.preview
    np.testing.assert_array_equal(MEDIA.read(part(path, *span)), other.taken)
    assert MEDIA.preview(part(path, *span)) == other.preview
    assert one.measured["detected_type"] == "wav"
    assert np.isnan(one.measured["file_bytes"])


def test_units_and_open_ends(talk):
    path, x = talk
    np.testing.assert_array_equal(MEDIA.read(part(path, 16_000, 24_000, "samples")), x[16_000:24_000])
    np.testing.assert_array_equal(MEDIA.read(part(path, 7.5, None)), x[-8_000:])


def test_identity_is_of_bytes_and_stretch(talk, tmp_path):
    path, _ = talk
    copy = tmp_path / "copy.wav"
    copy.write_bytes(path.read_bytes())
    hashes = [identify(part(p, *span))["content_hash"] for p in (path, copy) for span in SPANS]
    assert hashes[: len(SPANS)] == hashes[len(SPANS) :]
    assert len({*hashes, identify(path)["content_hash"]}) == len(SPANS) + 1
    assert identify(type(path)(file_uri(str(path)) + "#t=0,"))["content_hash"] == identify(path)["content_hash"]
    copy.write_bytes(path.read_bytes()[:-2] + b"\1\1")
    assert identify(part(copy, *SPANS[0]))["content_hash"] != hashes[0], "the bytes have changed since"


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("a.flac", {}, 0.0),
        ("a.ogg", {"format": "OGG", "subtype": "VORBIS"}, 0.0),
        ("a.mp3", {"format": "MP3", "bitrate_mode": "VARIABLE", "compression_level": 0.5}, 1e-6),
        ("b.mp3", {"format": "MP3", "bitrate_mode": "CONSTANT"}, 1e-6),
    ],
)
def test_where_it_is_sought_it_is_what_decoding_from_the_start_gives(talk, tmp_path, name, options, tolerance):
    _, x = talk
    path = tmp_path / name
    soundfile.write(path, x, RATE, **options)
    whole, _ = soundfile.read(path, dtype="float32")
    for start, end in ((6.1, 7.3), (0.0, 0.4), (1.9, 2.9), (0.3, 0.5)):  # forwards, backwards, and from the start
        found = MEDIA.read(part(path, start, end))
        expected = whole[round(start * RATE) : round(end * RATE)]
        assert len(found) == len(expected)
        assert np.abs(found - expected).max() <= tolerance


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((8.5, 9.0), "it ends before the stretch from 8.5 to 9 s"),
        ((3.0, 1.0), "the stretch starts at 3 s and ends before it, at 1 s"),
        ((2.0, 2.0), "the stretch is empty: it starts and ends at 2 s"),
        ((-1.0, 2.0), "the stretch starts before the file, at -1 s"),
        ((float("nan"), 2.0), "where the stretch starts or ends is not a number"),
    ],
)
def test_what_cannot_be_is_told(talk, span, message):
    path, _ = talk
    with pytest.raises(UnreadableItemError, match=f"^talk.wav: {message}$"):
        MEDIA.measure(part(path, *span))


def test_a_stretch_that_ends_behind_its_file_is_incomplete(talk):
    path, _ = talk
    assert MEDIA.measure(part(path, 7.0, 9.0))["missing_share"] == 0.5
    assert MEDIA.measure(part(path, 7.0, 8.04))["missing_share"] == 0, "lengths in manifests are rounded"
    with pytest.raises(MissingItemError):
        MEDIA.measure(part(path.with_name("gone.wav"), 0, 1))


def test_a_repair_writes_the_stretch_alone(talk, tmp_path):
    path, x = talk
    before = path.read_bytes()
    for name, repairs in (("cut.wav", Repairs()), ("loud.wav", Repairs(loudest_ms=500))):
        made, done, _ = MEDIA.repair(part(path, 2.0, 3.0), tmp_path / name, repairs)
        y, _ = soundfile.read(made, dtype="float32")
        assert len(y) == (8_000 if done else 16_000)
        at = next(k for k in range(32_000, 48_000) if np.array_equal(x[k : k + len(y)], y))
        assert at >= 32_000 if done else at == 32_000
    assert path.read_bytes() == before


def test_lengths_come_from_headers(talk, tmp_path):
    path, x = talk
    assert extent(str(path)) == (len(x) / RATE, RATE)
    assert extent(str(tmp_path / "gone.wav")) is None
    (tmp_path / "text.wav").write_text("no audio")
    assert extent(str(tmp_path / "text.wav")) is None


_opened: Counter[str] = Counter()
_below: list[str] = []


def _watch(event, arguments):
    if event == "open" and _below and isinstance(arguments[0], str | os.PathLike):
        _opened[os.fspath(arguments[0])] += os.fspath(arguments[0]).startswith(_below[0])


sys.addaudithook(_watch)


def test_a_file_is_opened_once_for_all_its_stretches(talk, tmp_path):
    _, x = talk
    for name, options in (("a.wav", {}), ("b.mp3", {"format": "MP3"}), ("c.ogg", {"format": "OGG"})):
        soundfile.write(tmp_path / name, x, RATE, **options)
        path = tmp_path / name
        _opened.clear()
        _below[:] = [str(tmp_path)]
        MEDIA.read_batch([part(path, k / 4, k / 4 + 0.25) for k in range(30)], taken=True, preview=True)
        _below.clear()
        assert _opened[str(path)] == 1
