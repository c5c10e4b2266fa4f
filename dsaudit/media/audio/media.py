"""Recordings: decode once, measure everything, and make them small enough to be heard in a report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.audio.activity import activity
from dsaudit.media.audio.boundary import boundaries
from dsaudit.media.audio.decode import scale_of
from dsaudit.media.audio.perceptual_hash import perceptual_hashes
from dsaudit.media.audio.segment import opened
from dsaudit.media.audio.spectrum import Spectrum, add_blocks, bandwidth
from dsaudit.media.audio.transform import fast_length
from dsaudit.media.audio.waveform import Downmix, Waveform, decibels, without_offset
from dsaudit.media.base import Likeness, Reading, attempted
from dsaudit.media.file import opened_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.media.audio.boundary import Boundary
    from dsaudit.media.audio.decode import Stream
    from dsaudit.media.audio.repair import Repairs
    from dsaudit.media.base import Measured, Preview
    from dsaudit.rule import Measure

ENDS_S = 5.0
"""How much of each end is kept to judge whether it was cut."""
EXTRA_S = 600.0
"""How much of a recording a rule's own measure gets to see."""
VALUES_AT_ONCE = 1 << 20
"""Samples of several recordings that wait in memory to be worked out at once."""
LONGEST_TO_SHORTEST = 1.5
EXTRA_VALUES = 1 << 25
READ_RATE_HZ = 16_000
READ_S = 30.0


