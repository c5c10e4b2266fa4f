"""A hash that copies of one recording share when gain, codec, rate or a small shift differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.audio.spectrum import HOP_S

if TYPE_CHECKING:
    import numpy.typing as npt

N_STEPS = 16
N_BITS = N_STEPS * 16
SHORTEST_S = 0.2
"""Shorter sounds have too little in them to be told apart."""


def perceptual_hash(bands: npt.NDArray[np.float32]) -> str:
    """256 bits about how the energy of neighbouring bands compares, at 16 moments around the centre of energy.

    Each bit is the sign of the second difference, over bands and time, of log energy: gain falls out in the
    first difference and a fixed frequency response in the second. Taking the moments around the centre of
    energy, in steps of the energy's own spread, makes a shift or trimmed silence fall out too.

    Parameters
    ----------
    bands : float32 array (n_windows, 17)
        Power per window and band.

    Returns
    -------
    str
        64 hexadecimal digits. Compare by Hamming distance, see ``dsaudit.analysis.space.hash_distance``. Empty where
        there is nothing to hear, or too little of it.

    References
    ----------
    J. Haitsma, T. Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002: sign bits of the
    second difference. The alignment by the centre of energy is ours.
    """
    if len(bands) * HOP_S < SHORTEST_S:
        return ""
    power = bands.astype(np.float64)
    total = power.sum(axis=1)
    peak = float(total.max(initial=0.0))
    if peak <= 1e-11:
        return ""
    # The square root keeps one loud plosive from being the centre; the threshold keeps noise out of it.
    weight = np.sqrt(np.maximum(total - 1e-2 * peak, 0.0))
    time = np.arange(len(power))
    centre = float(weight @ time / weight.sum())
    spread = float(np.sqrt(weight @ (time - centre) ** 2 / weight.sum()))
    step = max(spread * 3.2 / N_STEPS, 0.030 / HOP_S)
    at = centre + (np.arange(N_STEPS + 1) - N_STEPS / 2) * step
    # Energy is averaged over each step first, so that a moment half a window later sees almost the same.
    summed = np.vstack((np.zeros((1, power.shape[1])), np.cumsum(power, axis=0)))
    lo, hi = np.clip(at - step, 0, len(power)), np.clip(at + step, 0, len(power))
    energy = _at(summed, hi) - _at(summed, lo)
    log = np.log(energy + 1e-6 * energy.max())
    bits = np.diff(np.diff(log, axis=1), axis=0) > 0
    return np.packbits(bits).tobytes().hex()


def _at(rows: npt.NDArray[np.float64], position: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    low = np.minimum(position.astype(np.int64), len(rows) - 2)
    part = (position - low)[:, None]
    return np.asarray(rows[low] * (1 - part) + rows[low + 1] * part)
