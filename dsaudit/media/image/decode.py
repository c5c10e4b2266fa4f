"""From a file of any picture format to the picture as it is seen: opened and decoded once, with caps."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.dataset.crop import Crop
from dsaudit.errors import UnreadableItemError
from dsaudit.media.image import colour
from dsaudit.media.image.opened import Stored, quiet_decoders, told
from dsaudit.media.image.stored import loaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.file import OpenFile

READ_PX = 512
"""Longest side that an encoder gets, and at which measures look unless they need single pixels."""
_RESAMPLING_GAP = 1.5
_MOSTLY = 0.95
"""Of a box that reaches beyond its picture, as annotators' hands do, this much is inside."""
TURNS: dict[int, Any] = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""What brings a picture upright, by orientation: as ``PIL.Image.Transpose`` counts."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it is seen, from one decode of its file: what every measure of a picture is a function of.

    A measure takes a ``Decoded`` and gives columns (``Measured``); ``media.py`` lists those there are. It looks at
    ``small`` or ``rgb``, and at ``full`` only for what is lost in a smaller picture (blocks of a JPEG, noise,
    the sharpness of single pixels), best at parts of it: ``full.crop(box)`` costs little, an array of 50 megapixels
    much. Of a file whose end is missing all of them hold the rows that are there.

    Attributes
    ----------
    full : PIL.Image
        RGB, on white, upright by its EXIF, in all its pixels, or ``reduced``; its colour profile is not followed.
    small : PIL.Image
        The same at most ``READ_PX`` on the longer side, in sRGB by its colour profile.
    rgb : uint8 array (height, width, 3)
        Of ``small``.
    width_px, height_px : int
        Upright, as stored; of a crop its own.
    mode : str
        Pillow's, as stored: RGB, L, P, CMYK ...
    n_frames : int
        Frames or pages, of which this is the first; 1 of a JPEG, whatever else its file holds.
    reduced : int
        1, or 2, 4 or 8 for a JPEG of more than ``FULL_JPEG_PIXELS``, which is decoded at that part of its size: single
        pixels, noise and blocks cannot be judged then.
    orientation : int
        Its EXIF tag as stored, 1 to 8, or what else stands there; 1 where there is none.
    profile : str
        Name of its colour profile; empty where there is none.
    header_fault : str
        What is odd about its header, in words; empty where nothing is.
    n_nonfinite : int
        Values that are no numbers, seen as black.
    missing_share : float
        Part of the rows that the file does not hold, NaN where only that some is missing is known.
    shortfall : str
        What there is of it, in words; empty where nothing is missing.
    private : tuple of str
        What its EXIF and XMP tell of people, in words.
    """

    full: Picture
    small: Picture
    rgb: npt.NDArray[np.uint8]
    width_px: int
    height_px: int
    mode: str
    n_frames: int = 1
    reduced: int = 1
    orientation: int = 1
    profile: str = ""
    header_fault: str = ""
    n_nonfinite: int = 0
    missing_share: float = 0.0
    shortfall: str = ""
    private: tuple[str, ...] = ()


def decoded(file: OpenFile, *, checked: bool = False) -> Decoded:
    """Decode an open file, all of it in one go; where the item is a box of it, that box of its pixels as they are seen.

    Memory: the file's pixels as Pillow holds them (4 bytes each, at most ``MOST_PIXELS``), and for a moment two more
    such copies.

    Parameters
    ----------
    file : OpenFile
    checked : bool
        Whether a JPEG is looked through for damage in its middle, which its decoder does not tell and two smaller
        decodes do.

    Raises
    ------
    UnreadableItemError
        Damaged, or no picture.
    TooLargeItemError
        More pixels than are ever opened, by its header, or a text in it that unpacks to very much.
    NoDecoderError
        A format whose decoder is not installed.
    """
    with told(file):
        whole = _whole(file, checked=checked)
        return _seen(file, whole)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A picture in all its pixels, and what its file says of it."""

    full: Picture
    stored: Picture | None
    """In the mode of its colour profile, where that is followed."""
    size: tuple[int, int]
    mode: str
    loaded: Stored
    profile: colour.Profile
    n_nonfinite: int


