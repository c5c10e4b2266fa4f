"""Photographs drawn by code: things with sharp outlines and texture on ground with shading and a little grain."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage


def photograph(seed: int, size: tuple[int, int] = (320, 240)) -> npt.NDArray[np.float64]:
    """RGB, (height, width, 3), 0 to 255."""
    rng = np.random.default_rng(seed)
    width, height = size
    coarse = Image.fromarray(rng.integers(70, 200, (3, 4, 3), dtype=np.uint8))
    image = coarse.resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(9):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        radius = rng.uniform(0.06, 0.2) * height
        corners = [
            (x + radius * rng.uniform(0.6, 1.4) * np.cos(t), y + radius * rng.uniform(0.6, 1.4) * np.sin(t))
            for t in np.linspace(0, 2 * np.pi, int(rng.integers(4, 9)), endpoint=False)
        ]
        draw.polygon(corners, fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    pixels = np.asarray(image, dtype=np.float64)
    texture = ndimage.gaussian_filter(rng.normal(0, 1, (height, width)), 1.0)
    woven = (np.arange(width) > width / 2) & (np.arange(height)[:, None] > height / 2)
    pixels = pixels + (texture * 25 * woven)[..., None] + rng.normal(0, 0.5, pixels.shape)
    return np.asarray(np.clip(ndimage.gaussian_filter(pixels, (0.5, 0.5, 0)), 0, 255))


def grey(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8)).convert("L"))
