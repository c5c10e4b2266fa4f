"""Repairs of recordings, into new files only: silence trimmed, the loudest section kept, a level set."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from dsaudit.dataset.segment import Segment, file_and_segment
from dsaudit.errors import UnreadableItemError, UsageError
from dsaudit.media.audio.segment import opened
from dsaudit.media.file import opened_file

if TYPE_CHECKING:
    import numpy.typing as npt

    Samples = npt.NDArray[np.floating[Any]]

FRAME_MS = 10.0
LOUDEST_MS = 50.0
"""The level of a recording is the RMS of its loudest 50 ms, as the audit measures it."""
CEILING = 10 ** (-0.1 / 20)
"""A gain never lifts a sample beyond -0.1 dBFS."""
_BLOCK = 1 << 16
_INTEGERS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_LOUDNESS = ("rms", "peak")


@dataclass(frozen=True, slots=True)
class Repairs:
    """What is to be done to recordings, in this order.

    Attributes
    ----------
    trim_dbfs : float or None
        Silence at both ends is taken off: 10 ms frames whose RMS is below this level, -120 to 0 dBFS.
    pad_ms : float
        What is left before the first and after the last sound, where there is as much.
    loudest_ms : float or None
        Only the loudest section of this length is kept. Shorter recordings stay as they are.
    gain_to_dbfs : float or None
        Level that the recording is brought to, -120 to 0 dBFS.
    gain_of : str
        Which level: ``rms`` of the loudest 50 ms, or ``peak``.

    Raises
    ------
    UsageError
        For a value out of its range.
    """

    trim_dbfs: float | None = None
    pad_ms: float = 100.0
    loudest_ms: float | None = None
    gain_to_dbfs: float | None = None
    gain_of: str = "rms"

    def __post_init__(self) -> None:
        for name, value in (("silence", self.trim_dbfs), ("target", self.gain_to_dbfs)):
            if value is not None and not -120.0 <= value <= 0.0:
                raise UsageError(f"a {name} level of {value:g} dBFS is not between -120 and 0")
        if self.loudest_ms is not None and not 1.0 <= self.loudest_ms <= 3.6e6:
            raise UsageError(f"a loudest section of {self.loudest_ms:g} ms is not between 1 ms and an hour")
        if not 0.0 <= self.pad_ms <= 60_000.0:
            raise UsageError(f"a padding of {self.pad_ms:g} ms is not between 0 and 60,000")
        if self.gain_of not in _LOUDNESS:
            raise UsageError(f"the level {self.gain_of!r} is not known", hint=f"choose from: {', '.join(_LOUDNESS)}")

    def __bool__(self) -> bool:
        return any(v is not None for v in (self.trim_dbfs, self.loudest_ms, self.gain_to_dbfs))


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of one recording.

    Attributes
    ----------
    samples : float array (n,) or (n, channels)
    start, stop : int
        The part of the original that was kept, in frames.
    gain_db : float
        0 where the level was left alone.
    done : tuple of str
        What was done, in words; empty where nothing was needed.
    notes : tuple of str
        What could not be done, in words.
    """

    samples: Samples
    start: int
    stop: int
    gain_db: float = 0.0
    done: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def loudest_start(samples: Samples, n: int) -> int:
    """Where the loudest ``n`` frames begin: the window with the greatest sum of squares over all channels.

    What Warden's ``extract_loudest_section`` means to find. That program sums squares over its first window and
    absolute values from then on. The squares stay in every later sum and cancel, so that it finds the greatest
    sum of absolute values, which prefers a long murmur to a short word; and it cuts one sample too early.

    Parameters
    ----------
    samples : float array (m,) or (m, channels)
    n : int
        1 or more; 0 is returned where ``m <= n``.

    Returns
    -------
    int
        The first such window where several are equally loud.

    References
    ----------
    https://github.com/petewarden/extract_loudest_section
    """
    if len(samples) <= n:
        return 0
    power = np.square(samples, dtype=np.float64)
    sums = np.concatenate(([0.0], np.cumsum(power if power.ndim == 1 else power.sum(axis=1))))
    windows = sums[n:] - sums[:-n]
    # Sums of a million squares differ in their last bits: what is equal but for rounding is equal.
    return int(np.argmax(windows >= windows.max() - 1e-12 * sums[-1]))


