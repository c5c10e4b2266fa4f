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
LEAST_PX = 8
"""Thinner pictures show nothing to judge: their size or shape is what is odd."""
PART_PX = 640
"""Side of the part in the middle that is judged in all its pixels."""

_FEW_LEVELS = 16
"""Of a picture with no more grey levels the noise is how its levels were made: the dots of a print or a palette."""
_COLUMNS = (
    *("brightness", "contrast", "darkest", "brightest", "blown_share", "white_ground_share", "colour_range"),
    *("edge_px", "moved_px", "stored_edge_px", "noise_levels", "jpeg_quality", "frame_share", "content_share"),
    "drawn_share",
)
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
        frame. NaN, all of them, of pictures less than ``LEAST_PX`` wide or high; ``noise_levels`` also of those
        whose levels are few, or scaled from more than 8 bits.
    """
    if min(picture.full.size) < LEAST_PX:
        return dict.fromkeys(_COLUMNS, float("nan"))
    times = -(-max(picture.full.size) // LOOKED_AT_PX)
    looked_at = picture.full.reduce(times) if times > 1 else picture.full
    levels = np.asarray(looked_at.convert("L"))
    around = frame(levels)
    frame_share = around.share(*levels.shape)
    levels = around.inside(levels)
    counts, noise_levels = histogram(levels), noise(levels)
    edge = edges(levels, noise_levels)
    stored = levels if times == 1 else np.asarray(_middle(picture.full).convert("L"))
    # a scale that is ours and not the picture's says nothing of how strong its noise is, nor do dots that are meant
    unscaled = picture.mode.startswith(("I", "F", "1")) or np.count_nonzero(counts) <= _FEW_LEVELS
    return light(levels, counts, on_white=picture.mode in _ON_WHITE) | {
        "colour_range": colour(picture.rgb),
        "edge_px": edge.width_px,
        "moved_px": edge.moved_px,
        "stored_edge_px": edges(stored, noise_levels).width_px if times > 1 else edge.width_px,
        "noise_levels": float("nan") if unscaled else noise_levels,
        "jpeg_quality": quality(stored) if picture.reduced == 1 else float("nan"),
        "frame_share": frame_share,
        "content_share": content_share(levels, counts, noise_levels),
        "drawn_share": drawn_share(levels, noise_levels),
    }


def _middle(image: Picture) -> Picture:
    left, top = (max(0, (side - PART_PX) // 2) for side in image.size)
    return image.crop((left, top, min(image.width, left + PART_PX), min(image.height, top + PART_PX)))
