"""A picture small enough for a report: a JPEG to look at, and a WebP for grids and lists."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from dsaudit.media.base import Preview
from dsaudit.media.image.decode import at_most

if TYPE_CHECKING:
    from dsaudit.media.image.decode import Decoded

DATA_PX, THUMBNAIL_PX = 512, 128
"""Longer sides; the first is what ``Decoded.small`` has, so that nothing is resized."""
_DATA_QUALITY, _THUMBNAIL_QUALITY = 80, 60


def preview(picture: Decoded, *, with_data: bool) -> Preview:
    """Make the preview of a decoded picture.

    Parameters
    ----------
    picture : Decoded
    with_data : bool
        False leaves ``data`` empty.
    """
    seen = at_most(picture.small, DATA_PX)
    shown, thumbnail = io.BytesIO(), io.BytesIO()
    if with_data:
        seen.save(shown, "JPEG", quality=_DATA_QUALITY, optimize=True)
    at_most(seen, THUMBNAIL_PX).save(thumbnail, "WEBP", quality=_THUMBNAIL_QUALITY, method=2)
    return Preview(mime="image/jpeg", data=shown.getvalue(), thumbnail=thumbnail.getvalue())
