"""What decides the bytes of what PyTorch computes, told without importing it where that can be helped."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

_ACCELERATORS = ("nvidia*", "nvhost*", "kfd", "dxg", "accel*")
"""Names below ``/dev`` of which Linux has one where there is a GPU to be driven."""


def backend(device: str = "auto") -> str:
    """Kind of device that computes and the version of PyTorch, such as ``cpu-2.5.1+cpu``: a part of cache keys.

    Vectors and models of another device, or of another version, differ in their last digits.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``; ``auto`` is what ``dsaudit.model.device.pick_device`` takes.
    """
    version = package_version("torch")
    return f"{_kind(version) if device == 'auto' else device}-{version}"


def package_version(package: str) -> str:
    """Version of an installed package, without importing it; ``none`` where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _kind(torch_version: str) -> str:
    # the import takes a second or two, which an audit out of the cache is spared where the answer is plain
    if torch_version == "none" or torch_version.endswith("+cpu") or not _may_have_gpu():
        return "cpu"
    from dsaudit.model.device import pick_device

    return pick_device("auto").type


def _may_have_gpu(devices: Path = Path("/dev")) -> bool:
    return sys.platform != "linux" or any(next(devices.glob(name), None) for name in _ACCELERATORS)
