"""Learning rates over the course of training, and which layers learn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dsaudit.model.optimizer import SGD, Adagrad, Adam, AdamW

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from dsaudit.model.recipe import Recipe

_CUT = 32.0
"""The slanted triangle ends, and begins, at this fraction of its peak (Howard & Ruder 2018)."""


def rate_factor(schedule: str, progress: float, *, warm_up: float) -> float:
    """Share, 0 to 1, of the highest learning rate.

    Parameters
    ----------
    schedule : str
        ``one-cycle``: half a cosine up, then half a cosine down to 0 (Smith 2018); ``slanted-triangular``: straight
        up, then straight down to 1/32 (Howard & Ruder 2018).
    progress : float
        Share of all steps that are done, 0 to 1.
    warm_up : float
        Share of all steps in which it rises, 0 to 0.9.
    """
    rising = progress < warm_up
    share = progress / warm_up if rising else (1.0 - progress) / (1.0 - warm_up)
    if schedule == "slanted-triangular":
        return (1.0 + share * (_CUT - 1.0)) / _CUT
    return 0.5 - 0.5 * math.cos(math.pi * share)


def group_rates(recipe: Recipe, n_groups: int, *, epoch: float) -> list[float]:
    """Learning rate of each group of layers relative to the head's, from the lowest group to the head.

    Each group learns at ``layer_decay`` of the rate above it; groups thaw one by one from the top, and those
    below the tuned ones never do. ``epoch`` counts what is done, with its fraction.
    """
    rates = []
    for below_head in range(n_groups - 1, -1, -1):
        thawed = below_head <= recipe.layers and epoch >= below_head * recipe.unfreeze_epochs
        rates.append(recipe.layer_decay**below_head if thawed else 0.0)
    return rates


def make_optimizer(groups: Sequence[Sequence[torch.nn.Parameter]], recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser that the recipe names, with one parameter group per group of layers."""
    parts = [{"params": list(group)} for group in groups]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "adamw":
        return AdamW(parts, lr=rate, weight_decay=decay, fused=True)
    if recipe.optimizer == "adam":
        return Adam(parts, lr=rate, weight_decay=decay, fused=True)
    if recipe.optimizer == "adagrad":
        return Adagrad(parts, lr=rate, weight_decay=decay)
    moving = recipe.optimizer == "momentum"
    return SGD(parts, lr=rate, weight_decay=decay, momentum=0.9 if moving else 0.0, nesterov=moving)
