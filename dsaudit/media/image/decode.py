"""From a file of any picture format to the picture as it is seen: opened and decoded once, with caps."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import logging
import math
import re
import sys
import threading
import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import UnidentifiedImageError

from dsaudit.dataset.crop import Crop
from dsaudit.errors import ItemError, NoDecoderError, TooLargeItemError, UnreadableItemError
from dsaudit.media.image import colour
from dsaudit.media.image.container import (
    MOST_BYTES,
    claimed_text,
    cuts_modes,
    n_frames,
    n_scans,
    riff_shortfall,
    unwritten,
)
from dsaudit.media.image.metadata import private_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.file import OpenFile

MOST_PIXELS = 64_000_000
"""What is opened in all its pixels, which takes up to 12 bytes each; a small file can claim any size."""
MOST_JPEG_PIXELS = 256_000_000
"""A JPEG that is not progressive is decoded smaller, without the rest ever being in memory."""
FULL_JPEG_PIXELS = 24_000_000
"""A larger JPEG is decoded at a half, a quarter or an eighth of its size."""
MOST_SIDE_PX = 32_767
READ_PX = 512
"""Longest side that an encoder gets, and at which measures look unless they need single pixels."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO", "TGA", "PCX")
"""Of Pillow's those that run no other program."""
_PLUG_INS = ("heic", "avif")
"""Types that Pillow reads with a plug-in, or when built with a library only."""
_READ_WHOLE = ("heic", "avif", "webp")
_MOST_TEXT = 1 << 26
"""Bytes of a note in a picture."""
_ORIENTATION = 0x0112
_TURNED_BY_ITSELF = "tiff"
"""Pillow has turned it when it is loaded."""
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


def decoded(file: OpenFile) -> Decoded:
    """Decode an open file, all of it in one go; where the item is a box of it, that box of its pixels as they are seen.

    Memory: the file's pixels as Pillow holds them (4 bytes each, at most ``MOST_PIXELS``), and for a moment two more
    such copies.

    Raises
    ------
    UnreadableItemError
        Damaged, or no picture.
    TooLargeItemError
        More pixels than are ever opened, by its header, or a text in it that unpacks to very much.
    NoDecoderError
        A format whose decoder is not installed.
    """
    with _told(file):
        whole = _whole(file)
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


def _whole(file: OpenFile) -> _Whole:
    """The picture of a file; of one that is open for several boxes, the last one again."""
    last: tuple[Any, _Whole] | None = getattr(_LAST, "whole", None)
    if file.segment is not None and last is not None and last[0] is file.stream:
        return last[1]
    _LAST.whole = None
    _quiet_decoders()
    loaded = _loaded(file)
    image, told = loaded.image, colour.profile(loaded.image)
    mode, size = image.mode, loaded.size
    if loaded.orientation in TURNS and not loaded.is_turned:
        image = image.transpose(TURNS[loaded.orientation])
        size = size[::-1] if loaded.orientation > 4 else size
    full, n_odd = colour.rgb(image)
    stored = image if told.transform is not None and told.mode == image.mode else None
    whole = _Whole(full, stored, size, mode, loaded, told, n_odd)
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
        x0, y0, x1, y1 = max(0, left), max(0, top), min(right, full.width * k), min(bottom, full.height * k)
        if x1 <= x0 or y1 <= y0:
            raise UnreadableItemError(
                f"{file.path.name}: the box lies outside the picture, which is {size[0]:,} × {size[1]:,} pixels: "
                f"{file.segment.words}"
            )
        held = (x1 - x0) * (y1 - y0) / ((right - left) * (bottom - top))
        share, words = (1.0 - held, "the part of the box inside the picture") if held < _MOSTLY else (0.0, "")
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


