"""What decides the bytes of what PyTorch computes, told without importing it where that can be helped."""

from __future__ import annotations

from importlib import metadata

from dsaudit.engine.local import may_have_gpu
from dsaudit.engine.mapping import accelerated


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


def backend_there(device: str = "auto") -> str:
    """The same of where items are encoded and networks trained: on GPUs of the engine's own, or as ``backend``."""
    return f"{there}-{package_version('torch')}" if (there := device_there(device)) else backend(device)


def device_there(device: str = "auto") -> str:
    """What GPUs of the engine's own compute with, such as ``cuda``; empty where it has none, or none is wanted."""
    return (accelerated(_picked) or "") if device in ("auto", "cuda") else ""


def _picked() -> str:
    from dsaudit.model.device import pick_device

    return pick_device("auto").type


def package_version(package: str) -> str:
    """Version of an installed package, without importing it; ``none`` where there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _kind(torch_version: str) -> str:
    # the import takes a second or two, which an audit out of the cache is spared where the answer is plain
    if torch_version == "none" or torch_version.endswith("+cpu") or not may_have_gpu():
        return "cpu"
    from dsaudit.model.device import pick_device

    return pick_device("auto").type
