"""Recordings: decode once, measure everything, and make them small enough to be heard in a report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.audio.activity import activity
from dsaudit.media.audio.boundary import boundary
from dsaudit.media.audio.decode import opened
from dsaudit.media.audio.perceptual_hash import perceptual_hash
from dsaudit.media.audio.spectrum import Spectrum, bandwidth
from dsaudit.media.audio.waveform import Downmix, Waveform, decibels, without_offset
from dsaudit.media.base import Reading, attempted
from dsaudit.media.file import opened_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dsaudit.media.audio.decode import Stream
    from dsaudit.media.audio.repair import Repairs
    from dsaudit.media.base import Measured, Preview
    from dsaudit.rule import Measure

ENDS_S = 5.0
"""How much of each end is kept to judge whether it was cut."""
EXTRA_S = 600.0
"""How much of a recording a rule's own measure gets to see."""
READ_RATE_HZ = 16_000
READ_S = 30.0


@dataclass(frozen=True, slots=True)
class AudioSample:
    """What a rule's own measure is called with.

    Attributes
    ----------
    samples : float32 array (n,)
        One channel, full scale 1, NaN and infinities as 0, without a mean that is beyond 0.4 % of full scale,
        at most the first 10 minutes.
    sample_rate_hz : int
        As stored.
    """

    samples: npt.NDArray[np.float32]
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class AudioMedia:
    """Audio of any format, rate and number of channels; see ``dsaudit.media.base.Media``."""

    modality: str = "audio"
    read_version: str = "1"

    @property
    def measure_version(self) -> str:
        """What is unreadable without ffmpeg may be read with it."""
        return "4" if shutil.which("ffmpeg") else "4-without-ffmpeg"

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """Everything measured in one decode of the recording, block by block.

        Parameters
        ----------
        path : Path
        extra : tuple of Measure
            Rules' own measures, each called with an ``AudioSample``; one that fails gives NaN.

        Returns
        -------
        dict
            See the module's columns in ``COLUMNS``. Levels are dBFS of the downmix, where a full-scale
            square wave has 0; shares are 0 to 1.

        Raises
        ------
        MissingItemError, EmptyItemError, UnreadableItemError, NoDecoderError
            ``file.identify`` still gives the identity of a file that is there.
        """
        return self.read_once(path, extra).measured

    def read_once(
        self, path: Path, extra: tuple[Measure, ...] = (), *, taken: bool = False, preview: bool = False
    ) -> Reading:
        """What ``measure`` gives and, where asked for, ``read`` and ``preview``, from one open and one decode.

        A stream whose length is not known before its end, and turns out beyond 30 s, gives its measurements alone.
        """
        with opened_file(path) as file:
            measured = file.identity()
            with opened(file) as stream:
                heard = _Heard(stream, n_kept=round(EXTRA_S * stream.sample_rate_hz) if extra else 0)
                stretch = _Stretch(stream) if taken or preview else None
                for block in stream.blocks:
                    mono = heard.add(block)
                    if stretch is not None:
                        stretch.add(mono)
            measured |= heard.columns()
        for one in extra:
            measured[one.name] = _extra(one, AudioSample(heard.ends.kept, stream.sample_rate_hz))
        kept = None if stretch is None else stretch.samples()
        if stretch is None or kept is None:
            return Reading(measured)
        from dsaudit.media.audio import preview as small

        rate, duration_s = stretch.rate, stretch.duration_s
        return Reading(
            measured,
            attempted(lambda: _at_read_rate(kept, rate)) if taken else None,
            attempted(lambda: small.preview(kept, rate, duration_s, with_data=True)) if preview else None,
        )

    def read(self, path: Path) -> npt.NDArray[np.float32]:
        """The recording for the encoder.

        Returns
        -------
        float32 array (n,)
            One channel at 16 kHz, NaN and infinities as 0. Recordings longer than 30 s come as three
            stretches of 10 s, from the start, the middle and the end, joined.
        """
        return _at_read_rate(*_stretch(path)[:2])

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """The recording as people want it, see ``dsaudit.media.audio.preview``.

        The first 15 s can be heard; picture and outline show as much as ``read`` gives: all of a
        recording up to 30 s.
        """
        from dsaudit.media.audio import preview as small

        samples, rate, duration_s = _stretch(path)
        return small.preview(samples, rate, duration_s, with_data=with_data)

    def repairs(self, options: Mapping[str, Any]) -> Repairs:
        """What is to be done to recordings."""
        from dsaudit.media.audio.repair import Repairs

        return Repairs(**options)

    def repair(self, source: Path, target: Path, repairs: Repairs) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
        """A mended copy in a new file, see ``dsaudit.media.audio.repair.repair_file``."""
        from dsaudit.media.audio.repair import repair_file

        return repair_file(Path(source), Path(target), repairs)


