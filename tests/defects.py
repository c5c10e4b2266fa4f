"""Planted audio defects: what exactly "a cut word" or "an upsampled clip" means in the measured figures.

Recipes are kept apart. ``RECIPE_A`` and ``RECIPE_B`` are scored on the clips of ``speech_commands``. ``develop`` and
``develop_edge`` run on other recordings (``speech_commands_v1_mini`` and ``custom_commands``, without the speakers of
``speech_commands``) with other paddings and random fractions, and are all that the trees behind
``dsaudit/media/boundary.py`` were fitted to. The scores of A and B were looked at while features and gates were
chosen, though, so they are not blind. ``RECIPE_C`` was written when the detector was finished, has been scored as
it stands, and nothing was changed after its scores were seen.

A word's extent is found here by a criterion of its own (``extent``), not by the package under test: 10 ms frames
within 25 dB of the loudest 30 ms, the first to the last of them, gaps below 250 ms bridged. A cut of 30 % at the
start removes the first 30 % of that extent with everything before it; at the end, the last 30 % with everything
after it. About every tenth of those points falls in a pause inside the word, such as the closure of a "t", where
nobody could tell a cut from the pause; the cut is then made at the nearest point that has sound, within 25 dB of the
loudest, for 20 ms on both sides. Recipe C cuts at the very point, pause or not.

======== ========================================== ===============================================
what     recipe A                                   recipe B
======== ========================================== ===============================================
edge     the file is shortened: it begins (ends)    the rest is moved to the edge of a file as long
         at the cut                                 as before; the other side is filled with the
                                                    clip's own quietest 60 ms, repeated back and forth
pad      what was removed is digital zeros          a linear fade of 1 to 4 ms, then white or pink
                                                    noise of -60 to -70 dBFS RMS
quiet    gain of -30 or -40 dB                      the same, from float WAV, without rounding
silent   zeros                                      dither of one step of 16 bits
noise    white noise of -30 dBFS RMS                the clip's own background, raised to -35 dBFS RMS
clipped  12 dB over full scale, clipped there       15 dB over .5 of full scale, clipped there
dc       +0.08 of full scale                        -0.05 of full scale
short    the middle 0.3 s                           the first 0.3 s of the word
upsample 16 to 8 to 16 kHz by soxr                  to 8 kHz by FFT truncation, back by FFT padding
======== ========================================== ===============================================

Recipe C holds cuts only. Edge: the file begins (ends) at the cut, and is 0 to 12 dB softer. Pad: brown noise of -65
to -55 dBFS RMS, or zeros for 50 ms and then that noise, no fade or one of 1 ms.

A clean clip (``is_clean``) has one word well inside: its extent starts and ends at least 60 ms from the edges,
lasts 0.2 s or more, and the 40 ms at either edge lie at least 25 dB below the loudest 30 ms; no 10 ms frame is digital
silence, for no microphone gives that: where it occurs in this corpus the clip was edited, and often cut.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from scipy.signal import butter, lfilter, sosfilt

Samples = npt.NDArray[np.float32]
FRACTIONS = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class Defect:
    """A planted fault: its name, who should find it, and how it is made.

    ``make`` takes the samples, the rate in Hz and a generator, and gives new samples. ``subtype`` is the WAV
    subtype to store it with.
    """

    name: str
    rules: tuple[str, ...]
    make: Callable[[Samples, int, np.random.Generator], Samples]
    subtype: str = "PCM_16"


def frame_levels(x: Samples, rate: int) -> npt.NDArray[np.float64]:
    """RMS per 10 ms, dBFS."""
    hop = rate // 100
    frames = x[: len(x) // hop * hop].reshape(-1, hop).astype(np.float64)
    return 10 * np.log10((frames**2).mean(axis=1) + 1e-12)


def extent(x: Samples, rate: int) -> tuple[int, int]:
    """First and last sample of the word around the loudest moment."""
    level = frame_levels(x, rate)
    loudest = int(level.argmax())
    active = np.flatnonzero(level > level[loudest] - 25)
    first = last = int(np.searchsorted(active, loudest))
    while first > 0 and active[first] - active[first - 1] <= 25:
        first -= 1
    while last < len(active) - 1 and active[last + 1] - active[last] <= 25:
        last += 1
    hop = rate // 100
    return int(active[first]) * hop, (int(active[last]) + 1) * hop


def is_clean(x: Samples, rate: int) -> bool:
    """One word, well inside the clip."""
    level = frame_levels(x, rate)
    if len(level) < 40 or (level < -110).any():
        return False
    loudest = np.convolve(10 ** (level / 10), np.ones(3) / 3, "valid").max()
    edges = [np.mean(10 ** (level[:4] / 10)), np.mean(10 ** (level[-4:] / 10))]
    first, last = extent(x, rate)
    margin = 0.06 * rate
    inside = first >= margin and last <= len(x) - margin and last - first >= 0.2 * rate
    whole = np.flatnonzero(level > 10 * np.log10(loudest) - 25)
    alone = whole[0] * rate // 100 >= margin and (whole[-1] + 1) * rate // 100 <= len(x) - margin
    return bool(inside and alone and max(edges) < loudest * 10**-2.5 and loudest > 10**-4.5)


def cut_at(x: Samples, rate: int, side: str, fraction: float) -> int:
    """Sample of the cut; a point in a pause inside the word moves to the nearest one with sound on both sides."""
    first, last = extent(x, rate)
    at = int(first + fraction * (last - first)) if side == "start" else int(last - fraction * (last - first))
    level = frame_levels(x, rate)
    sounds = level > level[first * 100 // rate : last * 100 // rate].max() - 25
    within = np.flatnonzero(sounds[:-3] & sounds[1:-2] & sounds[2:-1] & sounds[3:]) + 2
    hop = rate // 100
    within = within[(within * hop > first) & (within * hop < last)]
    if not len(within) or np.abs(within * hop + hop // 2 - at).min() <= hop:
        return at
    return int(within[np.abs(within * hop + hop // 2 - at).argmin()]) * hop


def background(x: Samples, rate: int) -> Samples:
    """The quietest 60 ms, and the same backwards, so that repeats join without a step."""
    n = int(0.06 * rate)
    powers = np.convolve(x.astype(np.float64) ** 2, np.ones(n), "valid")
    at = int(powers.argmin())
    piece = x[at : at + n]
    return np.concatenate((piece, piece[::-1]))


def like_background(x: Samples, rate: int, n: int, rng: np.random.Generator) -> Samples:
    """Noise of another phase with the spectrum and the level of the quietest 60 ms."""
    piece = background(x, rate)[: int(0.06 * rate)]
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    length = max(n, len(piece))
    wide = np.interp(np.linspace(0, 1, length // 2 + 1), np.linspace(0, 1, len(power)), power)
    noise = np.fft.irfft(wide * np.exp(2j * np.pi * rng.random(len(wide))), length)
    return np.asarray(noise * (np.sqrt((piece**2).mean()) / (noise.std() + 1e-12)), dtype=np.float32)[:n]


def edge_a(side: str, fraction: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, rate: int, _: np.random.Generator) -> Samples:
        at = cut_at(x, rate, side, fraction)
        return x[at:] if side == "start" else x[:at]

    return make


def edge_b(side: str, fraction: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, rate: int, _: np.random.Generator) -> Samples:
        kept = edge_a(side, fraction)(x, rate, _)
        fill = np.resize(background(x, rate), len(x) - len(kept))
        return np.concatenate((kept, fill) if side == "start" else (fill, kept))

    return make


def pad_a(side: str, fraction: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, rate: int, _: np.random.Generator) -> Samples:
        at = cut_at(x, rate, side, fraction)
        out = x.copy()
        out[slice(None, at) if side == "start" else slice(at, None)] = 0
        return out

    return make


def pad_b(side: str, fraction: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, rate: int, rng: np.random.Generator) -> Samples:
        at = cut_at(x, rate, side, fraction)
        gain = np.zeros(len(x), np.float32)
        fade = np.linspace(0, 1, max(2, int(rng.uniform(0.001, 0.004) * rate)), dtype=np.float32)
        if side == "start":
            gain[at:] = 1
            gain[at : at + len(fade)] = fade[: len(x) - at]
        else:
            gain[:at] = 1
            gain[max(0, at - len(fade)) : at] = fade[::-1][-min(len(fade), at) :]
        noise = coloured(rng, len(x), 1.0 if rng.random() < 0.5 else 0.0)
        noise = noise * np.float32(10 ** (rng.uniform(-70, -60) / 20))
        return np.asarray(x * gain + np.where(gain < 1, noise, 0), dtype=np.float32)

    return make


def coloured(rng: np.random.Generator, n: int, slope: float) -> Samples:
    """Noise of RMS 1 whose power falls with frequency to the power of ``slope``: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.maximum(np.arange(len(spectrum)), 20 * n / 16000)
    noise = np.fft.irfft(spectrum / hz ** (slope / 2), n)
    return np.asarray(noise / noise.std(), dtype=np.float32)


