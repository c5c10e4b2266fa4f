from __future__ import annotations

import io

import defects
import numpy as np
import pytest
import soundfile
import soxr

from dsaudit.media.audio.likeness import SAME, likeness, same_sound
from dsaudit.media.audio.media import READ_RATE_HZ, AudioMedia

RATE = 16_000


def coded(x: np.ndarray, format_: str, **options: str) -> np.ndarray:
    buffer = io.BytesIO()
    soundfile.write(buffer, x, RATE, format=format_, **options)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")[0]


def chime(seconds: float = 0.6) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.9 * np.sin(2 * np.pi * 880 * t) * np.exp(-3 * t / seconds)).astype(np.float32)


def with_chime(x: np.ndarray) -> np.ndarray:
    return np.concatenate((chime(), x))


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
        changed = change(x).astype(np.float32)  # type: ignore[operator]
        assert likeness(x, changed, RATE) > 0.8
        assert same_sound(x, changed, RATE)
        assert same_sound(with_chime(x), change(with_chime(x)).astype(np.float32), RATE)  # type: ignore[operator]


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


@pytest.mark.parametrize("gain", [1.0, 0.2])
@pytest.mark.parametrize(
    ("before", "behind"),
    [(chime(), chime(0)), (chime(0), chime()), (chime(), chime(0.3)), (chime(3), chime(0)), (chime(2), chime(2))],
    ids=["chime", "outro", "both", "long", "long both"],
)
def test_a_loud_part_that_two_share_does_not_make_them_one(before: np.ndarray, behind: np.ndarray, gain: float) -> None:
    a, b, nothing = (
        np.concatenate((before, x, behind))
        for x in (gain * defects.word(1), gain * defects.word(2), np.zeros(RATE, np.float32))
    )
    assert gain == 1.0 or likeness(a, b, RATE) > SAME
    assert not AudioMedia().same(a, b)
    assert not AudioMedia().same(a, nothing)
    noise_ = np.random.default_rng(4).standard_normal(len(a)).astype(np.float32)
    assert AudioMedia().same(a, 0.1 * a + 1e-4 * noise_)


def test_steady_sounds_behind_a_chime_are_two() -> None:
    assert not same_sound(with_chime(0.1 * noise(1)), with_chime(0.1 * noise(2)), RATE)


def test_long_recordings_are_compared_stretch_by_stretch() -> None:
    rng = np.random.default_rng(3)
    stretches = [rng.standard_normal(10 * READ_RATE_HZ).astype(np.float32) for _ in range(3)]
    a = np.concatenate(stretches)
    shifted = np.concatenate([np.roll(x, 4000 * k) for k, x in enumerate(stretches)])
    jingle = np.concatenate([stretches[0], *(rng.standard_normal((2, 10 * READ_RATE_HZ)).astype(np.float32))])
    assert AudioMedia().same(a, shifted)
    assert not AudioMedia().same(a, jingle)  # one jingle does not make two programmes the same
    framed = np.concatenate([stretches[0], stretches[0][::-1], stretches[2]])
    assert not AudioMedia().same(a, framed)  # nor does one at either end