def _stretch(path: Path) -> tuple[npt.NDArray[np.float32], int, float]:
    """Downmix at its own rate, its rate, and the whole length in seconds; see ``_Stretch``."""
    with opened_file(path, hashed=False) as file:
        n = None
        while True:  # once more where a stream of unknown length turned out long: its middle is known only now
            with opened(file) as stream:
                stretch, downmix = _Stretch(stream, n), Downmix()
                for block in stream.blocks:
                    stretch.add(downmix(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)))
            if (samples := stretch.samples()) is not None:
                return samples, stretch.rate, stretch.duration_s
            n = stretch.n_added


def _at_read_rate(samples: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    import soxr

    return np.asarray(samples if rate == READ_RATE_HZ else soxr.resample(samples, rate, READ_RATE_HZ), dtype=np.float32)


class _Stretch:
    """What is kept of a stream of the downmix: all of it, or of more than 30 s three stretches: start, middle, end."""

    def __init__(self, stream: Stream, n: int | None = None) -> None:
        self.rate = stream.sample_rate_hz
        self.n_added = 0
        self._n = stream.n_present if n is None else n
        self._longest = round(READ_S * self.rate)
        self._kept: list[npt.NDArray[np.float32]] = []

    @property
    def _in_three(self) -> bool:
        return self._n is not None and self._n > self._longest

    def add(self, block: npt.NDArray[np.float32]) -> None:
        if self._in_three:
            assert self._n is not None
            third, at = self._longest // 3, self.n_added
            starts = (0, (self._n - third) // 2, self._n - third)
            self._kept += [block[max(0, s - at) : max(0, s + third - at)] for s in starts]
        elif self.n_added <= self._longest:
            self._kept.append(block)
        self.n_added += len(block)

    def samples(self) -> npt.NDArray[np.float32] | None:
        """None where the stream turned out longer than it was taken for."""
        if not self._in_three and self.n_added > self._longest:
            return None
        return np.concatenate(self._kept)

    @property
    def duration_s(self) -> float:
        """Length of the whole recording."""
        return ((self._n if self._in_three else None) or self.n_added) / self.rate


class _Heard:
    """Everything measured of a stream, block by block."""

    def __init__(self, stream: Stream, *, n_kept: int) -> None:
        self._stream = stream
        rate = stream.sample_rate_hz
        self._downmix, self._waveform, self._spectrum = Downmix(), Waveform(rate), Spectrum(rate)
        self.ends = _Ends(round(ENDS_S * rate), n_kept)

    def add(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Account for a block (n, channels); gives its downmix, offset included."""
        downmix = self._downmix(self._waveform.add_channels(block))
        mono = without_offset(downmix)
        self._waveform.add_mono(mono)
        self._spectrum.add(mono)
        self.ends.add(mono)
        return downmix

    def columns(self) -> Measured:
        """Columns of a recording that has come to its end."""
        stream, waveform, spectrum = self._stream, self._waveform, self._spectrum
        spectrum.finish()
        rate = stream.sample_rate_hz
        declared = max(1, round((stream.n_declared or waveform.n_frames) * stream.promised))
        missing = declared - waveform.n_frames
        short = missing > stream.slack_s * rate
        measured: Measured = {
            "duration_s": waveform.n_frames / rate,
            "sample_rate_hz": rate,
            "n_channels": stream.n_channels,
            "subtype": stream.subtype,
            "container": stream.container,
            "missing_share": missing / declared if short else 0.0,
            "shortfall": f"{waveform.n_frames / rate:.2f} of the {declared / rate:.2f} s that its header promises"
            if short
            else None,
            "joined": stream.joined or None,
        }
        measured |= _waveform_columns(waveform)
        sounds = activity(waveform, spectrum)
        measured |= sounds
        loudest, floor = (float(sounds[name]) for name in ("loudest_rms_dbfs", "noise_floor_dbfs"))  # type: ignore[arg-type]
        for end, samples in (("start", self.ends.first), ("end", self.ends.last[::-1])):
            margin = "onset" if end == "start" else "offset"
            judged = boundary(np.ascontiguousarray(samples), rate, loudest_dbfs=loudest, floor_dbfs=floor, side=end)
            measured |= {
                f"{end}_cut": judged.cut,
                f"{end}_pad_ms": judged.pad_ms,
                f"{end}_step_db": judged.step_db,
                f"{end}_level_db": judged.level_db,
                f"{margin}_edge_db": judged.edge_db,
            }
        hz, cliff = bandwidth(spectrum.mean_db, spectrum.log_mean_db, rate)
        return measured | {"bandwidth_hz": hz, "cliff_db": cliff, "perceptual_hash": perceptual_hash(spectrum.bands)}


class _Ends:
    """The first and last seconds of a stream, and as much of its beginning as rules' own measures want."""

    def __init__(self, n_end: int, n_keep: int) -> None:
        self._n_end, self._n_keep = n_end, max(n_end, n_keep)
        self._kept: list[Any] = []
        self._n_kept = 0
        self.last = np.zeros(0, np.float32)

    def add(self, x: npt.NDArray[np.float32]) -> None:
        if self._n_kept < self._n_keep:
            self._kept.append(x[: self._n_keep - self._n_kept])
            self._n_kept += len(self._kept[-1])
        joined = x if len(x) >= self._n_end or not len(self.last) else np.concatenate((self.last, x))
        self.last = joined[-self._n_end :]

    @property
    def kept(self) -> npt.NDArray[np.float32]:
        return np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)

    @property
    def first(self) -> npt.NDArray[np.float32]:
        return self.kept[: self._n_end]


def _waveform_columns(waveform: Waveform) -> Measured:
    n = max(waveform.n_frames, 1)
    offset = np.atleast_1d(waveform.offset_sum) / n
    n_channels = max(len(offset), 1)
    return {
        "sample_hash": waveform.sample_hash,
        "n_nonfinite": waveform.n_nonfinite,
        "peak_dbfs": float(decibels(waveform.peak**2)),
        "rms_dbfs": float(decibels(waveform.sum_squares / n)),
        "clipped_share": waveform.n_clipped / (n * n_channels),
        "clipped_run_ms": waveform.longest_clip / waveform.sample_rate_hz * 1e3,
        "n_clipped_runs": waveform.n_clip_runs,
        "clip_level_dbfs": float(decibels(waveform.rail**2)) if waveform.n_clip_runs else float("nan"),
        "dc_offset": float(offset[np.abs(offset).argmax()]),
        "n_dropouts": waveform.n_dropouts,
        "dropout_ms": waveform.dropout_frames / waveform.sample_rate_hz * 1e3,
    }


def _extra(one: Measure, sample: AudioSample) -> float:
    try:
        return float(one.fn(sample))
    except Exception:  # a plug-in's measure must not lose the item
        return float("nan")


MEDIA = AudioMedia()
