"""Everything that is measured of what a picture shows, from one grey copy of a size at which people look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.media.image.content import content_share, drawn_share
from dsaudit.media.image.frame import frame
from dsaudit.media.image.jpeg import quality
from dsaudit.media.image.light import colour, histogram, light
from dsaudit.media.image.noise import noise
from dsaudit.media.image.sharpness import edges

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from dsaudit.media.base import Measured
    from dsaudit.media.image.decode import Decoded

LOOKED_AT_PX = 800
"""Longest side at which a picture is judged; larger ones are made smaller by a whole number, by averaging."""
PART_PX = 640
"""Side of the part in the middle that is judged in all its pixels."""

_ON_WHITE = ("RGBA", "LA", "PA", "La", "RGBa")
"""Modes of pictures with transparent parts, behind which white is ours."""


def appearance(picture: Decoded) -> Measured:
    """What a picture looks like.

    Returns
    -------
    dict
        The columns of ``light``, ``colour_range``, ``edge_px`` and ``moved_px`` (see ``Edges``), ``stored_edge_px``
        (the width of edges in pixels as stored), ``noise_levels`` (of 255), ``jpeg_quality`` (the lowest it was saved
        at), ``frame_share``, ``content_share`` and ``drawn_share``. All but ``frame_share`` are of what is within the
        frame.
    """
    times = -(-max(picture.full.size) // LOOKED_AT_PX)
    looked_at = picture.full.reduce(times) if times > 1 else picture.full
    levels = np.asarray(looked_at.convert("L"))
    around = frame(levels)
    frame_share = around.share(*levels.shape)
    levels = around.inside(levels)
    counts, noise_levels = histogram(levels), noise(levels)
    edge = edges(levels, noise_levels)
    stored = levels if times == 1 else np.asarray(_middle(picture.full).convert("L"))
    return light(levels, counts, on_white=picture.mode in _ON_WHITE) | {
        "colour_range": colour(picture.rgb),
        "edge_px": edge.width_px,
        "moved_px": edge.moved_px,
        "stored_edge_px": edges(stored, noise_levels).width_px if times > 1 else edge.width_px,
        "noise_levels": noise_levels,
        "jpeg_quality": quality(stored) if picture.reduced == 1 else float("nan"),
        "frame_share": frame_share,
        "content_share": content_share(levels, counts, noise_levels),
        "drawn_share": drawn_share(levels, noise_levels),
    }


def _middle(image: Picture) -> Picture:
    left, top = (max(0, (side - PART_PX) // 2) for side in image.size)
    return image.crop((left, top, min(image.width, left + PART_PX), min(image.height, top + PART_PX)))