def sounding(samples: Samples, sample_rate_hz: int, *, below_dbfs: float, pad_ms: float) -> tuple[int, int]:
    """First and last frame of what is not silence, with padding; the whole where all of it is silent.

    Parameters
    ----------
    samples : float array (m,) or (m, channels)
        Silence is judged on the loudest channel.
    below_dbfs : float
        RMS of a 10 ms frame below which it is silent.
    pad_ms : float

    Returns
    -------
    start, stop : int
        ``samples[start:stop]`` is what to keep.
    """
    hop = max(1, round(sample_rate_hz * FRAME_MS / 1e3))
    loud = np.flatnonzero(_frame_power(samples, hop) >= 10 ** (below_dbfs / 10))
    if not len(loud):
        return 0, len(samples)
    pad = round(sample_rate_hz * pad_ms / 1e3)
    return max(0, int(loud[0]) * hop - pad), min(len(samples), (int(loud[-1]) + 1) * hop + pad)


def level_dbfs(samples: Samples, sample_rate_hz: int, *, of: str = "rms") -> float:
    """RMS of the loudest 50 ms of the loudest channel, or the peak, dBFS; minus infinity for digital silence."""
    if not len(samples):
        return -math.inf
    if of == "peak":
        top = float(np.abs(samples).max()) ** 2
    else:
        n = min(len(samples), max(1, round(sample_rate_hz * LOUDEST_MS / 1e3)))
        columns = samples[:, None] if samples.ndim == 1 else samples
        starts = [loudest_start(c, n) for c in columns.T]
        top = max(
            float(np.mean(np.square(c[s : s + n], dtype=np.float64))) for c, s in zip(columns.T, starts, strict=True)
        )
    return 10 * math.log10(top) if top > 0 else -math.inf


def repaired(samples: Samples, sample_rate_hz: int, repairs: Repairs) -> Repaired:
    """Apply ``repairs`` to a recording in memory; ``samples`` themselves are not changed.

    Parameters
    ----------
    samples : float array (m,) or (m, channels)
        Full scale 1, finite.
    sample_rate_hz : int
    repairs : Repairs
    """
    start, stop = 0, len(samples)
    done: list[str] = []
    notes: list[str] = []
    if repairs.trim_dbfs is not None:
        start, stop = sounding(samples, sample_rate_hz, below_dbfs=repairs.trim_dbfs, pad_ms=repairs.pad_ms)
        if stop - start < len(samples):
            ends = (start, len(samples) - stop)
            done.append("silence trimmed: {:.0f} ms and {:.0f} ms".format(*(1e3 * e / sample_rate_hz for e in ends)))
        elif level_dbfs(samples, sample_rate_hz) < repairs.trim_dbfs:
            notes.append(f"silence not trimmed: all of it is below {repairs.trim_dbfs:g} dBFS")
    if repairs.loudest_ms is not None:
        n = max(1, round(sample_rate_hz * repairs.loudest_ms / 1e3))
        if stop - start > n:
            start += loudest_start(samples[start:stop], n)
            stop = start + n
            done.append(f"loudest {repairs.loudest_ms:g} ms kept, from {1e3 * start / sample_rate_hz:.0f} ms on")
    kept = Repaired(samples[start:stop], start, stop, done=tuple(done), notes=tuple(notes))
    return kept if repairs.gain_to_dbfs is None else _amplified(kept, sample_rate_hz, repairs)


def _amplified(kept: Repaired, sample_rate_hz: int, repairs: Repairs) -> Repaired:
    assert repairs.gain_to_dbfs is not None
    level = level_dbfs(kept.samples, sample_rate_hz, of=repairs.gain_of)
    if level == -math.inf:
        return replace(kept, notes=(*kept.notes, "level not set: digital silence"))
    wanted = repairs.gain_to_dbfs - level
    peak = level_dbfs(kept.samples, sample_rate_hz, of="peak")
    # A peak that is beyond the ceiling already is no reason to make a quiet recording quieter.
    room = max(0.0, 20 * math.log10(CEILING) - peak) if wanted > 0 else math.inf
    gain_db = min(wanted, room)
    notes = kept.notes
    if gain_db < wanted - 0.05:
        notes = (*notes, f"gain limited to {gain_db:+.1f} dB instead of {wanted:+.1f} dB, so that nothing clips")
    if abs(gain_db) < 0.05:  # nobody hears it, and the samples stay as they are
        return replace(kept, notes=notes)
    return replace(
        kept,
        # in double precision: what the last bits of silence are raised by is beyond single precision
        samples=np.multiply(kept.samples, 10 ** (gain_db / 20), dtype=np.float64).astype(kept.samples.dtype),
        gain_db=gain_db,
        done=(*kept.done, f"level changed by {gain_db:+.1f} dB"),
        notes=notes,
    )


