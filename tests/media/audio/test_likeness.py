from __future__ import annotations

import io

import defects
import numpy as np
import pytest
import soundfile
import soxr

from dsaudit.media.audio.likeness import SAME, likeness
from dsaudit.media.audio.media import READ_RATE_HZ, AudioMedia

RATE = 16_000


def coded(x: np.ndarray, format_: str, **options: str) -> np.ndarray:
    buffer = io.BytesIO()
    soundfile.write(buffer, x, RATE, format=format_, **options)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: -0.01 * x,
        lambda x: np.r_[np.zeros(4000), x],
        lambda x: x[800:],
        lambda x: coded(x, "MP3"),
        lambda x: coded(x, "OGG"),
        lambda x: coded(x, "WAV", subtype="GSM610"),
        lambda x: soxr.resample(soxr.resample(x, RATE, 8000), 8000, RATE),
        lambda x: np.clip(6 * x, -0.3, 0.3),
        lambda x: x + np.random.default_rng(0).standard_normal(len(x)) * np.sqrt(np.mean(x**2)) * 0.3,
    ],
    ids=["level", "shift", "trim", "mp3", "ogg", "gsm", "rate", "clipped", "noise"],
)
def test_a_copy_is_the_same(change: object) -> None:
    for seed in range(3):
        x = defects.word(seed)
        assert likeness(x, change(x).astype(np.float32), RATE) > 0.8  # type: ignore[operator]


def tone(hz: float, phase: float = 0.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(RATE) / RATE + phase).astype(np.float32)


def noise(seed: int, *, brown: bool = False) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal(RATE)
    return (np.cumsum(x) if brown else x).astype(np.float32)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (defects.word(1), defects.word(2)),
        (tone(440), tone(446)),
        (noise(1), noise(2)),
        (noise(1, brown=True), noise(2, brown=True)),
        (np.zeros(RATE, np.float32), noise(1)),
        (noise(1)[:1], noise(2)[:1]),
        (defects.word(1), defects.word(1)[::-1].copy()),
    ],
    ids=["words", "tones", "white noise", "brown noise", "silence", "one sample", "backwards"],
)
def test_what_only_resembles_is_not(a: np.ndarray, b: np.ndarray) -> None:
    assert likeness(a, b, RATE) < 0.5 < SAME
    assert likeness(b, a, RATE) == pytest.approx(likeness(a, b, RATE), abs=1e-3)
    assert not AudioMedia().same(a, b)


def test_long_recordings_are_compared_stretch_by_stretch() -> None:
    rng = np.random.default_rng(3)
    stretches = [rng.standard_normal(10 * READ_RATE_HZ).astype(np.float32) for _ in range(3)]
    a = np.concatenate(stretches)
    shifted = np.concatenate([np.roll(x, 4000 * k) for k, x in enumerate(stretches)])
    jingle = np.concatenate([stretches[0], *(rng.standard_normal((2, 10 * READ_RATE_HZ)).astype(np.float32))])
    assert AudioMedia().same(a, shifted)
    assert not AudioMedia().same(a, jingle)  # one jingle does not make two programmes the same