def _whole(file: OpenFile, *, checked: bool) -> _Whole:
    """The picture of a file; of one that is open for several boxes, the last one again."""
    last: tuple[Any, _Whole] | None = getattr(_LAST, "whole", None)
    if file.segment is not None and last is not None and last[0] is file.stream:
        return last[1]
    _LAST.whole = None
    quiet_decoders()
    held = loaded(file, checked=checked)
    image, profile = held.image, colour.profile(held.image)
    mode, size = image.mode, held.size
    if held.orientation in TURNS and not held.is_turned:
        image = image.transpose(TURNS[held.orientation])
        size = size[::-1] if held.orientation > 4 else size
    full, n_odd = colour.rgb(image)
    stored = image if profile.transform is not None and profile.mode == image.mode else None
    whole = _Whole(full, stored, size, mode, held, profile, n_odd)
    if file.segment is not None:
        _LAST.whole = file.stream, whole
    return whole


_LAST = threading.local()


def _seen(file: OpenFile, whole: _Whole) -> Decoded:
    full, stored, loaded, size = whole.full, whole.stored, whole.loaded, whole.size
    share, words = loaded.missing_share, loaded.shortfall
    if file.segment is not None:
        if not isinstance(file.segment, Crop):
            raise UnreadableItemError(f"{file.path.name}: a picture has no stretches")
        left, top, right, bottom = file.segment.pixels(*size)
        k = loaded.reduced
        there = full.width * k, full.height * k
        x0, y0, x1, y1 = max(0, left), max(0, top), min(right, there[0]), min(bottom, there[1])
        if x1 <= x0 or y1 <= y0:
            outside = min(right, size[0]) <= x0 or min(bottom, size[1]) <= y0
            of = f"picture, which is {size[0]:,} × {size[1]:,} pixels" if outside else f"{words} that can be decoded"
            raise UnreadableItemError(f"{file.path.name}: the box lies outside the {of}: {file.segment.words}")
        held = (x1 - x0) * (y1 - y0) / ((right - left) * (bottom - top))
        if held < _MOSTLY:
            cut = x1 < min(right, size[0]) or y1 < min(bottom, size[1])
            share, words = 1.0 - held, f"the part of the box {'that its file holds' if cut else 'inside the picture'}"
        elif there != size:
            share, words = 0.0, ""
        size, box = (x1 - x0, y1 - y0), (x0 // k, y0 // k, -(-x1 // k), -(-y1 // k))
        full, stored = full.crop(box), None if stored is None else stored.crop(box)
    small = _small(full, stored, whole)
    return Decoded(
        full=full,
        small=small,
        rgb=np.asarray(small),
        width_px=size[0],
        height_px=size[1],
        mode=whole.mode,
        n_frames=loaded.n_frames,
        reduced=loaded.reduced,
        orientation=loaded.orientation,
        profile=whole.profile.name,
        header_fault="; ".join(_header_faults(loaded, whole.profile, whole.mode)),
        n_nonfinite=whole.n_nonfinite,
        missing_share=share,
        shortfall=words,
        private=loaded.private,
    )


def at_most(image: Picture, px: int) -> Picture:
    """A picture made smaller to so many pixels on the longer side; itself where it is no larger."""
    from PIL import Image

    longest = max(image.size)
    if longest <= px:
        return image
    width, height = (max(1, round(side * px / longest)) for side in image.size)
    return image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=_RESAMPLING_GAP)


def _small(full: Picture, stored: Picture | None, whole: _Whole) -> Picture:
    """In sRGB: a profile is followed here alone, as its work on all pixels would double the time of a decode."""
    told = whole.profile
    if stored is not None:
        return colour.in_srgb(at_most(stored, READ_PX), told)
    small = at_most(full, READ_PX)
    return colour.in_srgb(small, told) if told.transform is not None and _is_rgb(told.mode, whole.mode) else small


def _is_rgb(profile_mode: str, mode: str) -> bool:
    """Whether a picture became RGB of its profile's kind on the way: from a palette, or without what was clear."""
    return profile_mode == "RGB" and mode in ("P", "PA", "RGBA", "RGBa", "RGB")


def _header_faults(loaded: Stored, told: colour.Profile, mode: str) -> Iterator[str]:
    if told.is_damaged:
        yield "its colour profile is damaged"
    if loaded.orientation not in range(9):
        yield f"its orientation tag is {loaded.orientation}, which means nothing"
    if mode == "CMYK" and loaded.image.format == "JPEG" and "adobe" not in loaded.image.info:
        yield "four inks without the mark that says how they are stored: some programs show it as a negative"
