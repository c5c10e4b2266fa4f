"""A recording small enough for a report: a few kilobytes of MP3, a mel spectrogram, an outline."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.audio.transform import rfft
from dsaudit.media.audio.waveform import decibels
from dsaudit.media.base import Preview

if TYPE_CHECKING:
    import numpy.typing as npt

COLUMNS, ROWS = 96, 40
"""Size of the thumbnail, pixels."""
TOP_HZ = 8_000.0
"""Highest frequency drawn, for every item."""
RANGE_DBFS = (-85.0, -15.0)
"""Levels drawn in the first and the last colour, the same for every item so that pictures compare."""
DATA_S = 15.0
"""How much can be listened to."""
MP3_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000)
MP3_QUALITY = 0.75
"""libsndfile's compression level, 0 largest to 1 smallest."""


def preview(samples: npt.NDArray[np.float32], rate: int, duration_s: float, *, with_data: bool) -> Preview:
    """Make the preview of the samples.

    Parameters
    ----------
    samples : float32 array (n,)
        One channel, full scale 1; the first ``DATA_S`` of the recording can be heard, all of them are drawn.
    rate : int
        Hz.
    duration_s : float
        Length of the whole recording.
    with_data : bool
        False leaves ``data`` empty.
    """
    heard = samples[: round(DATA_S * rate)]
    return Preview(
        mime="audio/mpeg",
        data=mp3(heard, rate) if with_data else b"",
        thumbnail=thumbnail(samples, rate),
        outline=outline(samples),
        length_s=duration_s,
    )


def mp3(samples: npt.NDArray[np.float32], rate: int) -> bytes:
    """MP3 with one channel at no more than 24 kHz; the same bytes for the same samples."""
    import soundfile

    if rate not in MP3_RATES_HZ:
        import soxr

        target = max((r for r in MP3_RATES_HZ if r <= rate), default=MP3_RATES_HZ[0])
        samples, rate = soxr.resample(samples, rate, target), target
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer,
        "w",
        rate,
        1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=MP3_QUALITY,
        bitrate_mode="VARIABLE",
    ) as file:
        file.write(np.clip(samples, -1.0, 1.0))
    return buffer.getvalue()


def outline(samples: npt.NDArray[np.float32]) -> bytes:
    """Smallest and largest sample per column as int8 pairs, full scale 127; 96 columns."""
    n = len(samples)
    if n < COLUMNS:
        samples = np.interp(np.linspace(0, max(n - 1, 0), COLUMNS), np.arange(n), samples).astype(np.float32)
        n = COLUMNS
    starts = np.arange(COLUMNS) * n // COLUMNS
    pairs = np.stack((np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)), axis=1)
    return bytes(np.rint(np.clip(pairs, -1.0, 1.0) * 127).astype(np.int8).data)


def thumbnail(samples: npt.NDArray[np.float32], rate: int) -> bytes:
    """Mel spectrogram as a palette PNG, 96 × 40, low pitches at the bottom, one dB range for all items."""
    from PIL import Image

    low, high = RANGE_DBFS
    level = decibels(mel_power(samples, rate))
    index = np.rint(np.clip((level - low) / (high - low), 0.0, 1.0) * 63).astype(np.uint8)
    image = Image.frombytes("P", (COLUMNS, ROWS), np.ascontiguousarray(index.T[::-1]).tobytes())
    image.putpalette(_palette())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", bits=6, compress_level=6)
    return buffer.getvalue()


def mel_power(samples: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Power per column and mel band up to 8 kHz, float32 array (96, 40); bands above half the rate are empty."""
    length = max(64, 2 * round(0.016 * rate))
    padded = np.pad(samples, (length // 2, length // 2))
    # Two windows per column at most: enough to see, and the same work for a second and for a minute.
    n_windows = 2 * COLUMNS
    starts = np.linspace(0, len(padded) - length, n_windows).astype(np.int64)
    frames = padded[starts[:, None] + np.arange(length)] * _hann(length)
    spectrum = rfft(frames)
    power = (spectrum.real**2 + spectrum.imag**2) @ _mel_matrix(rate, length)
    return np.asarray(power.reshape(COLUMNS, 2, ROWS).mean(axis=1), dtype=np.float32)


@lru_cache(maxsize=8)
def _hann(length: int) -> npt.NDArray[np.float32]:
    w = np.hanning(length)
    # A full-scale sine reads 0 dB in the band that holds it.
    return np.asarray(w * 2.0 / w.sum(), dtype=np.float32)


@lru_cache(maxsize=8)
def _mel_matrix(rate: int, length: int) -> npt.NDArray[np.float32]:
    """Triangles evenly spaced on the HTK mel scale, as ``librosa.filters.mel(htk=True, norm=None)``.

    librosa itself takes a second to load in every process that draws.
    """
    top = 2595.0 * np.log10(1.0 + TOP_HZ / 700.0)
    corners = 700.0 * (10.0 ** (np.linspace(0.0, top, ROWS + 2) / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(length, 1.0 / rate)
    beyond = hz[:, None] - corners
    widths = np.diff(corners)
    weights = np.maximum(0.0, np.minimum(beyond[:, :-2] / widths[:-1], -beyond[:, 2:] / widths[1:]))
    # a band narrower than a bin takes the nearest one
    for band in np.flatnonzero((weights.sum(axis=0) == 0) & (corners[1:-1] < rate / 2)):
        weights[np.abs(hz - corners[band + 1]).argmin(), band] = 1.0
    return np.asarray(weights, dtype=np.float32)


@lru_cache(maxsize=1)
def _palette() -> list[int]:
    """64 colours from black over purple and orange to pale yellow, even in lightness, as matplotlib's magma."""
    anchors: Any = np.array(
        [
            (0, 0, 4),
            (28, 16, 68),
            (79, 18, 123),
            (129, 37, 129),
            (181, 54, 122),
            (229, 80, 100),
            (251, 135, 97),
            (254, 194, 135),
            (252, 253, 191),
        ]
    )
    x = np.linspace(0, len(anchors) - 1, 64)
    return [
        int(v)
        for row in np.rint(np.stack([np.interp(x, np.arange(len(anchors)), c) for c in anchors.T], axis=1))
        for v in row
    ]