def is_flat(image: Picture) -> bool:
    """Whether all pixels are of one colour."""
    levels: Any = image.getextrema()
    bands = levels if isinstance(levels[0], tuple) else (levels,)
    return all(low == high for low, high in bands)


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


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture as Pillow holds it, as far as it goes."""

    image: Picture
    size: tuple[int, int]
    n_frames: int
    orientation: int
    reduced: int
    missing_share: float = 0.0
    shortfall: str = ""
    is_turned: bool = False
    private: tuple[str, ...] = ()


def stored(file: OpenFile) -> Stored:
    """The picture as its file holds it: in its own mode, not turned; raises what ``decoded`` raises."""
    _quiet_decoders()
    with _told(file):
        return _loaded(file)


def _loaded(file: OpenFile) -> Stored:
    n_written = file.n_bytes - unwritten(file)
    if n_written < file.n_bytes:
        return _from_stream(file, io.BytesIO(file.at(0, n_written)), n_written)
    stream = io.BufferedReader(file.stream, 1 << 16)
    try:
        return _from_stream(file, stream, n_written)
    finally:
        stream.detach()


def _from_stream(file: OpenFile, stream: Any, n_written: int) -> Stored:
    cut = {"jpeg": _cut_jpeg, "webp": _cut_webp}.get(file.detected_type or "")
    try:
        image, reduced = _opened(file, stream)
        frames = n_frames(file) or (1 if file.detected_type == "jpeg" else int(getattr(image, "n_frames", 1)))
        told = file.detected_type == _TURNED_BY_ITSELF
        stored, private = (_orientation(image), private_facts(image)) if told else (None, ())
        share, words, is_deep, is_turned = 0.0, "", _is_deep(image), False
        try:
            image.load()
            size, is_turned = image.size, stored is not None
        except _BROKEN as error:
            if cut is not None or getattr(image, "_im", None) is None:
                raise
            size = image.im.size
            image, share, words = _as_far_as_it_goes(file, image, error, lambda: _opened(file, stream)[0])
            is_deep = False
    except UnidentifiedImageError:
        raise
    except _BROKEN:
        if cut is None or file.n_bytes > MOST_BYTES:
            raise
        return cut(file, file.at(0, n_written))
    if is_deep:
        image = _all_bits(image, lambda: _opened(file, stream)[0])
    orientation = _orientation(image) if stored is None else stored
    size = (size[0] * reduced, size[1] * reduced)
    private = private or private_facts(image)
    return Stored(image, size, frames, orientation, reduced, share, words, is_turned, private)


_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError)
"""Whatever decoders raise of damaged files."""


def _opened(file: OpenFile, stream: Any) -> tuple[Picture, int]:
    """The picture, not decoded yet, and by how much its decoder will make it smaller."""
    from PIL import Image

    stream.seek(0)
    if file.detected_type in _READ_WHOLE and file.n_bytes > MOST_BYTES:
        raise TooLargeItemError(f"{file.path.name}: {file.n_bytes // 10**6:,} MB, which its decoder reads as a whole")
    if (n := claimed_text(file)) > _MOST_TEXT:
        raise TooLargeItemError(f"{file.path.name}: a text in it claims to be {n // 10**6:,} MB long")
    if file.detected_type in _PLUG_INS and (plugged := _plugged_in(file, stream)) is not None:
        _refuse_too_large(file, plugged)
        return plugged, 1
    image = Image.open(stream, formats=_FORMATS)
    _refuse_too_large(file, image)
    n_pixels = image.width * image.height
    if image.format not in ("JPEG", "MPO") or n_pixels <= FULL_JPEG_PIXELS:
        return image, 1
    reduced = next((k for k in (2, 4) if n_pixels <= FULL_JPEG_PIXELS * k * k), 8)
    image.draft(None, (image.width // reduced, image.height // reduced))
    return image, reduced


def _refuse_too_large(file: OpenFile, image: Picture) -> None:
    reducible = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    most = MOST_JPEG_PIXELS if reducible else MOST_PIXELS
    size = f"{image.width:,} × {image.height:,} pixels"
    if max(image.size) > MOST_SIDE_PX:
        raise TooLargeItemError(f"{file.path.name}: {size}, of which no side is opened beyond {MOST_SIDE_PX:,}")
    if image.width * image.height > most:
        raise TooLargeItemError(f"{file.path.name}: {size}, more than the {most // 10**6} million that are opened")


def _plugged_in(file: OpenFile, stream: Any) -> Picture | None:
    """A HEIC, or an AVIF that Pillow was not built to read; None where Pillow reads it itself."""
    from PIL import features

    if file.detected_type == "avif" and features.check("avif"):
        return None
    try:
        heif: Any = import_module("pillow_heif")
    except ImportError as error:
        raise NoDecoderError(
            f"{file.path.name}: {str(file.detected_type).upper()} needs a decoder that is not installed: "
            "pip install 'dsaudit[heic]', or convert the files to JPEG or PNG"
        ) from error
    picture: Picture = heif.HeifImageFile(stream)
    return picture


def _orientation(image: Picture) -> int:
    """The EXIF tag; 1 where there is none or its block cannot be read."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
        return int(found)
    except Exception:  # decoders of damaged tags raise anything
        return 1


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


_BLOCK_PX = 16
"""Rows that are coded together: what is left of them is no whole row."""
_NOISE = b"\x55" * 16
"""Decodes to something else than an end, or than zeros."""


def _cut_jpeg(file: OpenFile, data: bytes) -> Stored:
    """A JPEG whose end is missing: with an end mark behind what there is, its decoder gives all that it can."""
    data = data.rstrip(b"\xff")
    scans = n_scans(data)
    if not scans:
        return _under_two_ends(file, data, (b"", _NOISE))
    try:
        image, reduced = _ended(file, data)
    except _BROKEN:  # cut inside a header between two scans
        image, reduced = _ended(file, data[: max(data.rfind(b"\xff\xc4"), data.rfind(b"\xff\xda"))])
    if is_flat(image):
        raise UnreadableItemError(f"{file.path.name}: {_NO_ROW}")
    words = f"the first {scans} scans" if scans > 1 else "a part of the first scan"
    size = (image.width * reduced, image.height * reduced)
    return Stored(image, size, 1, _orientation(image), reduced, math.nan, f"{words} of a progressive JPEG")


