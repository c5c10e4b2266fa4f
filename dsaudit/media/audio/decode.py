"""From a file of any audio format to blocks of samples, never the whole recording at once."""

from __future__ import annotations

import io
import os
import re
import shutil
import struct
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from dsaudit.errors import EmptyItemError, NoDecoderError, UnreadableItemError
from dsaudit.media.audio.container import container, refuse_implausible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.media.audio.container import Container, Plain
    from dsaudit.media.file import OpenFile

_MOST_GAIN = 16.0
_DIVIDED_TWICE = 1.2 * 2.0**-15
_FEWEST_BEYOND, _STRAY_SHARE = 100, 0.01
"""Samples beyond ``_MOST_GAIN`` that are damage where there are fewer, in all and as a share; more are a scale."""
BLOCK_VALUES = 1 << 20
"""Samples × channels per block: 4 MiB of float32, whatever the rate and the number of channels."""

_NOT_AUDIO = frozenset(
    {"png", "jpeg", "gif", "bmp", "tiff", "webp", "heic", "avif", "pdf", "zip", "gzip", "7z", "html", "text", "parquet"}
)
_FFMPEG_ONLY = frozenset({"mp4", "matroska", "asf", "aac", "amr", "wavpack", "ape", "avi"})
_FFMPEG_SUFFIXES = frozenset(
    {".aac", ".ac3", ".amr", ".ape", ".dts", ".m4a", ".mka", ".mp4", ".mov", ".mpc", ".opus", ".ra", ".spx", ".tta"}
    | {".webm", ".wma", ".wv", ".3gp", ".ts"}
)


@dataclass(frozen=True, slots=True)
class Stream:
    """A recording being decoded.

    Attributes
    ----------
    sample_rate_hz, n_channels : int
    container, subtype : str
        As libsndfile names them (``WAV``, ``PCM_16``); for ffmpeg the detected type and ``ffmpeg``.
    n_declared : int or None
        Frames the decoder was told of; None where the header makes no promise.
    promised : float
        See ``Container.promised``: of ``n_declared``, or of the frames that come.
    n_present : int or None
        Frames that can be expected; None where only decoding tells.
    blocks : iterator of float32 arrays (n, n_channels)
        At most ``BLOCK_VALUES`` values each. Full scale is 1; floats a little beyond it, NaN and infinities come as
        stored.
    scale, centre : float
        What floats in the range of integers were divided by, see ``scale_of``, and what was taken off before; else 1
        and 0.
    stray : float
        Largest of a few samples far beyond all others, which come as 0; else 0.
    joined : str
        What follows behind the recording in its file, in words; empty for nothing.
    slack_s : float
        How much shorter than promised it may be: coders add and cut a few blocks at both ends.
    source : soundfile.SoundFile or None
        What ``blocks`` come from, to seek in instead; None with ffmpeg, and of samples that need no decoder.
    cut : bool
        See ``Container.cut``.
    asked : bool
        Whether ``n_declared`` is what a manifest asks for of a longer file, and no header's promise.
    """

    sample_rate_hz: int
    n_channels: int
    container: str
    subtype: str
    n_declared: int | None
    n_present: int | None
    blocks: Iterator[npt.NDArray[np.float32]]
    promised: float = 1.0
    joined: str = ""
    slack_s: float = 0.0
    source: Any = None
    cut: bool = False
    asked: bool = False
    scale: float = 1.0
    centre: float = 0.0
    stray: float = 0.0

    @property
    def is_float(self) -> bool:
        """Whether samples are stored as floating point, where full scale is no limit."""
        return self.subtype in ("FLOAT", "DOUBLE")