@dataclass(frozen=True, slots=True)
class AudioSample:
    """What a rule's own measure is called with.

    Attributes
    ----------
    samples : float32 array (n,)
        One channel, full scale 1, NaN and infinities as 0, without a mean that is beyond 0.4 % of full scale,
        at most the first 10 minutes and ``EXTRA_VALUES``.
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
    fits: bool = False

    @property
    def measure_version(self) -> str:
        """What is unreadable without ffmpeg may be read with it."""
        return "12" if shutil.which("ffmpeg") else "12-without-ffmpeg"

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """Everything measured in one decode of one recording, see ``read_batch``.

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
        found = self.read_batch([path], extra)[0]
        if isinstance(found, Exception):
            raise found
        return found.measured

    def read_batch(
        self, paths: Sequence[Path], extra: tuple[Measure, ...] = (), *, taken: bool = False, preview: bool = False
    ) -> list[Reading | Exception]:
        """What ``measure`` gives of each recording and, where asked for, ``read`` and ``preview``, from one decode.

        Decoded block by block; what is worked out at the end, and from spectra of short recordings, is worked out for
        several at once, but for the bits as if alone. A stream whose length is not known before its end, and turns out
        beyond 30 s, gives its measurements alone.
        """
        if not paths:
            fast_length(1)  # loads the transform: once, before workers are forked
        found: list[Reading | Exception] = []
        waiting: list[tuple[Reading, _Heard]] = []
        n_waiting = 0
        for path in paths:
            try:
                waiting.append(self._heard(path, extra, taken=taken, preview=preview))
            except Exception as error:  # one broken item never stops a run
                found.append(error)
                continue
            found.append(waiting[-1][0])
            n_waiting += waiting[-1][1].n_kept
            if n_waiting > VALUES_AT_ONCE:
                _measure(waiting)
                waiting, n_waiting = [], 0
        _measure(waiting)
        return found

    def _heard(self, path: Path, extra: tuple[Measure, ...], *, taken: bool, preview: bool) -> tuple[Reading, _Heard]:
        with opened_file(path) as file:
            measured = file.identity()
            with opened(file) as stream:
                heard = _Heard(stream, n_kept=min(round(EXTRA_S * stream.sample_rate_hz), EXTRA_VALUES) if extra else 0)
                stretch = _Stretch(stream) if taken or preview else None
                for block in stream.blocks:
                    mono = heard.add(block)
                    if stretch is not None:
                        stretch.add(mono)
        for one in extra:
            measured[one.name] = _extra(one, AudioSample(heard.ends.kept, stream.sample_rate_hz))
        heard.ends.finish()
        kept = None if stretch is None else stretch.samples()
        if stretch is None or kept is None:
            return Reading(measured), heard
        from dsaudit.media.audio import preview as small

        rate, duration_s = stretch.rate, stretch.duration_s
        reading = Reading(
            measured,
            attempted(lambda: _at_read_rate(kept, rate)) if taken else None,
            attempted(lambda: small.preview(kept, rate, duration_s, with_data=True)) if preview else None,
        )
        return reading, heard

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

    def look(self, path: Path) -> npt.NDArray[np.float32]:
        """What ``read`` gives."""
        return self.read(path)

    def likeness(self, a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> Likeness:
        """Whether two recordings are one, see ``same``."""
        return Likeness(same=self.same(a, b))

    def same(self, a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> bool:
        """Whether two recordings, as ``read`` gives them, hold the same sound, see ``likeness.same_sound``."""
        from dsaudit.media.audio.likeness import same_sound

        whole = round(READ_S * READ_RATE_HZ) - READ_RATE_HZ
        if min(len(a), len(b)) < whole:
            return same_sound(a, b, READ_RATE_HZ)
        # long ones come as three stretches, and a shift moves each by itself; jingles stand at both ends
        first, middle, last = zip(np.array_split(a, 3), np.array_split(b, 3), strict=True)
        return all(
            any(same_sound(x, y, READ_RATE_HZ, excerpts=True) for x, y in some) for some in ((middle,), (first, last))
        )

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
            parts = (block[max(0, s - at) : max(0, s + third - at)] for s in starts)
            self._kept += [
                part.copy() for part in parts if len(part)
            ]  # a view would keep the whole block, even an empty one
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
    """Everything measured of a stream, block by block; the spectrum of a short one waits for those of others."""

    def __init__(self, stream: Stream, *, n_kept: int) -> None:
        self._stream = stream
        self.rate = rate = stream.sample_rate_hz
        self._downmix, self.waveform, self.spectrum = Downmix(), Waveform(rate), Spectrum(rate)
        self.ends = _Ends(round(ENDS_S * rate), n_kept)
        self._waiting: npt.NDArray[np.float32] | None = None

    def add(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Account for a block (n, channels); gives its downmix, offset included."""
        downmix = self._downmix(self.waveform.add_channels(block))
        mono = without_offset(downmix)
        self.waveform.add_mono(mono)
        self.ends.add(mono)
        if self._waiting is not None:
            self.spectrum.add(self._waiting)
        self._waiting = mono if self.waveform.n_frames == len(mono) <= VALUES_AT_ONCE // 8 else None
        if self._waiting is None:
            self.spectrum.add(mono)
        return downmix

    @property
    def grid(self) -> tuple[int, int, int]:
        """Sample rate, and how many frames of levels and windows stand for one: those of one grid fit together."""
        return self.rate, self.waveform.together, self.spectrum.apart

    @property
    def n_kept(self) -> int:
        """Samples that are held: all of a short recording, or its ends."""
        return max(self.ends.n_kept, 0 if self._waiting is None else len(self._waiting))

    def rest(self) -> npt.NDArray[np.float32]:
        """What the spectrum has not been given yet."""
        waiting, self._waiting = self._waiting, None
        return np.zeros(0, np.float32) if waiting is None else waiting

    def own(self) -> Measured:
        """Columns that need no other recording to be worked out quickly."""
        stream, waveform = self._stream, self.waveform
        declared = max(1, round((stream.n_declared or waveform.n_frames) * stream.promised))
        missing = declared - waveform.n_frames
        short = missing > stream.slack_s * self.rate
        length_s, promised_s = waveform.n_frames / self.rate, declared / self.rate
        promise = "of a stretch that ends behind its file" if stream.asked else "that its header promises"
        lost = f"{length_s:.2f} s of a stream whose end is missing" if stream.cut else None
        return {
            "duration_s": length_s,
            "sample_rate_hz": self.rate,
            "n_channels": stream.n_channels,
            "subtype": stream.subtype,
            "container": stream.container,
            "missing_share": missing / declared if short else float("nan") if stream.cut else 0.0,
            "shortfall": f"{length_s:.2f} of the {promised_s:.2f} s {promise}" if short else lost,
            "joined": stream.joined or None,
            "scale_centre": stream.centre,
            "stray": stream.stray or float("nan"),
            "scale": stream.scale if stream.scale != 1.0 or not stream.is_float else scale_of(waveform.peak),
            **_waveform_columns(waveform),
        }


def _measure(waiting: Sequence[tuple[Reading, _Heard]]) -> None:
    """Add the columns of recordings that have come to their ends; those of one rate and about one length at once."""
    in_order = sorted(waiting, key=lambda one: (*one[1].grid, len(one[1].ends.first)))
    while in_order:
        first = in_order[0][1]
        longest = LONGEST_TO_SHORTEST * len(first.ends.first)
        some = [(r, h) for r, h in in_order if h.grid == first.grid and len(h.ends.first) <= longest]
        in_order = in_order[len(some) :]
        for (reading, heard), columns in zip(some, _columns([heard for _, heard in some]), strict=True):
            reading.measured.update(columns)
            reading.course = heard.spectrum.course()


def _columns(heard: Sequence[_Heard]) -> list[Measured]:
    rate, spectra = heard[0].rate, [one.spectrum for one in heard]
    add_blocks(spectra, [one.rest() for one in heard])
    for spectrum in spectra:
        spectrum.finish()
    sounds = activity(
        [one.waveform.levels() for one in heard],
        [one.periodicities for one in spectra],
        together=heard[0].waveform.together,
        apart=spectra[0].apart,
    )
    mean_power, log_mean_db = (np.stack([getattr(one, n) for one in spectra]) for n in ("mean_power", "log_mean_db"))
    sounds["bandwidth_hz"], sounds["cliff_db"] = bandwidth(mean_power, log_mean_db, rate)
    judged = boundaries(
        [end for one in heard for end in (one.ends.first, np.ascontiguousarray(one.ends.last[::-1]))],
        rate,
        loudest_dbfs=sounds["loudest_rms_dbfs"].repeat(2),
        floor_dbfs=sounds["noise_floor_dbfs"].repeat(2),
        sides=("start", "end") * len(heard),
    )
    hashes = perceptual_hashes([one.bands for one in spectra])
    values = zip(*(values.tolist() for values in sounds.values()), strict=True)
    return [
        {**one.own(), **dict(zip(sounds, own, strict=True)), **_edge_columns(*ends), "perceptual_hash": alike}
        for one, own, ends, alike in zip(
            heard, values, zip(judged[::2], judged[1::2], strict=True), hashes, strict=True
        )
    ]


def _edge_columns(start: Boundary, end: Boundary) -> Measured:
    columns: Measured = {}
    for name, margin, judged in (("start", "onset", start), ("end", "offset", end)):
        columns |= {
            f"{name}_cut": judged.cut,
            f"{name}_pad_ms": judged.pad_ms,
            f"{name}_step_db": judged.step_db,
            f"{name}_level_db": judged.level_db,
            f"{margin}_edge_db": judged.edge_db,
        }
    return columns


class _Ends:
    """The first and last seconds of a stream, and as much of its beginning as rules' own measures want."""

    def __init__(self, n_end: int, n_keep: int) -> None:
        self._n_end, self._n_keep = n_end, max(n_end, n_keep)
        self._kept: list[npt.NDArray[np.float32]] = []
        self._n_kept = 0
        self.first = self.last = np.zeros(0, np.float32)

    def add(self, x: npt.NDArray[np.float32]) -> None:
        if self._n_kept < self._n_keep:
            self._kept.append(x[: self._n_keep - self._n_kept])
            self._n_kept += len(self._kept[-1])
        joined = x if len(x) >= self._n_end or not len(self.last) else np.concatenate((self.last, x))
        self.last = joined[-self._n_end :]

    @property
    def kept(self) -> npt.NDArray[np.float32]:
        if len(self._kept) != 1:
            self._kept = [np.concatenate(self._kept) if self._kept else np.zeros(0, np.float32)]
        return self._kept[0]

    @property
    def n_kept(self) -> int:
        """Samples of the finished ends, which in a short recording are the same."""
        return len(self.first) if len(self.first) < self._n_end else 2 * self._n_end

    def finish(self) -> None:
        """Keep the ends alone: those of a short recording are all of it, once."""
        self.first = self.kept[: self._n_end]
        self._kept = []
        if len(self.first) == self._n_end:
            self.first, self.last = self.first.copy(), self.last.copy()


def _waveform_columns(waveform: Waveform) -> Measured:
    n = max(waveform.n_frames, 1)
    offset = np.atleast_1d(waveform.offset_sum) / n
    n_channels = max(len(offset), 1)
    channels = waveform.channels()
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
        "faintest_channel": channels.faintest,
        "channel_gap_db": channels.gap_db,
        "channel_correlation": channels.correlation,
        "channel_pair": channels.pair,
    }


def _extra(one: Measure, sample: AudioSample) -> float:
    try:
        return float(one.fn(sample))
    except Exception:  # a plug-in's measure must not lose the item
        return float("nan")


MEDIA = AudioMedia()
