"""Where tensors are computed, and with how many threads."""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING

import torch

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICES = ("auto", "cpu", "cuda", "mps")
CPU = torch.device("cpu")


def pick_device(name: str = "auto") -> torch.device:
    """Device by name; ``auto`` takes CUDA, then MPS, then the CPU.

    Raises
    ------
    UsageError
        The name is unknown or the device is not there.
    """
    if name not in DEVICES:
        raise UsageError(f"unknown device {name!r}", hint=f"Choose one of {', '.join(DEVICES)}.")
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if present[device]))
    if not present[name]:
        raise UsageError(f"no {name} device on this machine", hint="Use --device auto or cpu.")
    return torch.device(name)


@contextlib.contextmanager
def exact_convolutions() -> Iterator[None]:
    """Convolutions on a GPU in full float32, and the same to the last bit each time; as they were afterwards.

    cuDNN rounds to TensorFloat-32 unless told otherwise, which shows in the third digit of a vector, and adds up in
    any order. Convolutions that ``dsaudit.model.precision.autocast`` makes in half precision stay so.
    """
    flags = torch.backends.cudnn
    before = flags.allow_tf32, flags.deterministic
    flags.allow_tf32, flags.deterministic = False, True
    try:
        yield
    finally:
        flags.allow_tf32, flags.deterministic = before


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """One torch and one BLAS thread per Python thread inside the block, and ``exact_convolutions``.

    The caller's own number of threads afterwards.

    Several Python threads with a batch each beat several torch threads inside one batch: nothing waits
    at a barrier, so a busy core slows its own batch only, and sums are always taken in the same order,
    so results do not depend on the number of cores.
    """
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with exact_convolutions(), threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


_ALONE: ContextVar[bool] = ContextVar("one_worker", default=False)


@contextlib.contextmanager
def one_worker() -> Iterator[None]:
    """``n_workers`` is one inside the block: other processes have the other cores."""
    before = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(before)


def n_workers(device: torch.device) -> int:
    """Python threads worth starting: the cores this process may use, or one where a GPU does the work."""
    if device.type != "cpu" or _ALONE.get():
        return 1
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1