@contextmanager
def opened(file: OpenFile, *, sought: bool = False) -> Iterator[Stream]:
    """Decode an open file as its content calls for.

    soundfile first; what it does not know goes to the ``ffmpeg`` program where one is installed. A ``.wav`` that is an
    image is refused before a decoder sees it. Where it is to be ``sought`` in, a stream has a ``source``
    if there can be one.

    Raises
    ------
    EmptyItemError
        A header and no samples.
    UnreadableItemError
        Damaged, or not audio.
    NoDecoderError
        A format that needs ffmpeg, and there is none.
    """
    path, detected_type = file.path, file.detected_type
    if detected_type in _NOT_AUDIO:
        raise UnreadableItemError(f"{path.name}: its content is {detected_type}, not audio")
    told = container(file)
    if told.plain is not None and not sought:
        yield _from_plain(file, told.plain, told.joined)
        return
    source: Any = None
    reason = ""
    if detected_type not in _FFMPEG_ONLY:
        try:
            with mpg123_silenced(detected_type in ("mp3", None) or bool(told.front)):
                source = _soundfile(file, told)
        except (soundfile.LibsndfileError, TypeError, ValueError, RuntimeError, OSError) as error:
            if told.refusal:
                raise UnreadableItemError(f"{path.name}: {told.refusal}") from error
            reason = one_line(error, path)
    if source is not None:
        with source:
            yield _from_soundfile(source, file, told)
        return
    if detected_type is None and path.suffix.lower() not in _FFMPEG_SUFFIXES:
        raise UnreadableItemError(f"{path.name}: {reason or 'no audio format that is known'}")
    program = shutil.which("ffmpeg")
    if program is None:
        kind = detected_type or path.suffix.lower().lstrip(".")
        if detected_type in _FFMPEG_ONLY or detected_type in (None, "ogg"):
            raise NoDecoderError(
                f"{path.name}: {kind} needs the ffmpeg program, which is not on the PATH",
                hint="install ffmpeg, or convert the file to WAV or FLAC",
            )
        raise UnreadableItemError(f"{path.name}: {reason}")
    yield from _with_ffmpeg(program, file, told)


