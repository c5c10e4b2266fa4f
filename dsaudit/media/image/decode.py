"""From a file of any picture format to the picture as it is seen: opened once, with caps, upright, RGB."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.errors import ItemError, NoDecoderError, UnreadableItemError
from dsaudit.media.file import detect_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.file import OpenFile

MOST_PIXELS = 200_000_000
"""Larger ones are refused: a small file can claim any size."""
READ_PX = 512
"""Longest side that an encoder gets, and at which measures look unless they need single pixels."""
_PLUG_INS = ("heic", "avif")
"""Types that Pillow reads with a plug-in or a library only."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it is seen, from one decode of its file: what every measure of a picture is a function of.

    A measure takes a ``Decoded`` and gives columns (``Measured``); ``media.py`` lists those there are. It looks at
    ``small`` or ``grey``, and at ``full`` only for what is lost in a smaller picture (blocks of a JPEG, noise, the
    sharpness of single pixels), best at parts of it: ``full.crop(box)`` costs little, an array of 50 megapixels much.

    Attributes
    ----------
    full : PIL.Image
        RGB, on white, upright by its EXIF, in all its pixels.
    small : PIL.Image
        The same at most ``READ_PX`` on the longer side; ``full`` itself where that is no larger.
    rgb : uint8 array (height, width, 3)
        Of ``small``.
    grey : float32 array (height, width)
        Of ``small``, 0 to 1.
    width_px, height_px : int
        Upright, as stored.
    mode : str
        Pillow's, as stored: RGB, L, P, CMYK ...
    n_frames : int
    """

    full: Picture
    small: Picture
    rgb: npt.NDArray[np.uint8]
    grey: npt.NDArray[np.float32]
    width_px: int
    height_px: int
    mode: str
    n_frames: int


def decoded(file: OpenFile) -> Decoded:
    """Decode an open file, all of it in one go.

    Raises
    ------
    UnreadableItemError
        Damaged, no picture, or too large.
    NoDecoderError
        A format whose decoder is not installed.
    """
    with opened(file.path, io.BytesIO(file.stream.read())) as image:
        mode, n_frames = image.mode, int(getattr(image, "n_frames", 1))
        full = upright(image)
    small = at_most(full, READ_PX)
    return Decoded(
        full=full,
        small=small,
        rgb=np.asarray(small),
        grey=np.asarray(small.convert("L"), dtype=np.float32) / np.float32(255.0),
        width_px=full.width,
        height_px=full.height,
        mode=mode,
        n_frames=n_frames,
    )


def at_most(image: Picture, px: int) -> Picture:
    """A picture made smaller to so many pixels on the longer side; itself where it is no larger."""
    if max(image.size) <= px:
        return image
    small = image.copy()
    small.thumbnail((px, px))
    return small


@contextlib.contextmanager
def opened(path: Path, data: io.BytesIO) -> Iterator[Picture]:
    """The decoded picture; the first frame of several."""
    from PIL import Image, UnidentifiedImageError

    _quiet_decoders()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata and of large pictures, which are counted here
            data.seek(0)
            with Image.open(data) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise UnreadableItemError(f"{path.name}: {image.width} × {image.height} pixels are too many")
                image.load()
                yield image
    except ItemError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableItemError(f"{path.name}: its size is out of all proportion") from error
    except UnidentifiedImageError as error:
        if (kind := detect_type(data.getvalue()[:4096])) in _PLUG_INS:
            raise NoDecoderError(
                f"{path.name}: {kind.upper()} needs a decoder that is not installed",
                hint="convert the files to JPEG or PNG",
            ) from error
        raise UnreadableItemError(f"{path.name}: no picture of a known format") from error
    except Exception as error:  # decoders of damaged files raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableItemError(f"{path.name}: {reason}") from error


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


def upright(image: Picture) -> Picture:
    """RGB on white, turned as its EXIF says."""
    from PIL import Image, ImageOps

    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith(("I", "F")):
        grey = np.asarray(turned, dtype=np.float64)
        grey = np.nan_to_num(grey)
        most = float(grey.max(initial=1.0))
        top = 65535.0 if turned.mode.startswith("I") and most > 255.0 else most
        return Image.fromarray(np.clip(grey * (255.0 / top), 0, 255).astype(np.uint8)).convert("RGB")
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        white = Image.new("RGBA", turned.size, (255, 255, 255, 255))
        turned = Image.alpha_composite(white, turned)
    return turned.convert("RGB")
