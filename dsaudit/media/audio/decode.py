"""From a file of any audio format to blocks of samples, never the whole recording at once."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from dsaudit.errors import EmptyItemError, NoDecoderError, UnreadableItemError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.media.file import OpenFile

BLOCK_VALUES = 1 << 20
"""Samples × channels per block: 4 MiB of float32, whatever the rate and the number of channels."""

_NOT_AUDIO = frozenset(
    {"png", "jpeg", "gif", "bmp", "tiff", "webp", "pdf", "zip", "gzip", "7z", "html", "text", "parquet"}
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
        Frames the header promises; None where it makes no promise.
    n_present : int or None
        Frames that can be expected; None where only decoding tells.
    blocks : iterator of float32 arrays (n, n_channels)
        At most ``BLOCK_VALUES`` values each. Full scale is 1; floats beyond it, NaN and infinities come as stored.
    """

    sample_rate_hz: int
    n_channels: int
    container: str
    subtype: str
    n_declared: int | None
    n_present: int | None
    blocks: Iterator[npt.NDArray[np.float32]]


@contextmanager
def opened(file: OpenFile) -> Iterator[Stream]:
    """Decode an open file as its content calls for.

    soundfile first; what it does not know goes to the ``ffmpeg`` program where one is installed. A ``.wav`` that is an
    image is refused before a decoder sees it.

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
    source: Any = None
    reason = ""
    if detected_type not in _FFMPEG_ONLY:
        try:
            with _mpg123_silenced(detected_type in ("mp3", None)):
                source = _soundfile(file)
        except (soundfile.LibsndfileError, TypeError, ValueError, RuntimeError, OSError) as error:
            reason = _one_line(error, path)
    if source is not None:
        with source:
            yield _from_soundfile(source, file)
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
    yield from _with_ffmpeg(program, path, detected_type)


def _soundfile(file: OpenFile) -> Any:
    # By descriptor: the file is open already, and whatever the suffix, libsndfile looks at the content.
    try:
        file.stream.seek(0)
        return soundfile.SoundFile(file.stream.fileno(), closefd=False)
    except soundfile.LibsndfileError:
        if file.path.suffix.lower() in (".raw", ".sd2"):  # taken for headerless data by their suffix
            raise
        return soundfile.SoundFile(file.path)


def _from_soundfile(source: Any, file: OpenFile) -> Stream:
    path = file.path
    declared: int | None = source.frames
    if file.detected_type == "wav":
        # libsndfile trims the promise of a cut WAV to what is there; the header still has it.
        declared = _wav_declared(file.head, file.n_bytes, source.frames) or source.frames
    if source.frames == 0:
        raise EmptyItemError(f"{path.name}: a header and no samples")
    if source.frames >= 1 << 62:
        declared = None
    return Stream(
        sample_rate_hz=int(source.samplerate),
        n_channels=int(source.channels),
        container=str(source.format),
        subtype=str(source.subtype),
        n_declared=declared,
        n_present=None if declared is None else int(source.frames),
        blocks=_soundfile_blocks(source, file),
    )


def _soundfile_blocks(source: Any, file: OpenFile) -> Iterator[npt.NDArray[np.float32]]:
    path = file.path
    n_block = max(1, BLOCK_VALUES // source.channels)
    n_read = 0
    reason = "no sample could be decoded"
    try:
        while len(block := _read(source, n_block)):
            n_read += len(block)
            yield block
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = _one_line(error, path)
        for block in _until_damage(file, n_read):
            n_read += len(block)
            yield block
    if n_read == 0:
        raise UnreadableItemError(f"{path.name}: {reason}")


def _read(source: Any, n: int) -> npt.NDArray[np.float32]:
    with _mpg123_silenced(source.format == "MP3"):
        return np.asarray(source.read(n, dtype="float32", always_2d=True))


@contextmanager
def _mpg123_silenced(wanted: bool) -> Iterator[None]:
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


def _until_damage(file: OpenFile, n_done: int) -> Iterator[npt.NDArray[np.float32]]:
    """What lies between a position and the damage: the block that holds it is lost as a whole, so in small ones."""
    try:
        with _soundfile(file) as source:
            at = 0
            while len(block := _read(source, 1024)):
                at += len(block)
                if at > n_done:
                    yield block[max(0, n_done - at + len(block)) :]
    except (soundfile.LibsndfileError, RuntimeError):
        return


def _wav_declared(head: bytes, size: int, n_present: int) -> int | None:
    """Frames promised by the ``data`` chunk of a RIFF file that is shorter than it says; else None."""
    order = ">" if head[:4] == b"RIFX" else "<"
    if head[:4] not in (b"RIFF", b"RIFX"):
        return None
    position, block_align = 12, 0
    while position + 8 <= len(head):
        name, length = head[position : position + 4], int(struct.unpack_from(order + "I", head, position + 4)[0])
        if name == b"fmt " and position + 22 <= len(head):
            block_align = int(struct.unpack_from(order + "H", head, position + 20)[0])
        if name == b"data":
            present = size - position - 8
            # 0 and the largest sizes are what streaming writers leave when they cannot seek back.
            if length >= 0x7FFFFF00 or length <= present or not block_align:
                return None
            return max(n_present, round(n_present * length / present)) if present > 0 else length // block_align
        position += 8 + length + (length & 1)
    return None


def _with_ffmpeg(program: str, path: Path, detected_type: str | None) -> Iterator[Stream]:
    # AU is the plainest header that carries rate and channels through a pipe. Local protocols only:
    # a play list that poses as a recording must not reach the network.
    command = [program, "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-i", f"file:{path}"]
    command += ["-map", "0:a:0", "-f", "au", "-c:a", "pcm_f32be", "pipe:1"]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
        pipe: Any = process.stdout
        try:
            header = pipe.read(24)
            if len(header) < 24:
                process.wait()
                complaints.seek(0)
                lines = complaints.read().decode(errors="replace").strip().splitlines()
                raise _refused(path, lines[-1] if lines else "ffmpeg gives no audio")
            _, offset, _, _, rate, channels = struct.unpack(">4s5I", header)
            pipe.read(offset - 24)
            blocks = _ffmpeg_blocks(pipe, channels, path)
            yield Stream(rate, channels, detected_type or path.suffix.lower().lstrip("."), "ffmpeg", None, None, blocks)
        finally:
            process.kill()
            pipe.close()
            process.wait()


def _refused(path: Path, line: str) -> UnreadableItemError:
    if "matches no streams" in line:
        line = "it holds no audio stream"
    return UnreadableItemError(f"{path.name}: {line.replace(f'file:{path}', path.name)[:200]}")


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


def _one_line(error: BaseException, path: Path) -> str:
    text = getattr(error, "error_string", None) or str(error)
    return " ".join(str(text).replace(str(path), path.name).split()).rstrip(".")[:200]
