from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import defects
import numpy as np
import pytest
import soundfile
import soxr
from fabric import hash_distance

from dsaudit.analysis.space.hash_distance import MAX_DISTANCE, near_pairs
from dsaudit.media.audio.perceptual_hash import N_BITS, perceptual_hashes
from dsaudit.media.audio.spectrum import Spectrum


def hashed(x: np.ndarray, rate: int = 16_000) -> str:
    spectrum = Spectrum(rate)
    spectrum.add(np.ascontiguousarray(x, dtype=np.float32))
    spectrum.finish()
    return perceptual_hashes([spectrum.bands])[0]


def coded(x: np.ndarray, format_: str) -> np.ndarray:
    buffer = io.BytesIO()
    soundfile.write(buffer, x, 16000, format=format_)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x * 0.25,
        lambda x: np.r_[np.zeros(480), x[:-480]],
        lambda x: x[400:],
        lambda x: coded(x, "MP3"),
        lambda x: coded(x, "OGG"),
        lambda x: x + np.random.default_rng(0).standard_normal(len(x)) * np.sqrt(np.mean(x**2)) * 10 ** (-25 / 20),
    ],
    ids=["gain", "shift", "trim", "mp3", "ogg", "noise"],
)
def test_copies_are_near(change: object) -> None:
    near = [hash_distance(hashed(w), hashed(change(w))) for w in map(defects.word, range(6))]  # type: ignore[operator]
    assert np.median(near) <= MAX_DISTANCE


def test_another_rate_is_near() -> None:
    x = defects.word(4)
    assert hash_distance(hashed(x), hashed(soxr.resample(x, 16000, 44100), 44100)) <= MAX_DISTANCE


def test_other_words_are_far() -> None:
    hashes = [hashed(defects.word(seed)) for seed in range(20)]
    far = [hash_distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert np.median(far) > 0.35


@pytest.mark.real_data
def test_other_speakers_of_the_same_word_are_far(real_data: Callable[[str], Path]) -> None:
    clips = [
        soundfile.read(path, dtype="float32")[0] for path in sorted(real_data("speech_commands").glob("yes/*.wav"))
    ]
    hashes = [hashed(x) for x in clips]
    for i, j in near_pairs(hashes)[0]:
        assert np.array_equal(clips[i], clips[j])


def test_shape_and_silence() -> None:
    assert len(hashed(defects.word())) * 4 == N_BITS
    assert hashed(np.zeros(16000)) == ""