def _cut_webp(file: OpenFile, data: bytes) -> Stored:
    missing = riff_shortfall(file) + file.n_bytes - len(data)
    if not 0 < missing <= MOST_BYTES:
        raise UnreadableItemError(f"{file.path.name}: its pixels make sense to no decoder")
    if cuts_modes(data):
        raise UnreadableItemError(f"{file.path.name}: {_NO_ROW}")
    return _under_two_ends(file, data, (bytes(missing), _NOISE[:missing] + bytes(max(0, missing - len(_NOISE)))))


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
    return Stored(image, size, 1, _orientation(image), reduced, share, words)


def _ended(file: OpenFile, data: bytes) -> tuple[Picture, int]:
    image, reduced = _opened(file, io.BytesIO(data + (b"\xff\xd9" if file.detected_type == "jpeg" else b"")))
    image.load()
    return image, reduced


def _as_far_as_it_goes(
    file: OpenFile, image: Picture, error: Exception, again: Callable[[], Picture]
) -> tuple[Picture, float, str]:
    image.tile, image._size = [], image.im.size  # type: ignore[attr-defined]
    try:
        if image.width * image.height > FULL_JPEG_PIXELS:
            raise MemoryError
        rows = _complete_rows(again)
    except (*_BROKEN, MemoryError):
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
        with contextlib.suppress(*_BROKEN):
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
        raise UnreadableItemError(f"{file.path.name}: {_NO_ROW}")
    if len(held) == len(rows):
        return image, math.nan, "the picture, not what ends its file,"
    share = 1.0 - len(held) / len(rows)
    kept = image.crop((0, int(held[0]), image.width, int(held[-1]) + 1))
    for row in np.flatnonzero(~rows[held[0] : held[-1]]).tolist():  # of an interlaced one: the row above
        kept.paste(kept.crop((0, row - 1, kept.width, row)), (0, row))
    kept.info, kept.format = image.info, image.format
    return kept, share if share > _LEAST_SHARE else math.nan, f"{len(held):,} of {len(rows):,} rows"


@contextlib.contextmanager
def _told(file: OpenFile) -> Iterator[None]:
    """Errors of decoders as one line about the file."""
    from PIL import Image

    name = file.path.name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata and of large pictures, which are counted here
            yield
    except ItemError:
        raise
    except Image.DecompressionBombError as error:
        size = re.search(r"\d+", str(error))
        n = f"{int(size[0]):,}" if size else "very many"
        raise TooLargeItemError(f"{name}: it claims {n} pixels, out of all proportion") from error
    except UnidentifiedImageError as error:
        raise UnreadableItemError(f"{name}: {_no_picture(file)}") from error
    except Exception as error:  # decoders of damaged files raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if re.search(r"Decompressed data too large|Too much memory used", reason):
            raise TooLargeItemError(f"{name}: a text or profile in it unpacks to very much, and is not") from error
        told = _no_picture(file) if file.detected_type in _PLUG_INS else _plain(reason)
        raise UnreadableItemError(f"{name}: {told}") from error


def _no_picture(file: OpenFile) -> str:
    head = file.head[:1024].lower()
    if file.detected_type == "text" and b"<svg" in head:
        return "an SVG drawing, which has no pixels until it is drawn: convert it to PNG"
    if file.detected_type in (None, "text"):
        return "no picture of a known format"
    if file.detected_type in _PICTURES:
        return f"a damaged or cut {file.detected_type.upper()}: its decoder refuses it"
    return f"its content is {file.detected_type}, no picture"


_LEAST_SHARE = 0.01
"""Less is no share to weigh: most loaders refuse a file that is cut, however little of it is missing."""
_NO_ROW = "cut short before the first row of the picture"
_PICTURES = frozenset({"png", "jpeg", "gif", "bmp", "tiff", "webp", "heic", "avif"})
_SAID = (
    (
        r"decoder (error|object)|cannot load this|read next frame|(unrecognized|broken) data stream|-\d+$",
        "its pixels make sense to no decoder",
    ),
    (r"[Tt]runcated|not enough|more data|buffer is not", _NO_ROW),
    (r"broken PNG|bad header|not a (TIFF|PNG)|cannot identify|seek", "its header makes sense to no decoder"),
)


def _plain(reason: str) -> str:
    """What a decoder says of a file, in words for whoever has to do something about the file."""
    return next((words for mark, words in _SAID if re.search(mark, reason)), reason)


@functools.cache
def _quiet_decoders() -> None:
    """Nothing but our own words on stderr: a damaged TIFF has libtiff write hundreds of lines there, past Python.

    Its handlers are taken away where Pillow brings the library along as a file; elsewhere it may still talk.
    """
    import PIL

    logging.getLogger("PIL").addHandler(logging.NullHandler())  # heard by an application that has its own
    here = Path(PIL.__file__).parent
    for library in (*here.parent.glob("[Pp]illow.libs/libtiff*"), *here.glob(".dylibs/libtiff*")):
        with contextlib.suppress(OSError, AttributeError):
            tiff = ctypes.CDLL(str(library))
            for setter in (tiff.TIFFSetErrorHandler, tiff.TIFFSetWarningHandler):
                setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
                setter(None)
