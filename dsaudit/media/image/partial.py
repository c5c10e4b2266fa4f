"""What there is of a picture whose file is cut or damaged."""

from __future__ import annotations

import contextlib
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import UnreadableItemError
from dsaudit.media.image import colour
from dsaudit.media.image.container import MOST_BYTES, cuts_modes, jpeg_pixels, n_scans, riff_shortfall
from dsaudit.media.image.opened import BROKEN, FULL_JPEG_PIXELS, NO_ROW, Stored, opened, orientation_of
from dsaudit.media.image.seam import has_seam

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.file import OpenFile

_LEAST_SHARE = 0.01
"""Less is no share to weigh: most loaders refuse a file that is cut, however little of it is missing."""
_MOST_LOOKED_AT = 1 << 26
"""Bytes of a file that is decoded again to see whether it is sound."""
_BLOCK_PX = 16
"""Rows that are coded together: what is left of them is no whole row."""
_NOISE = b"\x55" * 16
"""Decodes to something else than an end, or than zeros."""
_MIXED_NOISE = b"\x77\xaa\x33\x9c" * 4
"""The same at an eighth of the size, at which only the mean of a block is seen."""


def cut_jpeg(file: OpenFile, data: bytes) -> Stored:
    """A JPEG whose end is missing: with an end mark behind what there is, its decoder gives all that it can."""
    data = data.rstrip(b"\xff")
    scans = n_scans(data)
    if not scans:
        return _under_two_ends(file, data, (b"", _NOISE))
    try:
        image, reduced = _ended(file, data)
    except BROKEN:  # cut inside a header between two scans
        image, reduced = _ended(file, data[: max(data.rfind(b"\xff\xc4"), data.rfind(b"\xff\xda"))])
    if colour.is_flat(image):
        raise UnreadableItemError(f"{file.path.name}: {NO_ROW}")
    words = f"the first {scans} scans" if scans > 1 else "a part of the first scan"
    size = (image.width * reduced, image.height * reduced)
    return Stored(image, size, 1, orientation_of(image), reduced, math.nan, f"{words} of a progressive JPEG")


def cut_webp(file: OpenFile, data: bytes) -> Stored:
    """A WebP whose end is missing, as ``cut_jpeg``."""
    missing = riff_shortfall(file) + file.n_bytes - len(data)
    if not 0 < missing <= MOST_BYTES:
        raise UnreadableItemError(f"{file.path.name}: its pixels make sense to no decoder")
    if cuts_modes(data):
        raise UnreadableItemError(f"{file.path.name}: {NO_ROW}")
    return _under_two_ends(file, data, (bytes(missing), _NOISE[:missing] + bytes(max(0, missing - len(_NOISE)))))


def is_damaged_within(file: OpenFile) -> bool:
    """Whether bytes in the middle of a JPEG, whose rows come one after the other, are lost or others.

    Its decoder says nothing of it: it goes on with rows that are shifted, or grey. What stands behind the pixels of a
    sound one changes none of them, and the last bytes of them do; where bytes were lost the decoder needs more than
    there are, or comes to an end before them. Where it comes out even, the seam tells (``seam.has_seam``).
    """
    data = file.at(0, file.n_bytes) if file.n_bytes <= _MOST_LOOKED_AT else b""
    if (place := jpeg_pixels(data)) is None:
        return False
    start, end = place
    last = start + len(data[start:end].rstrip(b"\0").rstrip(b"\xff"))  # some encoders pad
    if last - start < 4 * len(_MIXED_NOISE):
        return False
    longer = data[:end] + 8 * _MIXED_NOISE + b"\xff\xd9"
    other = data[: last - len(_MIXED_NOISE)] + _MIXED_NOISE + b"\xff\xd9"
    try:
        seen = _decoded(data, part=8)
        if _differs(seen, longer, part=8):
            return True
        # fine patterns, which are all that the last bytes may hold, are seen in every pixel only
        if not _differs(seen, other, part=8) and not _differs(_decoded(data, part=1), other, part=1):
            return True
        return has_seam(seen, lambda: _decoded(data, part=2), _unit(data))
    except BROKEN:
        return True


def _decoded(data: bytes, *, part: int) -> npt.NDArray[np.uint8]:
    """A JPEG at this part of its size, luminance and colours apart."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.draft("YCbCr", (image.width // part, image.height // part))
        return np.asarray(image)


def _unit(data: bytes) -> tuple[int, int]:
    """Blocks of a JPEG, across and down, that are coded together."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        layers: Any = image.layer  # type: ignore[attr-defined]
    across, down = (max(layer[k] for layer in layers) for k in (1, 2))
    return (across, down) if len(layers) > 1 else (1, 1)


