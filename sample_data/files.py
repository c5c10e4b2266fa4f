"""Samples and tables as the bytes of whole files, the same in every run."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from speech import RATE_HZ, Signal


def pcm(x: Signal) -> npt.NDArray[np.int16]:
    """Samples as 16-bit integers: left to libsndfile, FLAC and WAV would round the same sample differently."""
    return np.round(np.clip(x * 2**15, -(2**15), 2**15 - 1)).astype(np.int16)


def encoded(x: Signal, form: str, *, subtype: str = "", rate: int = RATE_HZ) -> bytes:
    """Samples as a whole file of libsndfile's format ``form``, 16-bit integers unless ``subtype`` is ``FLOAT``."""
    buffer = io.BytesIO()
    subtype = subtype or ("MPEG_LAYER_III" if form == "MP3" else "PCM_16")
    samples = x.astype(np.float32) if subtype == "FLOAT" else pcm(x)
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()


def converted(x: Signal, container: str, codec: str) -> bytes:
    """Samples as a whole file of ffmpeg's format ``container``, without dates or random serial numbers."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise SystemExit("ffmpeg is needed to write the m4a and ogg clips")
    suffix = {"ipod": ".m4a", "ogg": ".ogg"}[container]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.wav", Path(folder) / f"out{suffix}"
        source.write_bytes(encoded(x, "WAV"))
        exact = ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-map_metadata", "-1"]
        command = [program, "-v", "error", "-i", str(source), *exact, "-c:a", codec, "-b:a", "40k", "-f", container]
        subprocess.run([*command, str(target)], check=True)
        return target.read_bytes()


def table(rows: list[dict[str, str]]) -> str:
    """Rows as CSV text."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
