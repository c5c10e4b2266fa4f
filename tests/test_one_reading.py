"""A file is opened once per audit, whatever is made of it."""

from __future__ import annotations

import os
import sys
from collections import Counter

import numpy as np
import pytest
import soundfile
from fabric import word, write_wav

from dsaudit import audit

_OPENED: Counter[str] = Counter()
_watched: list[str] = []


def _watch(event, arguments):
    if event == "open" and _watched and isinstance(arguments[0], str | os.PathLike):
        path = os.fspath(arguments[0])
        if isinstance(path, str) and path.startswith(_watched[0]) and path.endswith((".wav", ".flac")):
            _OPENED[path] += 1


sys.addaudithook(_watch)


def encode(waveforms):
    """Coarse spectra: a stand-in for an encoder."""
    spectra = [np.abs(np.fft.rfft(x, 16_000))[:4_096].reshape(32, 128).mean(1) for x in waveforms]
    return np.asarray(spectra, dtype=np.float32)


@pytest.mark.usefixtures("in_process")
def test_a_file_is_opened_once_per_audit(tmp_path, monkeypatch):
    root = tmp_path / "data"
    paths = [write_wav(root / name / f"{k}.wav", word(k)) for name in ("yes", "no") for k in range(12)]
    x, rate = soundfile.read(paths[0])
    soundfile.write(root / "yes" / "x.flac", x[::-1], rate)

    class Watched(soundfile.SoundFile):
        """libsndfile opens behind Python's back: by path is an open, by descriptor is none."""

        def __init__(self, file, *args, **options):
            if isinstance(file, str | os.PathLike):
                _OPENED[os.fspath(file)] += 1
            super().__init__(file, *args, **options)

    monkeypatch.setattr(soundfile, "SoundFile", Watched)
    monkeypatch.setitem(sys.modules, "one_reading", sys.modules[__name__])
    _OPENED.clear()
    _watched[:] = [str(root)]
    try:
        run = audit(root, out=tmp_path / "out", jobs=1, encoder="one_reading:encode")
        assert len(run.embeddings) == 25
        assert b"audio/mpeg" in (run.path / "report.html").read_bytes()
        assert set(_OPENED.values()) == {1}
        assert len(_OPENED) == 25
        audit(root, out=tmp_path / "out", jobs=1, encoder="one_reading:encode")
        assert set(_OPENED.values()) == {1}, "what is known is not opened at all"
    finally:
        _watched.clear()
