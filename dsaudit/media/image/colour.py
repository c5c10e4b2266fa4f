"""From the numbers a picture is stored in to RGB as it is seen: depth, palette, transparency, inks, colour profile."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from PIL.Image import Image as Picture

_ROWS = 256
"""Deep pictures are brought to 8 bits so many rows at a time."""
_MOST_GAIN = 16.0
"""Floats up to here have a full scale of 1, or what they reach; beyond, of as many bits as they take."""
_SAME_COLOUR = 2
"""Levels of 255 by which a colour profile must change some colour to be worth following."""
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@dataclass(frozen=True, slots=True)
class Profile:
    """The colour profile of a picture.

    Attributes
    ----------
    name : str
        As it calls itself; empty where there is none.
    mode : str
        Pillow's mode of the pictures that it is meant for: RGB, L or CMYK; empty for others.
    transform : ImageCms.ImageCmsTransform or None
        To sRGB; None where that changes nothing to speak of.
    is_damaged : bool
    """

    name: str = ""
    mode: str = ""
    transform: Any = None
    is_damaged: bool = False


def profile(image: Picture) -> Profile:
    """The colour profile that stands in a picture's file."""
    if "icc_profile" not in image.info:
        return Profile()
    data = image.info["icc_profile"]
    return _profile(data) if isinstance(data, bytes) and data else Profile(is_damaged=True)


@functools.lru_cache(maxsize=64)
def _profile(data: bytes) -> Profile:
    from PIL import Image, ImageCms

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(data))
        name = " ".join(ImageCms.getProfileDescription(opened).split())
        mode = _SPACES.get(opened.profile.xcolor_space, "")
        if not mode:
            return Profile(name)
        transform = ImageCms.buildTransform(opened, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return Profile(is_damaged=True)
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(*[steps] * len(mode)), axis=-1)
    probe = Image.frombytes(mode, (grid.size // len(mode), 1), grid.tobytes())
    changed = ImageCms.applyTransform(probe, transform)
    plain = np.asarray(probe.convert("RGB"), dtype=np.int16)
    far = int(np.abs(np.asarray(changed, dtype=np.int16) - plain).max())
    return Profile(name, mode, transform if far > _SAME_COLOUR or mode == "CMYK" else None)


@functools.cache
def _srgb() -> Any:
    from PIL import ImageCms

    return ImageCms.createProfile("sRGB")


def in_srgb(image: Picture, told: Profile) -> Picture:
    """A picture of the profile's own mode as sRGB shows it."""
    from PIL import ImageCms

    seen = ImageCms.applyTransform(image, told.transform)
    assert seen is not None, "it is not made in place"
    return seen


def rgb(image: Picture) -> tuple[Picture, int]:
    """A picture as RGB, on white, its colour profile not regarded; and how many of its values were no numbers.

    What is deeper than 8 bits is scaled by the bits that its values take: 12 in a file of 16 fill the scale.
    """
    from PIL import Image

    if image.mode == "RGB" and "transparency" not in image.info:
        return image, 0
    if image.mode.startswith(("I", "F")):
        grey, n_odd = _eight_bits(image)
        return grey.convert("RGB"), n_odd
    if image.mode == "LAB":
        return _from_lab(image), 0
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        if image.mode in ("La", "RGBa"):
            image = image.convert(image.mode[:-1] + "A")
        clear = image if image.mode == "RGBA" else image.convert("RGBA")
        white = Image.new("RGB", clear.size, (255, 255, 255))
        white.paste(clear, mask=clear.getchannel("A"))
        return white, 0
    return image.convert("RGB"), 0


def _from_lab(image: Picture) -> Picture:
    from PIL import ImageCms

    lab = ImageCms.createProfile("LAB")
    return in_srgb(image, Profile(mode="LAB", transform=ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB")))


def _eight_bits(image: Picture) -> tuple[Picture, int]:
    """Mode I or F as L, and how many of its values were no numbers."""
    from PIL import Image

    low, high, n_odd = 0.0, 0.0, 0
    for _, rows in _strips(image):
        finite = np.isfinite(rows)
        n_odd += int(rows.size - np.count_nonzero(finite))
        held = rows if n_odd == 0 else rows[finite]
        low, high = min(low, float(held.min(initial=0.0))), max(high, float(held.max(initial=0.0)))
    bottom, top = (low, high) if low < 0.0 else (0.0, full_scale(high, is_float=image.mode.startswith("F")))
    gain = 255.0 / max(top - bottom, 1e-30)
    seen = Image.new("L", image.size)
    for at, rows in _strips(image):
        held = np.nan_to_num(rows.astype(np.float64), nan=0.0, posinf=top, neginf=bottom)
        levels = np.clip(np.rint((held - bottom) * gain), 0, 255).astype(np.uint8)
        seen.paste(Image.fromarray(levels), (0, at))
    return seen, n_odd


def _strips(image: Picture) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    for at in range(0, image.height, _ROWS):
        yield at, np.asarray(image.crop((0, at, image.width, min(image.height, at + _ROWS))))


def full_scale(high: float, *, is_float: bool) -> float:
    """What a deep picture's highest value probably counts up to.

    Examples
    --------
    >>> [full_scale(x, is_float=False) for x in (40, 900, 4095, 65520)]
    [255.0, 1023.0, 4095.0, 65535.0]
    >>> [full_scale(x, is_float=True) for x in (0.8, 1.2, 250.0, 4000.0)]
    [1.0, 1.2, 255.0, 4095.0]
    """
    if is_float and high <= _MOST_GAIN:
        return max(1.0, high)
    return max(255.0, 2.0 ** int(np.ceil(high)).bit_length() - 1.0)


def is_flat(image: Picture) -> bool:
    """Whether all pixels are of one colour."""
    levels: Any = image.getextrema()
    bands = levels if isinstance(levels[0], tuple) else (levels,)
    return all(low == high for low, high in bands)
