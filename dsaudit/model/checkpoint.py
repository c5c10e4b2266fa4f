"""Training that was killed goes on where it was: one file per model, written after each epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from dsaudit.store.files import write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def save_tensors(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values; the same values give the same bytes, whatever the file is called."""
    with path.open("wb") as stream:  # given a path, torch writes its name into the file
        torch.save(state, stream)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values; the file is there whole or not at all.

    Raises
    ------
    StoreError
        The place cannot be written.
    """
    _keep(path, lambda partial: save_tensors(partial, state))


def take_checkpoint(path: Path, data: bytes) -> None:
    """Write what was saved elsewhere, in the same way."""
    _keep(path, lambda partial: partial.write_bytes(data))


def _keep(path: Path, write: Callable[[Path], object]) -> None:
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, write)


def load_checkpoint(path: Path | None, *, needs: tuple[str, ...]) -> dict[str, Any] | None:
    """What was saved; None where nothing was, it is damaged, or one of ``needs`` is not in it.

    Nothing but tensors and plain values is unpickled. Tensors come to the CPU, where losses of items in double
    precision belong, which some devices do not have; ``load_state_dict`` takes weights to their device.
    """
    if path is None or not path.is_file():
        return None
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception:  # damage shows in many ways, and costs time only
        return None
    return state if isinstance(state, dict) and set(needs) <= set(state) else None
