"""Weights are found without importing their package, and refused when they are other weights."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

from dsaudit.kind import named
from dsaudit.media import kinds
from dsaudit.media.audio.encoders import SPEECH


def test_every_backbone_is_installed_and_intact():
    sources = [named(place) for kind in kinds() for place in kind.encoders.values()]
    backbones = {source.weights for source in sources} - {None}
    assert SPEECH in backbones
    for backbone in backbones:
        state = backbone.check()
        assert state.ok, state.detail
        assert all(path.is_file() for path in backbone.paths())


def test_a_package_that_is_not_installed_is_missing():
    absent = dataclasses.replace(SPEECH, package="no-such-package-anywhere")
    assert absent.check().state == "missing"
    assert absent.paths() == ()
    assert "pip install no-such-package-anywhere==0.3.0" in absent.check().detail


def test_a_file_that_is_not_there_is_missing():
    assert dataclasses.replace(SPEECH, files=(("livekit/no.onnx", "00"),)).check().state == "missing"


def test_other_bytes_are_a_mismatch():
    name, _ = SPEECH.files[0]
    state = dataclasses.replace(SPEECH, files=((name, "0" * 64),)).check()
    assert state.state == "mismatch"
    assert not state.ok


def test_checking_imports_neither_torch_nor_the_package():
    code = (
        "import sys; from dsaudit.media.audio.encoders import SPEECH; SPEECH.check();"
        "assert not {'torch', 'onnx', 'livekit.wakeword', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
