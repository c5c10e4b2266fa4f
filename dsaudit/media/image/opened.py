"""A picture's file opened, with caps on what is ever decoded, and what decoders say of it in plain words."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
import re
import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import UnidentifiedImageError

from dsaudit.errors import ItemError, NoDecoderError, TooLargeItemError, UnreadableItemError
from dsaudit.media.image.container import MOST_BYTES, claimed_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as Picture

    from dsaudit.media.file import OpenFile

MOST_PIXELS = 64_000_000
"""What is opened in all its pixels, which takes up to 12 bytes each; a small file can claim any size."""
MOST_JPEG_PIXELS = 256_000_000
"""A JPEG that is not progressive is decoded smaller, without the rest ever being in memory."""
FULL_JPEG_PIXELS = 24_000_000
"""A larger JPEG is decoded at a half, a quarter or an eighth of its size."""
MOST_SIDE_PX = 32_767
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO", "TGA", "PCX")
"""Of Pillow's those that run no other program."""
_PLUG_INS = ("heic", "avif")
"""Types that Pillow reads with a plug-in, or when built with a library only."""
_READ_WHOLE = ("heic", "avif", "webp")
_MOST_TEXT = 1 << 26
"""Bytes of a note in a picture."""
_ORIENTATION = 0x0112
BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError)
"""Whatever decoders raise of damaged files."""
NO_ROW = "cut short before the first row of the picture"


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


def opened(file: OpenFile, stream: Any) -> tuple[Picture, int]:
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


def orientation_of(image: Picture) -> int:
    """The EXIF tag; 1 where there is none or its block cannot be read."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
        return int(found)
    except Exception:  # decoders of damaged tags raise anything
        return 1


@contextlib.contextmanager
def told(file: OpenFile) -> Iterator[None]:
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
        words = _no_picture(file) if file.detected_type in _PLUG_INS else _plain(reason)
        raise UnreadableItemError(f"{name}: {words}") from error


def _no_picture(file: OpenFile) -> str:
    head = file.head[:1024].lower()
    if file.detected_type == "text" and b"<svg" in head:
        return "an SVG drawing, which has no pixels until it is drawn: convert it to PNG"
    if file.detected_type in (None, "text"):
        return "no picture of a known format"
    if file.detected_type in _PICTURES:
        return f"a damaged or cut {file.detected_type.upper()}: its decoder refuses it"
    return f"its content is {file.detected_type}, no picture"


_PICTURES = frozenset({"png", "jpeg", "gif", "bmp", "tiff", "webp", "heic", "avif"})
_SAID = (
    (
        r"decoder (error|object)|cannot load this|read next frame|(unrecognized|broken) data stream|-\d+$",
        "its pixels make sense to no decoder",
    ),
    (r"[Tt]runcated|not enough|more data|buffer is not", NO_ROW),
    (r"broken PNG|bad header|not a (TIFF|PNG)|cannot identify|seek", "its header makes sense to no decoder"),
)


def _plain(reason: str) -> str:
    """What a decoder says of a file, in words for whoever has to do something about the file."""
    return next((words for mark, words in _SAID if re.search(mark, reason)), reason)


@functools.cache
def quiet_decoders() -> None:
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
