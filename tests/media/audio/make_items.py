"""Recordings that the laws of rules are tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fabric import RATE, word, write_wav


def write_item(stem: Path, k: int) -> Path:
    """The k-th word of three, in every twelve four with a fault: clipped, short, silent, with an offset."""
    clip = word(k, pitch_hz=110 * 1.6 ** (k % 3), level_db=-12 - 50 * (k % 10 == 9))
    if k % 12 == 5:
        clip = np.clip(clip * 30, -1, 1)
    if k % 12 == 7:
        clip = clip[: 5000 + 200 * k]
    if k % 12 == 8:
        clip = clip * 0
    if k % 12 == 11:
        clip = clip + 0.2
    return write_wav(stem.with_suffix(".wav"), clip, rate=8000 if k == 17 else RATE)