def _frame_power(samples: Samples, hop: int) -> npt.NDArray[np.float64]:
    """Mean square per frame of ``hop``, the last one short, of the loudest channel: float64 (frames,)."""
    power = np.square(samples if samples.ndim == 2 else samples[:, None], dtype=np.float64)
    edges = np.arange(0, len(power), hop)
    lengths = np.diff(np.append(edges, len(power)))
    frames: npt.NDArray[np.float64] = (np.add.reduceat(power, edges, axis=0) / lengths[:, None]).max(axis=1)
    return frames


def repair_file(source: Path, target: Path, repairs: Repairs) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
    """Write a repaired copy of a recording.

    Sample rate, channels, container and sample format are kept where libsndfile writes them, and with integer
    samples every sample that is kept without gain is bit for bit the same. Else a 16-bit WAV is written and
    the suffix becomes ``.wav``. Tags and other chunks are not copied. The whole recording is held in memory.

    Parameters
    ----------
    source : Path
        Never changed.
    target : Path
        Where the copy goes; must not exist.
    repairs : Repairs

    Returns
    -------
    path : Path
        ``target``, or the same with the suffix ``.wav``.
    done, notes : tuple of str
        As in ``Repaired``. Where ``done`` is empty nothing needed repair, and nothing was written but a stretch of a
        recording, which is.

    Raises
    ------
    ItemError
        The recording cannot be read; nothing is left behind.
    OSError
        The copy cannot be written; nothing is left behind.
    """
    samples, rate, container, subtype = _decoded(source)
    result = repaired(samples, rate, repairs)
    if not result.done and file_and_segment(source)[1] is None:
        return target, (), result.notes
    try:
        try:
            _encode(result.samples, rate, target, container, subtype)
        except (soundfile.LibsndfileError, RuntimeError, ValueError, TypeError):  # read, but not written
            target.unlink(missing_ok=True)
            target = target.with_suffix(".wav")
            result = replace(result, notes=(*result.notes, f"written as WAV: {container} {subtype} cannot be written"))
            _encode(result.samples, rate, target, "WAV", "PCM_16")
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target, result.done, result.notes


def _decoded(path: Path) -> tuple[Samples, int, str, str]:
    """All samples (m, channels), rate, container, subtype. 64 bits where 32 would lose some."""
    with opened_file(path, hashed=False) as file, opened(file) as stream:
        wide = stream.subtype in ("PCM_32", "DOUBLE")
        if not wide:
            blocks = list(stream.blocks)
            samples: Samples = np.concatenate(blocks)
        facts = stream.sample_rate_hz, stream.container, stream.subtype
        start, stop = file.segment.frames(stream.sample_rate_hz) if isinstance(file.segment, Segment) else (0, None)
    if wide:
        try:
            samples, _ = soundfile.read(file.path, start=start, stop=stop, dtype="float64", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise UnreadableItemError(f"{path.name}: {error}") from error
    return np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0), *facts


def _encode(samples: Samples, rate: int, target: Path, container: str, subtype: str) -> None:
    """Write in blocks: libsndfile's Vorbis encoder overflows its stack on a long recording in one piece."""
    bits = _INTEGERS.get(subtype)
    with soundfile.SoundFile(target, "x", rate, samples.shape[1], subtype, format=container) as sink:
        for at in range(0, len(samples), _BLOCK):
            block = samples[at : at + _BLOCK]
            # libsndfile reads full scale as 2**15 and writes it as 2**15 - 1: only integers come back the same
            sink.write(block if bits is None else _integers(block, bits))


def _integers(block: Samples, bits: int) -> npt.NDArray[np.int32]:
    top = 2 ** (bits - 1)
    values = np.clip(np.rint(block.astype(np.float64) * top), -top, top - 1).astype(np.int64)
    return np.asarray(values << (32 - bits), dtype=np.int32)
