"""Decoding a stretch of a recording without the rest of it, where the format lets one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import soundfile

from dsaudit.dataset.segment import Segment
from dsaudit.errors import UnreadableItemError
from dsaudit.media.audio import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from dsaudit.media.audio.decode import Stream
    from dsaudit.media.file import OpenFile

    Blocks = Iterator[npt.NDArray[np.float32]]

ROUNDED_S = 0.05
"""By so much a stretch may end behind its file: lengths in manifests are rounded."""
_PREROLL_S = 1.0
"""Decoded from the middle, the first frames of MP3 and Opus are not what they are after those before them."""
_MP3 = ("MP3", "MPEG")
_INEXACT = ("VORBIS",)
"""Where libsndfile seeks to a place that is at times half a window off."""
_KEPT_VALUES = 16 * decode.BLOCK_VALUES
"""Of what was decoded on the way, for stretches that overlap."""


def extent(path: str) -> tuple[float, int] | None:
    """Length of a recording in seconds and its sample rate, as its header has them; None where it does not tell."""
    try:
        with decode.mpg123_silenced(not path.lower().endswith((".wav", ".flac"))):
            info = soundfile.info(path)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, OSError, ValueError):
        return None
    return (info.frames / info.samplerate, info.samplerate) if 0 < info.frames < 1 << 62 else None


@contextmanager
def opened(file: OpenFile) -> Iterator[Stream]:
    """Decode an open file, or the stretch of it that the item is; errors as of ``decode.opened``.

    A stretch is sought where that is exact. Elsewhere what is before it is decoded and dropped, once for all stretches
    that are asked for in their order. The decoder stays open for the next of the same file. A stretch may end
    ``ROUNDED_S`` behind the file; where it ends later, that shows as a recording shorter than it declares.

    Raises
    ------
    UnreadableItemError
        A stretch that starts behind the end, too.
    """
    if file.segment is None:
        with decode.opened(file) as stream:
            yield stream
        return
    if not isinstance(file.segment, Segment):
        raise UnreadableItemError(f"{file.path.name}: a recording has no boxes")
    decoder = _decoder(file, file.segment)
    stream = decoder.stream
    start, stop = file.segment.frames(stream.sample_rate_hz)
    declared = None if stream.n_declared is None else stream.n_declared - start
    present = None if stream.n_present is None else max(0, stream.n_present - start)
    if stop is not None:
        declared = stop - start
        present = None if present is None else min(present, stop - start)
    slack_s = max(ROUNDED_S, stream.slack_s)
    blocks = _told(decoder.blocks(start, stop), file)
    yield replace(
        stream,
        n_declared=declared,
        n_present=present,
        blocks=blocks,
        promised=1.0,
        joined="",
        cut=False,
        slack_s=slack_s,
        asked=True,
    )


_LAST = threading.local()


def _told(blocks: Blocks, file: OpenFile) -> Blocks:
    empty = True
    for block in blocks:
        empty = False
        yield block
    if empty and file.segment is not None:
        raise UnreadableItemError(f"{file.path.name}: it ends before the stretch from {file.segment.words}")


def _decoder(file: OpenFile, segment: Segment) -> _Decoder:
    """The decoder of the file that is open already, if it can still get to the stretch; else a new one."""
    last: _Decoder | None = getattr(_LAST, "decoder", None)
    forwards = False
    if last is not None and last.of is file.stream:
        if last.reaches(*segment.frames(last.stream.sample_rate_hz)):
            return last
        forwards = True
    _LAST.decoder = None
    if last is not None:
        last.close()
    new = _Decoder(file, forwards=forwards)
    if not new.reaches(*segment.frames(new.stream.sample_rate_hz)):
        new.close()
        new = _Decoder(file, forwards=True)
    _LAST.decoder = new
    return new


class _Decoder:
    """What decodes one file, stretch by stretch: by seeking, or forwards, which goes on where the last one ended."""

    def __init__(self, file: OpenFile, *, forwards: bool) -> None:
        self.of = file.stream
        self._name = file.path.name
        self._opened = decode.opened(replace(file, segment=None), sought=True)
        self.stream = self._opened.__enter__()
        source = self.stream.source
        seeks = source is not None and soundfile.SoundFile.seekable(source) and self.stream.subtype not in _INEXACT
        self._source: Any = source if seeks and not forwards else None
        self._n_frames = int(source.frames) if seeks else 0
        self._kept: list[tuple[int, npt.NDArray[np.float32]]] = []
        self._n_decoded = 0

    def close(self) -> None:
        """Let go of the file."""
        self._opened.__exit__(None, None, None)

    def reaches(self, start: int, stop: int | None) -> bool:
        """Whether what lies between two frames can be had of it."""
        if self._source is not None:  # what libsndfile takes for the length of an MP3 may be an estimate
            return self.stream.container not in _MP3 or (stop is not None and stop <= self._n_frames)
        return start >= (self._kept[0][0] if self._kept else self._n_decoded)

    def blocks(self, start: int, stop: int | None) -> Blocks:
        """What lies between two frames, as far as it is there."""
        for at, block in self._sought(start, stop) if self._source is not None else self._forwards(start, stop):
            part = block[max(0, start - at) : None if stop is None else max(0, stop - at)]
            if len(part):
                yield part

    def _sought(self, start: int, stop: int | None) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        end = self._n_frames if stop is None else min(stop, self._n_frames)
        lossy = self.stream.container in (*_MP3, "OGG")
        at = max(0, start - round(_PREROLL_S * self.stream.sample_rate_hz)) if lossy else start
        if at >= end:
            return
        most = max(1, decode.BLOCK_VALUES // self.stream.n_channels)
        try:
            with decode.mpg123_silenced(lossy):
                soundfile.SoundFile.seek(self._source, at)
            while at < end and len(block := decode.read(self._source, min(most, end - at))):
                stream = self.stream
                yield at, decode.Scale(stream.scale, stream.centre, stream.stray)(block)
                at += len(block)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise UnreadableItemError(f"{self._name}: {decode.one_line(error, Path(self._name))}") from error

    def _forwards(self, start: int, stop: int | None) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
        self._kept = [(at, block) for at, block in self._kept if at + len(block) > start]
        yield from list(self._kept)
        while stop is None or self._n_decoded < stop:
            block = next(self.stream.blocks, None)
            if block is None:
                return
            at = self._n_decoded
            self._n_decoded += len(block)
            if self._n_decoded > start:
                self._kept.append((at, block))
                while sum(b.size for _, b in self._kept[1:]) > _KEPT_VALUES:
                    del self._kept[0]
            yield at, block
