"""What makes a GPU fast: half precision and compiled code, both left out where they are not there."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from dsaudit.model.network import Network

Features = Callable[..., torch.Tensor]
"""What ``Network.features`` is: from what ``Inputs.batch`` gives to features."""

_WORTH_COMPILING = 500_000
"""Items trained on in all; for fewer, compiling takes longer than it saves."""


def half_type(device: torch.device) -> torch.dtype | None:
    """Half precision of a device: bfloat16 where CUDA has it, else float16; None where nothing is gained."""
    if device.type != "cuda":
        return None
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def autocast(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Convolutions and products in half precision where the device gains by it."""
    dtype = half_type(device)
    return contextlib.nullcontext() if dtype is None else torch.autocast(device.type, dtype=dtype)


def gradient_scaler(device: torch.device) -> torch.amp.GradScaler:
    """Keeps small gradients from vanishing in float16; does nothing elsewhere."""
    return torch.amp.GradScaler(device.type, enabled=half_type(device) is torch.float16)


def compiled(network: Network, device: torch.device, *, n_items: int) -> Features:
    """``network.features``, compiled for long training on CUDA; what cannot be compiled runs as it is."""
    if device.type != "cuda" or n_items < _WORTH_COMPILING or importlib.util.find_spec("triton") is None:
        return network.features
    torch._dynamo.config.suppress_errors = True  # type: ignore[attr-defined, unused-ignore]
    made: Features = torch.compile(network.features, dynamic=True)
    return made
