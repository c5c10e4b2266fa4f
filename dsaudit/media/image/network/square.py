"""Pictures as the square that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt

MEAN = (0.485, 0.456, 0.406)
SCALE = (0.229, 0.224, 0.225)
"""Mean and spread of red, green and blue over ImageNet: what trained networks were given had them taken out."""
_GREY = (124, 116, 104)


def squared(image: Image.Image, px: int) -> npt.NDArray[np.uint8]:
    """A picture as a square, uint8 (px, px, 3): resized as a whole with its proportions kept, the rest a mean grey.

    Kept proportions are worth more than the pixels that are lost to the margins; a crop would lose what lies there.
    Small pictures are enlarged smoothly (bicubic): a network that was trained on large ones knows no blocks of pixels.

    Parameters
    ----------
    image : PIL.Image
        RGB.
    px : int
    """
    share = px / max(image.size)
    width, height = (min(max(round(n * share), 1), px) for n in image.size)
    small = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    if (width, height) == (px, px):
        return small
    square = np.empty((px, px, 3), dtype=np.uint8)
    square[:] = _GREY
    top, left = (px - height) // 2, (px - width) // 2
    square[top : top + height, left : left + width] = small
    return square


def normalised(squares: torch.Tensor) -> torch.Tensor:
    """Float32 (n, 3, px, px), channels last in memory, of squares (n, px, px, 3) of 0 to 255."""
    mean, scale = (torch.tensor(value, device=squares.device) * 255.0 for value in (MEAN, SCALE))
    return ((squares.float() - mean) / scale).permute(0, 3, 1, 2)
