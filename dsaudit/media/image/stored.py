"""The picture as its file holds it: in its own mode, not turned, as far as it goes."""

from __future__ import annotations

import io
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import UnidentifiedImageError

from dsaudit.media.image import colour
from dsaudit.media.image.container import MOST_BYTES, n_frames, unwritten
from dsaudit.media.image.metadata import private_facts
from dsaudit.media.image.opened import BROKEN, FULL_JPEG_PIXELS, Stored, opened, orientation_of, quiet_decoders, told
from dsaudit.media.image.partial import as_far_as_it_goes, cut_jpeg, cut_webp, is_damaged_within

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image as Picture

    from dsaudit.media.file import OpenFile

_TURNED_BY_ITSELF = "tiff"
"""Pillow has turned it when it is loaded."""


def stored(file: OpenFile) -> Stored:
    """The picture as its file holds it: in its own mode, not turned; raises what ``decoded`` raises."""
    quiet_decoders()
    with told(file):
        return loaded(file, checked=True)


def loaded(file: OpenFile, *, checked: bool) -> Stored:
    """The same with errors as decoders raise them; ``checked``: see ``decode.decoded``."""
    n_written = file.n_bytes - unwritten(file)
    if n_written < file.n_bytes:
        return _from_stream(file, io.BytesIO(file.at(0, n_written)), n_written, checked=checked)
    stream = io.BufferedReader(file.stream, 1 << 16)
    try:
        return _from_stream(file, stream, n_written, checked=checked)
    finally:
        stream.detach()


def _from_stream(file: OpenFile, stream: Any, n_written: int, *, checked: bool) -> Stored:
    cut = {"jpeg": cut_jpeg, "webp": cut_webp}.get(file.detected_type or "")
    try:
        image, reduced = opened(file, stream)
        frames = n_frames(file) or (1 if file.detected_type == "jpeg" else int(getattr(image, "n_frames", 1)))
        turns = file.detected_type == _TURNED_BY_ITSELF
        tag, private = (orientation_of(image), private_facts(image)) if turns else (None, ())
        share, words, is_deep, is_turned = 0.0, "", _is_deep(image), False
        try:
            image.load()
            size, is_turned = image.size, tag is not None
        except BROKEN as error:
            if cut is not None or getattr(image, "_im", None) is None:
                raise
            size = image.im.size
            image, share, words = as_far_as_it_goes(file, image, error, lambda: opened(file, stream)[0])
            is_deep = False
    except UnidentifiedImageError:
        raise
    except BROKEN:
        if cut is None or file.n_bytes > MOST_BYTES:
            raise
        return cut(file, file.at(0, n_written))
    if is_deep:
        image = _all_bits(image, lambda: opened(file, stream)[0])
    if checked and file.detected_type == "jpeg" and is_damaged_within(file):
        share, words = math.nan, "what stands before damaged bytes"
    orientation = orientation_of(image) if tag is None else tag
    size = (size[0] * reduced, size[1] * reduced)
    private = private or private_facts(image)
    return Stored(image, size, frames, orientation, reduced, share, words, is_turned, private)


def _is_deep(image: Picture) -> bool:
    """Whether it has several bands of 16 bits, of which Pillow keeps the upper 8."""
    tiles = getattr(image, "tile", [])
    return image.width * image.height <= FULL_JPEG_PIXELS and len(tiles) > 0 and ";16" in str(tiles[0].args)


def _all_bits(image: Picture, again: Callable[[], Picture]) -> Picture:
    """Scaled by the bits that are used, where the upper 8 of 16 are not: what they leave out is decoded for itself."""
    from PIL import Image

    n_colours = len(image.getbands()) - (image.mode[-1] in "Aa")
    upper = np.asarray(image)
    if image.mode not in ("RGB", "RGBA") or upper[..., :n_colours].max() > 127:
        return image
    lower: Any = again()
    lower.tile = [tile._replace(args=_other_byte(tile.args)) for tile in lower.tile]
    lower.load()
    values = upper.astype(np.uint16) << 8 | np.asarray(lower)
    top = colour.full_scale(float(values[..., :n_colours].max()), is_float=False)
    levels = np.concatenate([values[..., :n_colours] * (255.0 / top), upper[..., n_colours:]], axis=-1)
    seen = Image.fromarray(np.rint(levels).astype(np.uint8))
    seen.info, seen.format = image.info, image.format
    return seen


def _other_byte(args: Any) -> Any:
    """Of a decoder: the same with the other byte order."""
    if isinstance(args, str):
        return args[:-1] + {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}[args[-1]]
    return (_other_byte(args[0]), *args[1:])
