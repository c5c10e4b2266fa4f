"""Pictures as the square that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

MEAN, SCALE = 127.0, 128.0
"""What is taken out of red, green and blue (0 to 255), as it was when the weights were trained."""


def squared(image: Image.Image, px: int) -> npt.NDArray[np.uint8]:
    """A picture as a square, uint8 (px, px, 3): resized as a whole with its proportions kept, the rest its mean colour.

    Kept proportions are worth more than the pixels that are lost to the margins (of clothes 1 to 3 % more are known
    than by pictures squashed), and a crop would lose what lies at the ends. Margins are of no colour of their own.
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
    square[:] = small.mean(axis=(0, 1)).round()
    top, left = (px - height) // 2, (px - width) // 2
    square[top : top + height, left : left + width] = small
    return square


def normalised(squares: torch.Tensor) -> torch.Tensor:
    """Float32 (n, 3, px, px), channels last in memory, -1 to 1, of squares (n, px, px, 3) of 0 to 255."""
    return ((squares.float() - MEAN) / SCALE).permute(0, 3, 1, 2)
