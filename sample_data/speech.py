"""Words spoken by espeak-ng, made to sound recorded: a room, a microphone, a faint background."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE_HZ = 16_000

Signal = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Speaker:
    """One voice in one room.

    ``pitch`` and ``words_per_minute`` are espeak-ng's own scales.
    """

    voice: str
    pitch: int
    words_per_minute: int
    split: str

    @property
    def name(self) -> str:
        """Eight hexadecimal digits, as in Speech Commands' file names."""
        return hashlib.sha256(f"{self.voice} {self.pitch}".encode()).hexdigest()[:8]

    def rng(self, *purpose: object) -> np.random.Generator:
        """Random numbers of this speaker for one purpose, the same in every run."""
        digest = hashlib.sha256(repr((self.name, *purpose)).encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "little"))


SPEAKERS = (
    Speaker("en-us+m1", 45, 150, "train"),
    Speaker("en-us+f2", 60, 160, "train"),
    Speaker("en-gb+m3", 38, 145, "train"),
    Speaker("en-gb-scotland+f4", 55, 150, "train"),
    Speaker("en-gb-x-rp+m4", 50, 155, "train"),
    Speaker("en-gb-x-rp+f3", 66, 160, "train"),
    Speaker("en-us+m7", 40, 140, "train"),
    Speaker("en-029+f1", 52, 150, "train"),
    Speaker("en-gb-x-gbclan+m5", 46, 150, "train"),
    Speaker("en-us+Alicia", 58, 155, "train"),
    Speaker("en-us-nyc+m4", 52, 150, "validation"),
    Speaker("en-gb+Annie", 62, 155, "validation"),
    Speaker("en-us+m2", 55, 165, "validation"),
    Speaker("en-gb+f5", 50, 150, "test"),
    Speaker("en-us-nyc+linda", 57, 155, "test"),
    Speaker("en-gb-scotland+m6", 44, 145, "test"),
)

LEAKING_SPEAKER = Speaker("en-029+m3", 47, 150, "train")
"""Planted: half of what this speaker says is put into the test split."""


def spoken(text: str, speaker: Speaker, *, take: int) -> Signal:
    """A word with the last of its echo, largest sample 1. Takes differ as people's do."""
    rng = speaker.rng("take", text, take)
    pitch = int(np.clip(speaker.pitch + rng.integers(-10, 11), 0, 99))
    speed = int(speaker.words_per_minute + rng.integers(-25, 21))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        command = ["espeak-ng", "-v", speaker.voice, "-p", str(pitch), "-s", str(speed), "-w", str(path), "--", text]
        subprocess.run(command, check=True, capture_output=True)
        raw, rate = soundfile.read(path)
    dry = trimmed(soxr.resample(_intoned(raw, rate, rng), 4 * rate, RATE_HZ), floor_db=-65)
    wet = np.convolve(dry + _breath(dry, rng), _room(speaker, rng))
    # The synthesiser and the room both end at once somewhere far below the word; no recording does.
    fade = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, 160))
    wet[:160] *= fade
    wet[-640:] *= np.repeat(fade, 4)[::-1]
    return wet / np.abs(wet).max()


def trimmed(x: Signal, *, floor_db: float) -> Signal:
    """``x`` between the first and the last sample that is above ``floor_db`` relative to the largest."""
    loud = np.flatnonzero(np.abs(x) > np.abs(x).max() * 10 ** (floor_db / 20))
    return x[loud[0] : loud[-1] + 1].copy()


def background(speaker: Speaker, n: int, rng: np.random.Generator) -> Signal:
    """``n`` samples of the room without speech: falling noise and a trace of mains hum, about -73 dBFS RMS."""
    room = speaker.rng("background")
    noise = _filtered(rng.standard_normal(n + 400), 0.75)[400:]
    noise *= 10 ** (room.uniform(-75.5, -71.5) / 20) / np.sqrt(np.mean(noise**2))
    hum = np.sin(2 * np.pi * 50 * np.arange(n) / RATE_HZ + rng.uniform(0, 6)) * 10 ** (room.uniform(-86, -80) / 20)
    return noise + hum


def level(x: Signal, dbfs: float) -> Signal:
    """``x`` scaled so that its loudest 50 ms have this RMS level, but no sample beyond -1 dBFS."""
    return x * min(10 ** (dbfs / 20) / loudest_rms(x), 10 ** (-1 / 20) / np.abs(x).max())


def loudest_rms(x: Signal) -> float:
    """RMS of the loudest 50 ms."""
    window = min(len(x), RATE_HZ // 20)
    power = np.convolve(x**2, np.full(window, 1 / window), mode="valid")
    return float(np.sqrt(power.max()))


def placed(word: Signal, *, start: int, n: int = RATE_HZ) -> Signal:
    """``word`` from sample ``start`` on in ``n`` samples of nothing."""
    out = np.zeros(n)
    part = word[: n - start]
    out[start : start + len(part)] = part
    return out


def _intoned(raw: Signal, rate: int, rng: np.random.Generator) -> Signal:
    """A word at four times the rate, its pace and pitch bent: only a synthesiser says a word twice alike."""
    fine = soxr.resample(raw, rate, 4 * rate)
    u = np.linspace(0, 1, len(fine))
    bends = sum(rng.uniform(-0.07, 0.07) * np.sin(2 * np.pi * k * u + rng.uniform(0, 6)) for k in (1, 2, 3))
    position = np.cumsum(rng.uniform(0.93, 1.07) * (1 + bends))
    return np.interp(np.arange(int(position[-1])), position, fine)


def _breath(dry: Signal, rng: np.random.Generator) -> Signal:
    """The noise of air that goes with every voiced sound and that formant synthesis leaves out."""
    envelope = np.sqrt(np.convolve(dry**2, np.full(320, 1 / 320), mode="same"))
    return np.diff(rng.standard_normal(len(dry) + 1)) * envelope * 10 ** (-22 / 20)


def _room(speaker: Speaker, take: np.random.Generator) -> Signal:
    """Direct sound and 180 ms of decaying echo, coloured by a microphone that is never held quite the same."""
    rng = speaker.rng("room")
    n = int(0.18 * RATE_HZ)
    echo = rng.standard_normal(n) * np.exp(-np.arange(n) / (rng.uniform(0.024, 0.034) * RATE_HZ))
    echo *= rng.uniform(0.012, 0.025) * take.uniform(0.6, 1.3)
    echo[: RATE_HZ // 500] = 0
    echo[0] = 1
    return _filtered(echo, rng.uniform(0.1, 0.35) + take.uniform(-0.1, 0.1))


def _filtered(x: Signal, pole: float) -> Signal:
    """One-pole low-pass filter, as the convolution with its first 200 coefficients."""
    return np.convolve(x, pole ** np.arange(200) if pole else np.ones(1))[: len(x)]
