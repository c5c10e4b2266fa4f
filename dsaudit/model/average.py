"""The moving average of weights, which predicts better than the weights it averages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.optim.swa_utils import AveragedModel

if TYPE_CHECKING:
    Tensors = tuple[torch.Tensor, ...] | list[torch.Tensor]


def averaged(network: torch.nn.Module, *, decay: float) -> AveragedModel:
    """An exponential moving average of the network's weights (Polyak & Juditsky 1992); ``decay`` 0 copies them.

    While few steps are taken the decay is smaller, ``(1 + n) / (10 + n)``, so that the start is forgotten. Call
    ``update_parameters(network)`` after each step.
    """

    def mix(average: Tensors, current: Tensors, n_averaged: torch.Tensor | int) -> None:
        n = float(n_averaged)
        share = 1.0 - min(decay, (1.0 + n) / (10.0 + n))
        torch._foreach_lerp_(average, current, share)

    return AveragedModel(network, multi_avg_fn=mix)
