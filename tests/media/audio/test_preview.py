from __future__ import annotations

import io
import warnings

import defects
import numpy as np
import pytest
import soundfile
from PIL import Image

from dsaudit.media.audio.preview import COLUMNS, ROWS, _mel_matrix, mel_power, mp3, outline, preview, thumbnail


def test_preview_is_small_and_the_same_each_time() -> None:
    x = defects.word()
    first, again = (preview(x, 16000, 1.0, with_data=True) for _ in range(2))
    assert first == again
    assert len(first.data) + len(first.thumbnail) + len(first.outline) <= 8192
    assert preview(x, 16000, 1.0, with_data=False).data == b""


@pytest.mark.parametrize("rate", [1234, 8000, 16000, 44100, 48000, 192000])
def test_mp3_plays_back(rate: int) -> None:
    x = defects.word(1, rate)
    info = soundfile.info(io.BytesIO(mp3(x, rate)))
    assert (info.format, info.channels) == ("MP3", 1)
    assert info.samplerate <= 24000
    assert info.duration == pytest.approx(1.0, abs=0.1)


def test_outline_brackets_the_wave() -> None:
    x = np.linspace(-1, 1, 9600, dtype=np.float32)
    pairs = np.frombuffer(outline(x), np.int8).reshape(COLUMNS, 2)
    assert pairs[0, 0] == -127
    assert pairs[-1, 1] == 127
    assert (pairs[:, 0] <= pairs[:, 1]).all()


def test_thumbnail_shows_pitch_upwards_and_one_range() -> None:
    t = np.arange(16000) / 16000
    low, high = (
        mel_power((0.5 * np.sin(2 * np.pi * hz * t)).astype(np.float32), 16000).mean(axis=0) for hz in (200, 5000)
    )
    assert low.argmax() < ROWS / 4 < ROWS / 2 < high.argmax()
    image = Image.open(io.BytesIO(thumbnail(defects.word(), 16000)))
    assert (image.size, image.mode) == ((COLUMNS, ROWS), "P")
    quiet = Image.open(io.BytesIO(thumbnail(defects.word() * np.float32(0.001), 16000)))
    assert np.asarray(quiet).mean() < np.asarray(image).mean()


@pytest.mark.parametrize("n", [1, 10, 95, 500])
def test_tiny(n: int) -> None:
    found = preview(np.full(n, 0.1, np.float32), 16000, n / 16000, with_data=True)
    assert len(found.outline) == 2 * COLUMNS
    assert found.thumbnail.startswith(b"\x89PNG")


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_mel_bands_are_librosas(rate):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import librosa

        length = 2 * round(0.016 * rate)
        # without a norm librosa compiles for half a minute
        reference = librosa.filters.mel(sr=rate, n_fft=length, n_mels=ROWS, fmax=8_000.0, htk=True, norm="slaney").T
        edges = librosa.mel_frequencies(ROWS + 2, fmin=0.0, fmax=8_000.0, htk=True)
    reference *= (edges[2:] - edges[:-2]) / 2.0
    known = reference.any(axis=0)
    assert np.allclose(_mel_matrix(rate, length)[:, known], reference[:, known], rtol=1e-5, atol=1e-6)