def gain(decibels: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    return lambda x, _rate, _rng: x * np.float32(10 ** (decibels / 20))


def clip(decibels: float, rail: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, _rate: int, _rng: np.random.Generator) -> Samples:
        x = x / np.float32(np.abs(x).max()) * np.float32(rail * 10 ** (decibels / 20))
        return np.clip(x, -rail, rail)

    return make


def own_noise(x: Samples, rate: int, _: np.random.Generator) -> Samples:
    fill = np.resize(background(x, rate), len(x))
    return np.asarray(fill * np.float32(10 ** (-35 / 20) / (np.sqrt(np.mean(fill**2)) + 1e-9)), dtype=np.float32)


def short_a(x: Samples, rate: int, _: np.random.Generator) -> Samples:
    middle, half = len(x) // 2, int(0.15 * rate)
    return x[middle - half : middle + half]


def short_b(x: Samples, rate: int, _: np.random.Generator) -> Samples:
    at = extent(x, rate)[0]
    return x[at : at + int(0.3 * rate)]


def upsample_a(x: Samples, rate: int, _: np.random.Generator) -> Samples:
    import soxr

    return np.asarray(soxr.resample(soxr.resample(x, rate, rate // 2), rate // 2, rate), dtype=np.float32)


def upsample_b(x: Samples, _rate: int, _: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(x)
    low = np.fft.irfft(spectrum[: len(spectrum) // 2 + 1] / 2, len(x) // 2)
    # Eight-kilohertz files are stored in 16 bits too.
    low = np.rint(low * 32768) / 32768
    half = np.fft.rfft(low) * 2
    half[-1] = 0
    return np.asarray(np.fft.irfft(half, len(x)), dtype=np.float32)


def _cuts(
    edge: Callable[[str, float], Callable[[Samples, int, np.random.Generator], Samples]],
    pad: Callable[[str, float], Callable[[Samples, int, np.random.Generator], Samples]],
) -> Iterator[Defect]:
    for kind, factory in (("edge", edge), ("pad", pad)):
        for side in ("start", "end"):
            for fraction in FRACTIONS:
                name = f"cut-{side} {kind} {fraction:.0%}"
                yield Defect(name, (f"truncated-{side}",), factory(side, fraction))


_QUIET = ("quiet-clip", "silent-clip")
_NOISE = ("no-speech-like-activity", "silent-clip")

RECIPE_A: tuple[Defect, ...] = (
    *_cuts(edge_a, pad_a),
    Defect("quiet -30 dB", _QUIET, gain(-30)),
    Defect("quiet -40 dB", _QUIET, gain(-40)),
    Defect("silent", ("silent-clip",), lambda x, _rate, _rng: np.zeros_like(x)),
    Defect("noise only", _NOISE, lambda x, _rate, rng: coloured(rng, len(x), 0) * np.float32(10**-1.5)),
    Defect("clipped", ("clipped-peaks",), clip(12, 1.0)),
    Defect("dc", ("dc-offset",), lambda x, _rate, _rng: x * np.float32(0.9) + np.float32(0.08)),
    Defect("0.3 s", ("odd-duration",), short_a),
    Defect("upsampled 8 kHz", ("upsampled-audio",), upsample_a),
)

RECIPE_B: tuple[Defect, ...] = (
    *_cuts(edge_b, pad_b),
    Defect("quiet -30 dB", _QUIET, gain(-30), "FLOAT"),
    Defect("quiet -40 dB", _QUIET, gain(-40), "FLOAT"),
    Defect("silent", ("silent-clip",), lambda x, _rate, rng: (rng.integers(-1, 2, len(x)) / 32768).astype(np.float32)),
    Defect("noise only", _NOISE, own_noise),
    Defect("clipped", ("clipped-peaks",), clip(15, 0.5)),
    Defect("dc", ("dc-offset",), lambda x, _rate, _rng: x * np.float32(0.9) - np.float32(0.05)),
    Defect("0.3 s", ("odd-duration",), short_b),
    Defect("upsampled 8 kHz", ("upsampled-audio",), upsample_b),
)


def edge_c(side: str, fraction: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, rate: int, rng: np.random.Generator) -> Samples:
        first, last = extent(x, rate)
        softer = np.float32(10 ** (-rng.uniform(0, 12) / 20))
        at = int(fraction * (last - first))
        return softer * (x[first + at :] if side == "start" else x[: last - at])

    return make


def pad_c(side: str, fraction: float) -> Callable[[Samples, int, np.random.Generator], Samples]:
    def make(x: Samples, rate: int, rng: np.random.Generator) -> Samples:
        first, last = extent(x, rate)
        at = int(fraction * (last - first))
        kept = (x[first + at :] if side == "start" else x[: last - at][::-1]).copy()
        if rng.random() < 0.5:
            kept[: rate // 1000] *= np.linspace(0, 1, rate // 1000, dtype=np.float32)
        pad = coloured(rng, len(x) - len(kept), 2.0) * np.float32(10 ** (rng.uniform(-65, -55) / 20))
        if rng.random() < 0.5:
            pad[-rate // 20 :] = 0
        whole = np.concatenate((pad, kept))
        return whole if side == "start" else whole[::-1]

    return make


RECIPE_C: tuple[Defect, ...] = tuple(_cuts(edge_c, pad_c))

SCORED = {"A": RECIPE_A, "B": RECIPE_B, "C": RECIPE_C}


def develop_edge(x: Samples, rate: int, rng: np.random.Generator, side: str) -> Samples:
    """A cut at the file's edge for development: a random fraction, and half of the time a fade of up to 3 ms.

    The other side is left as it is, or a random part of it is dropped.
    """
    at = cut_at(x, rate, side, float(rng.uniform(0.1, 0.9)))
    kept = (x[at:] if side == "start" else x[:at][::-1]).copy()
    if rng.random() < 0.5:
        fade = int(rng.uniform(0.0005, 0.003) * rate)
        kept[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)[: len(kept)]
    if rng.random() < 0.5:
        kept = kept[: max(int(0.15 * rate), int(len(kept) * rng.uniform(0.6, 1.0)))]
    return kept if side == "start" else kept[::-1]


def develop(x: Samples, rate: int, rng: np.random.Generator, side: str) -> Samples:
    """One cut word of the development recipe: a random fraction, a random padding of kinds the others lack.

    Three in ten have no fade; else 0.5 to 8 ms, raised cosine. The padding is zeros, dither of one or two steps of
    16 bits, noise of any tilt from blue to beyond brown at -48 to -75 dBFS RMS, hum of 50 Hz, the clip's own
    background at 10 to 30 dB less, or, in three of eight, noise with the spectrum of its background at the level of
    that or up to 6 dB less (``like_background``); its length is random too.
    """
    at = cut_at(x, rate, side, float(rng.uniform(0.15, 0.85)))
    kept = (x[at:] if side == "start" else x[:at][::-1]).copy()
    if rng.random() < 0.7:
        fade = int(rng.uniform(0.0005, 0.008) * rate)
        kept[:fade] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / fade))[: len(kept)].astype(np.float32)
    n = int(rng.uniform(0.03, 0.5) * rate)
    level = 10 ** (rng.uniform(-75, -48) / 20)
    kind = rng.integers(0, 8)
    if kind == 0:
        pad = np.zeros(n)
    elif kind == 1:
        pad = rng.integers(-2, 3, n) / 32768
    elif kind in (2, 3):
        pad = coloured(rng, n, rng.uniform(-1.0, 2.5)) * level
    elif kind == 4:
        pad = np.sin(2 * np.pi * 50 * np.arange(n) / rate + rng.uniform(0, 6)) * level
    elif kind == 5:
        pad = np.resize(background(x, rate), n) * 10 ** (rng.uniform(-30, -10) / 20)
    else:
        pad = like_background(x, rate, n, rng) * 10 ** (rng.uniform(-6, 0) / 20)
    out = np.concatenate((pad.astype(np.float32), kept))
    return out if side == "start" else out[::-1]


def word(seed: int = 0, rate: int = 16_000, seconds: float = 1.0, floor_dbfs: float = -65.0) -> Samples:
    """A made-up spoken word: a hiss, then a gliding vowel with formants, in the middle of faint pink noise."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    t = np.arange(n) / rate
    pitch = rng.uniform(100, 220) * (1 - 0.2 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    formants = rng.uniform((400, 1000, 2300), (800, 1800, 2900))
    vowel = np.zeros(n)
    for k in range(1, int(min(3600, rate * 0.45) / pitch.max())):
        hz = k * pitch.mean()
        vowel += np.sin(k * phase) * sum(np.exp(-(((hz - f) / 250) ** 2)) for f in formants) / np.sqrt(k)

    def swell(start: float, stop: float, edge: float) -> npt.NDArray[np.float64]:
        return np.clip((t - start) / edge, 0, 1) * np.clip((stop - t) / (2 * edge), 0, 1)

    middle = seconds / 2
    hiss = coloured(rng, n, -1) * 0.02 * swell(middle - 0.25, middle - 0.1, 0.03)
    vowel = vowel / np.abs(vowel).max() * 0.4 * swell(middle - 0.15, middle + 0.25, 0.05) ** 2
    return (vowel + hiss + coloured(rng, n, 1) * 10 ** (floor_dbfs / 20)).astype(np.float32)


def frame_peak(x: Samples, rate: int) -> float:
    """Amplitude of the loudest 30 ms, RMS."""
    power = 10 ** (frame_levels(x, rate) / 10)
    return float(np.sqrt(np.convolve(power, np.ones(3) / 3, "valid").max()))


def over_a_line(x: Samples, rate: int, rng: np.random.Generator) -> tuple[Samples, int]:
    """Over a telephone line, for development: another one than the line that is reported.

    8 kHz, half of the time stored at 16; first- to fourth-order causal band limits of any width; a gain that follows
    the level; white noise that swells, at 12 to 45 dB; harmonics of the mains; breaths, ringing clicks; GSM, A-law or
    G.721.
    """
    y = soxr.resample(x, rate, 8000).astype(np.float64)
    n, t = len(y), np.arange(len(y)) / 8000
    low, high = rng.uniform(180, 420), rng.uniform(2700, 3800)
    y = sosfilt(butter(int(rng.integers(1, 4)), low, "high", fs=8000, output="sos"), y)
    y = sosfilt(butter(int(rng.integers(1, 5)), high, "low", fs=8000, output="sos"), y)
    peak = np.abs(y).max() + 1e-9
    if rng.random() < 0.4:
        slow = lfilter([1 - 0.9995], [1, -0.9995], np.abs(y)) + 0.05 * peak
        y = y * (slow / slow.max()) ** -rng.uniform(0.1, 0.5)
    level = float(np.sqrt(np.sort(y**2)[-n // 5 :].mean())) + 1e-9
    swell = np.interp(t, np.linspace(0, t[-1], 6), 10 ** (rng.uniform(-3, 3, 6) / 20))
    y = y + rng.standard_normal(n) * swell * level * 10 ** (-rng.uniform(12, 45) / 20)
    if rng.random() < 0.3:
        mains = float(rng.choice([50, 60]))
        hum = sum(rng.random() / k * np.sin(2 * np.pi * mains * k * t + rng.uniform(0, 6)) for k in range(1, 9))
        y = y + hum * level * 10 ** (-rng.uniform(18, 40) / 20)
    for _ in range(rng.integers(0, 2)):
        width = min(n, int(rng.uniform(0.06, 0.4) * 8000))
        at = int(rng.choice([0, n - width, rng.integers(0, n - width + 1)]))
        shape = np.interp(np.arange(width), [0, width * rng.uniform(0.1, 0.9), width], [0, 1, 0])
        breath = sosfilt(butter(1, (400, 2500), "band", fs=8000, output="sos"), rng.standard_normal(width)) * shape
        y[at : at + width] += breath / (breath.std() + 1e-9) * level * 10 ** (-rng.uniform(12, 28) / 20)
    for _ in range(rng.poisson(0.6)):
        at, width = int(rng.integers(0, n - 40)), int(rng.integers(8, 40))
        ringing = np.sin(2 * np.pi * rng.uniform(500, 3000) * t[:width]) * np.exp(
            -np.arange(width) / rng.uniform(2, 12)
        )
        y[at : at + width] += ringing * level * 10 ** (rng.uniform(-14, 6) / 20)
    # a click may leave the scale, and libsndfile's A-law then reads beside its table: another sound in every process
    y = np.clip(y * 10 ** (rng.uniform(-32, -14) / 20) / level, -1, 1).astype(np.float32)
    if (codec := rng.choice(["", "ALAW", "GSM610", "G721_32"])) != "":
        buffer = io.BytesIO()
        kind = "AU" if codec == "G721_32" else "WAV"
        soundfile.write(buffer, y, 8000, format=kind, subtype=codec)
        buffer.seek(0)
        y = soundfile.read(buffer, dtype="float32")[0][:n]
    return (soxr.resample(y, 8000, 16000), 16000) if rng.random() < 0.5 else (y, 8000)