def _differs(seen: npt.NDArray[np.uint8], data: bytes, *, part: int) -> bool:
    try:
        return not np.array_equal(seen, _decoded(data, part=part))
    except BROKEN:
        return True


def _under_two_ends(file: OpenFile, data: bytes, ends: tuple[bytes, bytes]) -> Stored:
    """A picture whose end is missing, decoded with two different ones: rows above the first difference are there."""
    seen = [_ended(file, data + end) for end in ends]
    image, reduced = seen[0]
    differs = np.zeros(image.height, dtype=bool)
    for at in range(0, image.height, 128):
        box = (0, at, image.width, min(image.height, at + 128))
        a, b = (np.asarray(one.crop(box)) for one, _ in seen)
        differs[at : box[3]] = (a != b).reshape(box[3] - at, -1).any(axis=1)
    size = (image.width * reduced, image.height * reduced)
    first = int(np.flatnonzero(differs)[0]) if differs.any() else image.height
    if first < image.height:
        first -= first % max(1, _BLOCK_PX // reduced)
    image, share, words = _cropped(file, image, np.arange(image.height) < first)
    return Stored(image, size, 1, orientation_of(image), reduced, share, words)


def _ended(file: OpenFile, data: bytes) -> tuple[Picture, int]:
    image, reduced = opened(file, io.BytesIO(data + (b"\xff\xd9" if file.detected_type == "jpeg" else b"")))
    image.load()
    return image, reduced


def as_far_as_it_goes(
    file: OpenFile, image: Picture, error: Exception, again: Callable[[], Picture]
) -> tuple[Picture, float, str]:
    """The rows that a decoder gave before it failed, which part is missing, and what there is, in words."""
    image.tile, image._size = [], image.im.size  # type: ignore[attr-defined]
    try:
        if image.width * image.height > FULL_JPEG_PIXELS:
            raise MemoryError
        rows = _complete_rows(again)
    except (*BROKEN, MemoryError):
        rows = np.asarray(np.asarray(image).reshape(image.height, -1).any(axis=1), dtype=bool)
    if not rows.any():
        raise error
    kept, share, words = _cropped(file, image, rows)
    if "broken data stream" not in str(error):
        return kept, share, words
    return kept, math.nan, "the picture with rows that are damaged" if rows.all() else f"{words}, some damaged,"


def _complete_rows(again: Callable[[], Picture]) -> npt.NDArray[np.bool_]:
    """Rows of a damaged picture that its decoder fills: what it leaves stays black in one image, white in another."""
    from PIL import Image

    seen = []
    for shade in (0, 1):
        image: Any = again()
        size = getattr(image, "_tile_size", image.size)
        image.im = Image.new(image.mode, size, _WHITE.get(image.mode, 255) if shade else None).im
        with contextlib.suppress(*BROKEN):
            image.load()
        image.tile, image._size = [], image.im.size
        seen.append(np.asarray(image).reshape(image.height, -1))
    return np.asarray((seen[0] == seen[1]).all(axis=1), dtype=bool)


_WHITE: dict[str, Any] = {
    **dict.fromkeys(("RGB", "LAB", "YCbCr"), (255, 255, 255)),
    **dict.fromkeys(("RGBA", "CMYK", "RGBX"), (255, 255, 255, 255)),
    "LA": (255, 255),
}


def _cropped(file: OpenFile, image: Picture, rows: npt.NDArray[np.bool_]) -> tuple[Picture, float, str]:
    """The rows that are there, which part is missing, and what there is, in words."""
    held = np.flatnonzero(rows)
    if not len(held):
        raise UnreadableItemError(f"{file.path.name}: {NO_ROW}")
    if len(held) == len(rows):
        return image, math.nan, "the picture, not what ends its file,"
    share = 1.0 - len(held) / len(rows)
    kept = image.crop((0, int(held[0]), image.width, int(held[-1]) + 1))
    for row in np.flatnonzero(~rows[held[0] : held[-1]]).tolist():  # of an interlaced one: the row above
        kept.paste(kept.crop((0, row - 1, kept.width, row)), (0, row))
    kept.info, kept.format = image.info, image.format
    return kept, share if share > _LEAST_SHARE else math.nan, f"{len(held):,} of {len(rows):,} rows"
