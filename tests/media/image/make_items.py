"""Pictures that the laws of rules are tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def write_item(stem: Path, k: int) -> Path:
    """The k-th of three sorts of noise, in every twelve four that are odd: tiny, long, grey all over, large."""
    rng = np.random.default_rng(k)
    coarse = rng.integers(0, 255, (4 + 4 * (k % 3), 6, 3), dtype=np.uint8)
    size = {5: (2, 2), 7: (400 + k, 20), 11: (900, 700)}.get(k % 12, (80, 60))
    picture = Image.fromarray(coarse if k % 12 != 8 else np.full_like(coarse, 128)).resize(size)
    path = stem.with_suffix(".png")
    picture.convert("L" if k == 17 else "RGB").save(path)
    return path
