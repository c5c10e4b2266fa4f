"""Light: how bright a picture is, how far its levels lie apart, and how far those side by side do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dsaudit.media.base import Measured
    from dsaudit.media.image.decode import Decoded


def light(picture: Decoded) -> Measured:
    """Brightness, contrast and sharpness of a picture, see ``ImageMedia.measure``."""
    levels = picture.grey
    contrast = float(levels.std())
    steps = [np.abs(np.diff(levels, axis=axis)).mean() for axis in (0, 1) if levels.shape[axis] > 1]
    sharpness = float(np.mean(steps)) / contrast if steps and contrast > 1e-3 else float("nan")
    return {"brightness": float(levels.mean()), "contrast": contrast, "sharpness": sharpness}
