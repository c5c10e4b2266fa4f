"""Changes to pictures that leave the label as it is, and mixtures of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from dsaudit.model.batches import partners

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.media.image.recipe import ImageRecipe

_MOST_STRETCH = 4 / 3
"""Of one side of a cut against the other (Szegedy et al. 2015)."""


def augmented(pictures: torch.Tensor, recipe: ImageRecipe, rng: np.random.Generator) -> torch.Tensor:
    """Cut out and enlarged, mirrored, and with other light and colours.

    Parameters
    ----------
    pictures : float32 tensor (n, 3, px, px)
        -1 to 1. Not changed.
    rng : Generator
        Draws everything, picture by picture.
    """
    n, device = len(pictures), pictures.device
    draws = rng.random((n, 8))
    area = 1.0 - recipe.crop * draws[:, 0]
    stretch = _MOST_STRETCH ** (draws[:, 1] - 0.5) if recipe.crop else np.ones(n)
    wide, high = np.minimum(np.sqrt(area) * stretch, 1.0), np.minimum(np.sqrt(area) / stretch, 1.0)
    mirror = np.where(draws[:, 2] < recipe.flip, -1.0, 1.0)
    places = np.zeros((n, 2, 3))
    places[:, 0, 0], places[:, 1, 1] = wide * mirror, high
    places[:, 0, 2], places[:, 1, 2] = (1.0 - wide) * (2 * draws[:, 3] - 1), (1.0 - high) * (2 * draws[:, 4] - 1)
    where = torch.as_tensor(places, dtype=torch.float32, device=device)
    grid = affine_grid(where, list(pictures.shape), align_corners=False)
    out = grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    light, contrast, saturation = (
        torch.as_tensor(1.0 + recipe.colour * (2 * draws[:, k] - 1), dtype=torch.float32, device=device)[
            :, None, None, None
        ]
        for k in (5, 6, 7)
    )
    grey = out.mean(1, keepdim=True)
    out = grey + (out - grey) * saturation
    mean = out.mean((1, 2, 3), keepdim=True)
    out = mean + (out - mean) * contrast
    return ((out + 1.0) * light - 1.0).clamp(-1.0, 1.0)


def mixed(
    hidden: torch.Tensor, recipe: ImageRecipe, rng: np.random.Generator
) -> tuple[torch.Tensor, float, npt.NDArray[np.int64]]:
    """Each of (n, channels, height, width) mixed with another, the share of itself that it keeps, and which other.

    Mixup (Zhang et al. 2018) or, of each batch as a coin falls where the recipe has both, CutMix (Yun et al. 2019).
    """
    n = len(hidden)
    cut = bool(recipe.cutmix) and (not recipe.mixup or rng.random() < 0.5)
    share, partner = partners(rng, n, strength=recipe.cutmix if cut else recipe.mixup)
    if share == 1.0:
        return hidden, share, partner
    other = hidden[torch.from_numpy(partner).to(hidden.device)]
    if not cut:
        return hidden.lerp(other, 1.0 - share), share, partner
    height, width = hidden.shape[2:]
    rows, columns = (max(round(side * (1.0 - share) ** 0.5), 1) for side in (height, width))
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    out = hidden.clone()
    piece = (..., slice(top, top + rows), slice(left, left + columns))
    out[piece] = other[piece]
    return out, 1.0 - rows * columns / (height * width), partner
