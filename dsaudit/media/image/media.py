"""Pictures: opened with Pillow, sized, hashed and made small. Nothing judges what is on them yet."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import ItemError, NoDecoderError, UnreadableItemError
from dsaudit.media.base import Preview, Reading, attempted
from dsaudit.media.file import detect_type, opened_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image as Picture

    from dsaudit.media.base import Measured
    from dsaudit.media.file import OpenFile
    from dsaudit.rule import Measure

MOST_PIXELS = 200_000_000
"""Larger ones are refused: a small file can claim any size."""
READ_PX = 512
"""Longest side that an encoder gets."""
PREVIEW_PX, THUMBNAIL_PX = 480, 96
_HASH_PX = 16
_LIGHT_PX = 512
"""Longest side at which light and sharpness are taken: what is blurred at this size looks blurred."""


_PLUG_INS = ("heic", "avif")
"""Types that Pillow reads with a plug-in or a library only."""


@dataclass(frozen=True, slots=True)
class ImageMedia:
    """Pictures of any format that Pillow reads; see ``dsaudit.media.base.Media``."""

    modality: str = "image"
    measure_version: str = "2"
    read_version: str = "1"

    def measure(self, path: Path, extra: tuple[Measure, ...] = ()) -> Measured:
        """What ``file.identify`` tells, and the size and hashes of the picture as it is seen (upright by its EXIF).

        Returns
        -------
        dict
            ``width_px``, ``height_px``, ``n_pixels``, ``aspect_ratio`` (width over height), ``mode`` (Pillow's),
            ``n_frames``, ``sample_hash`` (of the pixels), ``perceptual_hash`` (see ``difference_hash``), ``brightness``
            and ``contrast`` (mean and spread of the grey levels, 0 to 1) and ``sharpness`` (how far neighbouring pixels
            differ, as a share of the contrast).

        Raises
        ------
        MissingItemError, EmptyItemError, UnreadableItemError
        """
        return self.read_once(path, extra).measured

    def read_once(
        self, path: Path, extra: tuple[Measure, ...] = (), *, taken: bool = False, preview: bool = False
    ) -> Reading:
        """What ``measure`` gives and, where asked for, ``read`` and ``preview``, of one open and read file.

        Each is decoded for itself: a JPEG comes smaller for a third of the time.
        """
        with opened_file(path) as file:
            measured, data = file.identity(), _bytes(file)
        return Reading(
            measured | self._measured(file.path, data, extra),
            attempted(lambda: _taken(file.path, data)) if taken else None,
            attempted(lambda: _preview(file.path, data, with_data=True)) if preview else None,
        )

    def _measured(self, path: Path, data: io.BytesIO, extra: tuple[Measure, ...]) -> Measured:
        measured: Measured = {}
        with _opened(path, data) as image:
            mode, n_frames = image.mode, int(getattr(image, "n_frames", 1))
            upright = _upright(image)
            pixels = np.asarray(upright)
            seen = hashlib.blake2b(f"{upright.size}".encode(), digest_size=16)
            seen.update(np.ascontiguousarray(pixels).data)
            width, height = upright.size
            measured |= {
                "width_px": width,
                "height_px": height,
                "n_pixels": width * height,
                "aspect_ratio": width / height,
                "mode": mode,
                "n_frames": n_frames,
                "sample_hash": seen.hexdigest(),
                "perceptual_hash": difference_hash(upright),
            }
            measured |= _light(upright)
            for one in extra:
                measured[one.name] = _extra(one, pixels)
        return measured

    def read(self, path: Path) -> Picture:
        """The picture for the encoder: RGB, upright, at most 512 px on the longer side."""
        with opened_file(path, hashed=False) as file:
            return _taken(file.path, _bytes(file))

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """A JPEG of at most 480 px, and a PNG of at most 96 px."""
        with opened_file(path, hashed=False) as file:
            return _preview(file.path, _bytes(file), with_data=with_data)


def _bytes(file: OpenFile) -> io.BytesIO:
    return io.BytesIO(file.stream.read())


def _taken(path: Path, data: io.BytesIO) -> Picture:
    with _opened(path, data, px=READ_PX) as image:
        return _small(_upright(image), READ_PX)


def _preview(path: Path, data: io.BytesIO, *, with_data: bool) -> Preview:
    with _opened(path, data, px=PREVIEW_PX) as image:
        seen = _small(_upright(image), PREVIEW_PX)
    shown, thumbnail = io.BytesIO(), io.BytesIO()
    if with_data:
        seen.save(shown, "JPEG", quality=80, optimize=True)
    _small(seen, THUMBNAIL_PX).quantize(64).save(thumbnail, "PNG", optimize=True)
    return Preview(mime="image/jpeg", data=shown.getvalue(), thumbnail=thumbnail.getvalue())


def _light(image: Picture) -> Measured:
    """Brightness, contrast and sharpness of a picture, see ``ImageMedia.measure``."""
    from PIL import Image

    grey = image.convert("L")
    if max(grey.size) > _LIGHT_PX:
        grey.thumbnail((_LIGHT_PX, _LIGHT_PX), Image.Resampling.BOX)
    levels = np.asarray(grey, dtype=np.float32) / 255.0
    contrast = float(levels.std())
    steps = [np.abs(np.diff(levels, axis=axis)).mean() for axis in (0, 1) if levels.shape[axis] > 1]
    sharpness = float(np.mean(steps)) / contrast if steps and contrast > 1e-3 else float("nan")
    return {"brightness": float(levels.mean()), "contrast": contrast, "sharpness": sharpness}


def difference_hash(image: Picture) -> str:
    """256 bits: whether each of 16 × 16 places is darker than the one to its right.

    Parameters
    ----------
    image : PIL.Image

    Returns
    -------
    str
        64 hexadecimal digits, to compare by Hamming distance; empty where the picture is one flat colour.

    References
    ----------
    N. Krawetz, "Kind of Like That", 2013: the difference hash.
    """
    from PIL import Image

    small = image.convert("L").resize((_HASH_PX + 1, _HASH_PX), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.int16)
    if int(grey.max()) - int(grey.min()) < 4:
        return ""
    return np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes().hex()


@contextlib.contextmanager
def _opened(path: Path, data: io.BytesIO, *, px: int = 0) -> Iterator[Picture]:
    """The decoded picture; the first frame of several. ``px``: a JPEG may come smaller, but not below that."""
    from PIL import Image, UnidentifiedImageError

    _quiet_decoders()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata and of large pictures, which are counted here
            data.seek(0)
            with Image.open(data) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise UnreadableItemError(f"{path.name}: {image.width} × {image.height} pixels are too many")
                if px:
                    image.draft("RGB", (2 * px, 2 * px))
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


def _upright(image: Picture) -> Picture:
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


def _small(image: Picture, px: int) -> Picture:
    small = image.copy()
    small.thumbnail((px, px))
    return small


def _extra(one: Measure, pixels: Any) -> float:
    try:
        return float(one.fn(pixels))
    except Exception:  # a plug-in's measure must not lose the item
        return float("nan")


MEDIA = ImageMedia()
