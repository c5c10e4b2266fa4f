"""What goes wrong with recordings: one function per fault, samples in, samples out."""

from __future__ import annotations

import numpy as np
import soxr
from speech import RATE_HZ, Signal, level, placed

Rng = np.random.Generator


def silent(kind: int, rng: Rng) -> Signal:
    """Digital silence, a dithered last bit, or a muted input's trace of hum."""
    last_bit = 1 / 2**15
    if kind == 0:
        return np.zeros(RATE_HZ)
    if kind == 1:
        return rng.integers(-1, 2, RATE_HZ) * last_bit
    return np.sin(2 * np.pi * 100 * np.arange(RATE_HZ) / RATE_HZ) * 2 * last_bit


def cut_start(x: Signal, *, at: int, padding: Signal) -> Signal:
    """The recording from sample ``at`` on, brought to its old length behind ``padding``."""
    return np.concatenate([padding[:at], x[at:]])


def cut_end(x: Signal, *, at: int, padding: Signal) -> Signal:
    """The recording up to sample ``at``, brought to its old length by ``padding``."""
    return np.concatenate([x[:at], padding[: len(x) - at]])


def clipped(x: Signal, *, gain_db: float, ceiling: float) -> Signal:
    """Too much gain before a converter that ends at ``ceiling``."""
    return np.clip(x * 10 ** (gain_db / 20) / np.abs(x).max(), -1, 1) * ceiling


def gap(x: Signal, *, start: int, n_word: int, gaps_ms: tuple[int, ...]) -> Signal:
    """Lost packets around the loudest part of the word: stretches of zeros."""
    out = x.copy()
    energy = np.convolve(x[start : start + n_word] ** 2, np.ones(800), mode="same")
    at = start + int(np.argmax(energy))
    for k, gap_ms in enumerate(gaps_ms):
        n = gap_ms * RATE_HZ // 1000
        first = at + k * 1200 - n // 2
        out[first : first + n] = 0
    return out


def upsampled(x: Signal, *, rate_hz: int = 8000) -> Signal:
    """Through a telephone's sampling rate and back."""
    return soxr.resample(soxr.resample(x, RATE_HZ, rate_hz), rate_hz, RATE_HZ)[: len(x)]


def noisy(word: Signal, *, snr_db: float, rng: Rng) -> Signal:
    """A word in noise as loud as on a street; ratio of mean powers over the word."""
    noise = np.convolve(rng.standard_normal(len(word) + 60), 0.6 ** np.arange(30), mode="same")[: len(word)]
    active = word[np.abs(word) > 0]
    noise *= np.sqrt(np.mean(active**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return word + noise


def lonely(word: Signal, *, seconds: int, noise_bits: int, rng: Rng) -> Signal:
    """One word in a recording that nobody stopped."""
    n = seconds * RATE_HZ
    return placed(word, start=n // 3, n=n) + rng.integers(-noise_bits, noise_bits + 1, n) / 2**15


def machine(kind: int, rng: Rng) -> Signal:
    """A fan, a hum, rain or a hiss where a word should be."""
    t = np.arange(RATE_HZ) / RATE_HZ
    white = rng.standard_normal(RATE_HZ + 400)
    if kind == 0:
        return level(np.convolve(white, 0.97 ** np.arange(300), mode="same")[200:-200], -24)
    if kind == 1:
        hum = sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in (1, 2, 3, 5))
        return level(hum + 0.02 * white[:RATE_HZ], -22)
    if kind == 2:
        drops = white[:RATE_HZ] * (0.3 + (rng.random(RATE_HZ) > 0.995) * 3)
        return level(np.convolve(drops, 0.5 ** np.arange(20), mode="same"), -26)
    return level(white[:RATE_HZ] - np.roll(white[:RATE_HZ], 1), -30)


def foreign(kind: int) -> Signal:
    """A bird, a struck chord, or knocks on a door: sounds, but no words."""
    t = np.arange(RATE_HZ) / RATE_HZ
    if kind == 0:
        out = np.zeros(RATE_HZ)
        for at in (0.15, 0.32, 0.49, 0.66):
            u = np.clip((t - at) / 0.11, 0, 1)
            out += np.sin(np.pi * u) * np.sin(2 * np.pi * (3200 * u + 900 * u**2) * 0.11)
        return level(out, -20)
    if kind == 1:
        decay = np.exp(-(t - 0.15) / 0.22) * (t > 0.15) * np.minimum((t - 0.15) / 0.01, 1)
        return level(decay * sum(np.sin(2 * np.pi * f * t) for f in (523.25, 659.26, 783.99, 1046.5)), -18)
    knocks = np.zeros(RATE_HZ)
    for at in (0.2, 0.38, 0.56, 0.74):
        u = np.clip(t - at, 0, None)
        knocks += (t > at) * np.exp(-u / 0.018) * np.minimum(u / 0.001, 1) * np.sin(2 * np.pi * 170 * u)
    return level(knocks, -20)