def _from_plain(file: OpenFile, plain: Plain, joined: str) -> Stream:
    """The commonest recordings of all, as libsndfile would give them, in a tenth of the time."""

    def blocks() -> Iterator[npt.NDArray[np.float32]]:
        width = 2 * plain.n_channels
        n_block = max(1, BLOCK_VALUES // plain.n_channels)
        for first in range(0, plain.n_frames, n_block):
            n = min(n_block, plain.n_frames - first)
            stored = np.frombuffer(file.at(plain.offset + first * width, n * width), dtype="<i2")
            yield stored.reshape(-1, plain.n_channels) * np.float32(2.0**-15)

    n = plain.n_frames
    return Stream(
        plain.rate, plain.n_channels, "WAV", "PCM_16", n_declared=n, n_present=n, blocks=blocks(), joined=joined
    )


class _Forward(soundfile.SoundFile):  # type: ignore[misc]
    """Read from its beginning to its end: no seeking, which fails behind the last block of a streamed FLAC."""

    def seekable(self) -> bool:
        return False


def _soundfile(file: OpenFile, told: Container) -> Any:
    patched = told.patched(file)
    if patched is not None:
        return _Forward(io.BufferedReader(patched))
    # By descriptor: the file is open already, and whatever the suffix, libsndfile looks at the content.
    try:
        file.stream.seek(0)
        return _Forward(file.stream.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        if file.path.suffix.lower() in (".raw", ".sd2"):  # taken for headerless data by their suffix
            raise
        return _Forward(file.path)


def _from_soundfile(source: Any, file: OpenFile, told: Container) -> Stream:
    path = file.path
    refuse_implausible(file, source.samplerate, source.channels)
    if source.frames == 0:
        raise EmptyItemError(f"{path.name}: a header and no samples")
    n_present = None if source.frames >= 1 << 62 else int(source.frames)
    n_declared, promised = n_present, told.promised
    if source.format == "MP3" and told.front:  # what libsndfile knows of its length is no header's promise
        n_declared = None
    elif source.format == "MP3":  # here it is
        n_present, promised = n_present and round(n_present / promised), 1.0
    blocks, scale = _soundfile_blocks(source, file, told), Scale()
    if source.subtype in ("FLOAT", "DOUBLE"):
        blocks, scale = _scaled(blocks, n_present)
    return Stream(
        sample_rate_hz=int(source.samplerate),
        n_channels=int(source.channels),
        container=str(source.format),
        subtype=str(source.subtype),
        n_declared=n_declared,
        n_present=n_present,
        blocks=blocks,
        # libsndfile trims the promise of a cut file to what is there; the container still has it
        promised=promised,
        joined=told.joined,
        cut=told.cut,
        source=source,
        scale=scale.factor,
        centre=scale.centre,
        stray=scale.stray,
    )


def scale_of(peak: float) -> float:
    """What samples with that peak are probably to be divided by to lie within full scale.

    Beyond 16 that is the range of integers of 8, 16, 24 or 32 bits; up to there somebody's gain, and the peak itself.
    Samples a thousand times too small may have been divided twice: 1 / 32768. Else 1.

    Examples
    --------
    >>> scale_of(0.7), scale_of(3.0), scale_of(19_000.0), scale_of(2e-5)
    (1.0, 3.0, 32768.0, 3.0517578125e-05)
    """
    if 0.0 < peak < _DIVIDED_TWICE:
        return 2.0**-15
    if peak <= _MOST_GAIN:
        return max(1.0, peak)
    return next((2.0**n for n in (7, 15, 23, 31) if peak <= 1.2 * 2.0**n), peak)


@dataclass(frozen=True, slots=True)
class Scale:
    """What brings samples to full scale: see ``Stream``."""

    factor: float = 1.0
    centre: float = 0.0
    stray: float = 0.0

    def __call__(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Samples as stored to samples of full scale 1."""
        if self.stray:
            block = np.where(np.abs(block) > _MOST_GAIN, np.float32(0.0), block)
        if self.centre:
            block = block - np.float32(self.centre)
        return block if self.factor == 1.0 else np.asarray(block / np.float32(self.factor), dtype=np.float32)


def _scale(first: npt.NDArray[np.float32], *, whole: bool) -> Scale:
    """From the first block of a recording."""
    x = first[np.isfinite(first)]
    if not len(x):
        return Scale()
    level = np.abs(x)
    peak = float(level.max())
    if peak <= _MOST_GAIN:
        return Scale(2.0**-15) if whole and scale_of(peak) < 1.0 else Scale()
    n_beyond = np.count_nonzero(level > _MOST_GAIN)
    if n_beyond < _FEWEST_BEYOND and n_beyond <= _STRAY_SHARE * len(x):
        return Scale(stray=peak)
    half = next((h for h in (2.0**7, 2.0**15) if peak <= 2 * h), 0.0)
    if half and float(x.min()) >= 0.0 and abs(float(x.mean(dtype=np.float64)) - half) < 0.25 * half:
        return Scale(half, half)
    return Scale(scale_of(peak))


def _scaled(
    blocks: Iterator[npt.NDArray[np.float32]], n_frames: int | None
) -> tuple[Iterator[npt.NDArray[np.float32]], Scale]:
    """Blocks brought to full scale where the first one lies in the range of integers, and how.

    Whether samples are all far too small is known of a recording of one block only.
    """
    first = next(blocks, np.zeros((0, 1), np.float32))
    scale = _scale(first, whole=len(first) == n_frames)
    every = chain([first], blocks)
    return (every if scale == Scale() else map(scale, every)), scale


def _soundfile_blocks(source: Any, file: OpenFile, told: Container) -> Iterator[npt.NDArray[np.float32]]:
    path = file.path
    n_block = max(1, min(BLOCK_VALUES // source.channels, source.frames + 1))
    n_read = 0
    reason = "no sample could be decoded"
    try:
        while len(block := read(source, n_block)):
            n_read += len(block)
            yield block
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = one_line(error, path)
        for block in _until_damage(file, told, n_read):
            n_read += len(block)
            yield block
    if n_read == 0:
        raise UnreadableItemError(f"{path.name}: {reason}")


def read(source: Any, n: int) -> npt.NDArray[np.float32]:
    """Up to so many samples from where a soundfile stands, float32 (n, channels)."""
    with mpg123_silenced(source.format == "MP3"):
        return np.asarray(source.read(n, dtype="float32", always_2d=True))


@contextmanager
def mpg123_silenced(wanted: bool) -> Iterator[None]:
    """The MP3 decoder inside libsndfile writes its doubts to descriptor 2, past Python and into people's terminals."""
    if not wanted:
        yield
        return
    with _ONE_AT_A_TIME:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


_ONE_AT_A_TIME = threading.Lock()


def _until_damage(file: OpenFile, told: Container, n_done: int) -> Iterator[npt.NDArray[np.float32]]:
    """What lies between a position and the damage: the block that holds it is lost as a whole, so in small ones."""
    try:
        with _soundfile(file, told) as source:
            at = 0
            while len(block := read(source, 1024)):
                at += len(block)
                if at > n_done:
                    yield block[max(0, n_done - at + len(block)) :]
    except (soundfile.LibsndfileError, RuntimeError):
        return


_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)(?:, start: (-?[\d.]+))?")
_FILM = re.compile(r"Stream #[^\n]*Video:(?![^\n]*attached pic)")
_ESTIMATED = "Estimating duration from bitrate"


def _with_ffmpeg(program: str, file: OpenFile, told: Container) -> Iterator[Stream]:
    # AU is the plainest header that carries rate and channels through a pipe. Local protocols only:
    # a play list that poses as a recording must not reach the network.
    path = file.path
    command = [program, "-nostdin", "-hide_banner", "-nostats", "-v", "level+info"]
    command += ["-protocol_whitelist", "file", "-i", f"file:{path}"]
    command += ["-map", "0:a:0", "-f", "au", "-c:a", "pcm_f32be", "pipe:1"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        pipe: Any = process.stdout
        try:
            header = pipe.read(24)
            if len(header) < 24:
                process.wait()
                said.seek(0)
                lines = re.findall(r"\[(?:error|fatal)\] (.*)", said.read().decode(errors="replace"))
                raise _refused(path, lines)
            _, offset, _, _, rate, channels = struct.unpack(">4s5I", header)
            refuse_implausible(file, rate, channels)
            pipe.read(offset - 24)
            name = file.detected_type or path.suffix.lower().lstrip(".")
            declared = _ffmpeg_declared(os.pread(said.fileno(), 1 << 16, 0).decode(errors="replace"), rate)
            declared = round(told.declared_s * rate) if told.declared_s else declared
            blocks = _ffmpeg_blocks(pipe, channels, path)
            yield Stream(
                rate,
                channels,
                name,
                "ffmpeg",
                declared,
                None,
                blocks,
                1.0 if declared else told.promised,
                told.joined,
                slack_s=0.3,
                cut=told.cut,
            )
        finally:
            process.kill()
            pipe.close()
            process.wait()


def _ffmpeg_declared(said: str, rate: int) -> int | None:
    """Frames of the length that the header gives, which ffmpeg tells apart from one that it estimates."""
    found = _DURATION.search(said)
    # a film is as long as its pictures, which the sound need not be
    if found is None or _ESTIMATED in said or _FILM.search(said):
        return None
    hours, minutes, seconds, start = found.groups()
    length_s = 3600 * int(hours) + 60 * int(minutes) + float(seconds) - max(0.0, float(start or 0.0))
    return max(1, round(length_s * rate))


_SAID = (
    (r"matches no streams", "it holds no audio stream"),
    (r"moov atom not found", "an MP4 without its index (moov), as in a file cut short"),
    (r"Decoder .*not found|Unsupported codec|unknown codec", "its coding is known to no decoder"),
    (r"Invalid data found|Invalid argument|Error opening|could not find", "its content makes sense to no decoder"),
    (r"lost sync|psf_|Internal|System error", "its content is damaged"),
    (r"Format not recogni[sz]ed|unknown format|End of file|File does not exist", "no audio format that is known"),
)


def _plain(line: str) -> str:
    """What a decoder says of a file, in words for whoever has to do something about the file."""
    return next((words for mark, words in _SAID if re.search(mark, line, re.IGNORECASE)), line)


def _refused(path: Path, lines: list[str]) -> UnreadableItemError:
    said = next((words for mark, words in _SAID if any(re.search(mark, line, re.IGNORECASE) for line in lines)), "")
    last = lines[-1] if lines else "ffmpeg gives no audio"
    return UnreadableItemError(f"{path.name}: {said or last.removeprefix(f'file:{path}').lstrip(': ')[:200]}")


def _ffmpeg_blocks(pipe: Any, channels: int, path: Path) -> Iterator[npt.NDArray[np.float32]]:
    n_bytes = max(1, BLOCK_VALUES // channels) * channels * 4
    seen = False
    while chunk := pipe.read(n_bytes):
        whole = len(chunk) - len(chunk) % (4 * channels)
        if whole:
            seen = True
            yield np.frombuffer(chunk[:whole], dtype=">f4").astype(np.float32).reshape(-1, channels)
    if not seen:
        raise EmptyItemError(f"{path.name}: a header and no samples")


def one_line(error: BaseException, path: Path) -> str:
    """What a decoder says, without the place of the file."""
    text = getattr(error, "error_string", None) or str(error)
    return _plain(" ".join(str(text).replace(str(path), path.name).split()).rstrip(".")[:200])
