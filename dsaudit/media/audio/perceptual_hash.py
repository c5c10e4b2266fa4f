"""A hash that copies of one recording share when gain, codec, rate or a small shift differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.audio.activity import side_by_side
from dsaudit.media.audio.spectrum import HOP_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

N_STEPS = 16
N_BITS = N_STEPS * 16
SHORTEST_S = 0.2
"""Shorter sounds have too little in them to be told apart."""


def perceptual_hashes(bands: Sequence[npt.NDArray[np.float32]]) -> list[str]:
    """256 bits about how the energy of neighbouring bands compares, at 16 moments around the centre of energy.

    Each bit is the sign of the second difference, over bands and time, of log energy: gain falls out in the
    first difference and a fixed frequency response in the second. Taking the moments around the centre of
    energy, in steps of the energy's own spread, makes a shift or trimmed silence fall out too.

    Parameters
    ----------
    bands : sequence of float32 arrays (n_windows, 17)
        Power per window and band of each recording. None depends on the others.

    Returns
    -------
    list of str
        64 hexadecimal digits each. Compare by Hamming distance, see ``dsaudit.analysis.space.hash_distance``. Empty
        where there is nothing to hear, or too little of it.

    References
    ----------
    J. Haitsma, T. Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002: sign bits of the
    second difference. The alignment by the centre of energy is ours.
    """
    found = [""] * len(bands)
    power, n = side_by_side([one.astype(np.float64) for one in bands])
    total = power.sum(axis=2)
    peak = total.max(axis=1)
    rows = np.flatnonzero((n * HOP_S >= SHORTEST_S) & (peak > 1e-11))
    if not len(rows):
        return found
    power, n, total, peak = power[rows], n[rows, None], total[rows], peak[rows, None]
    # The square root keeps one loud plosive from being the centre; the threshold keeps noise out of it.
    weight = np.sqrt(np.maximum(total - 1e-2 * peak, 0.0))
    weight /= _summed(weight)
    time = np.arange(weight.shape[1])
    centre = _summed(weight * time)
    spread = np.sqrt(_summed(weight * (time - centre) ** 2))
    step = np.maximum(spread * 3.2 / N_STEPS, 0.030 / HOP_S)
    at = centre + (np.arange(N_STEPS + 1) - N_STEPS / 2) * step
    # Energy is averaged over each step first, so that a moment half a window later sees almost the same.
    summed = np.zeros((len(rows), power.shape[1] + 1, power.shape[2]))
    np.cumsum(power, axis=1, out=summed[:, 1:])
    energy = _at(summed, np.clip(at + step, 0, n), n) - _at(summed, np.clip(at - step, 0, n), n)
    log = np.log(energy + 1e-6 * energy.max(axis=(1, 2), keepdims=True))
    bits = np.packbits(np.diff(np.diff(log, axis=2), axis=1).reshape(len(rows), -1) > 0, axis=1)
    for row, own in zip(rows.tolist(), bits, strict=True):
        found[row] = own.tobytes().hex()
    return found


def _summed(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum of each row, (k, 1), the same whatever zeros follow."""
    return np.cumsum(x, axis=1)[:, -1:]


def _at(
    rows: npt.NDArray[np.float64], position: npt.NDArray[np.float64], n: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    low = np.minimum(position.astype(np.int64), n - 1)
    part = (position - low)[:, :, None]
    sound = np.arange(len(rows))[:, None]
    return np.asarray(rows[sound, low] * (1 - part) + rows[sound, low + 1] * part)
