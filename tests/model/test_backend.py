"""What keeps results of one device, or of one version of PyTorch, apart from those of another."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

from dsaudit.model import backend as module
from dsaudit.model.backend import backend, package_version
from dsaudit.model.device import pick_device


def test_names_the_device_and_the_version():
    assert backend("cuda") == f"cuda-{metadata.version('torch')}"
    assert backend("cpu") != backend("mps")
    assert package_version("no-such-package") == "none"


def test_auto_is_the_device_that_would_be_taken(monkeypatch):
    assert backend() == backend("auto") == backend(pick_device("auto").type)
    monkeypatch.setattr(module, "package_version", lambda package: "2.9.0")
    monkeypatch.setattr(module, "may_have_gpu", lambda: True)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert backend() == "cuda-2.9.0"
    monkeypatch.setattr(module, "may_have_gpu", lambda: False)
    assert backend() == "cpu-2.9.0"


@pytest.mark.parametrize("name", ["nvidiactl", "kfd", "dxg", "nvhost-gpu"])
def test_a_gpu_shows_in_the_devices(monkeypatch, tmp_path, name):
    monkeypatch.setattr(sys, "platform", "linux")
    for other in ("nvme0", "nvram", "null"):
        (tmp_path / other).touch()
    assert not module.may_have_gpu(tmp_path)
    (tmp_path / name).touch()
    assert module.may_have_gpu(tmp_path)


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_torch_is_not_imported_where_there_is_no_gpu(device):
    lines = (
        "import sys; from dsaudit.model import backend as b; b.may_have_gpu = lambda: False",
        f"assert b.backend({device!r}).startswith('cpu-'); assert 'torch' not in sys.modules",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
