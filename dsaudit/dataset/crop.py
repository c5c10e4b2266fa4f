"""Items that are a box of a picture: its corners stand in their address, as a stretch's ends do.

``/street/1.jpg#box=20,15,70,55`` is from 20 to 70 px from the left and from 15 to 55 px from the top; with ``#part=``
the same as shares of its width and height.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

CropUnit = Literal["px", "share"]

_NUMBER = r"(-?\d+(?:\.\d+)?|nan)"
_FRAGMENT = re.compile(rf"#(box|part)={_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}")
_UNITS: dict[str, CropUnit] = {"box": "px", "part": "share"}
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Crop:
    """A box of a picture as it is seen, upright.

    Attributes
    ----------
    x0, y0, x1, y1 : float
        Left, upper, right and lower edge, from the left and from the top; the right and the lower one are outside.
        NaN, below 0 or the wrong way round where a manifest says so: whoever opens the item tells.
    unit : "px" or "share"
        Pixels, or shares of the width and the height.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    unit: CropUnit = "px"

    def __str__(self) -> str:
        """``20,15,70,55``, whatever the unit.

        >>> str(Crop(20.0, 15.5, 70.0, 55.0))
        '20,15.5,70,55'
        """
        return ",".join(map(_text, (self.x0, self.y0, self.x1, self.y1)))

    @property
    def fragment(self) -> str:
        """The end of its address.

        >>> Crop(0.25, 0.0, 0.75, 0.5, "share").fragment
        '#part=0.25,0,0.75,0.5'
        """
        return f"#{'box' if self.unit == 'px' else 'part'}={self}"

    @property
    def is_unread(self) -> bool:
        """Whether one of its edges is not a number."""
        return any(map(math.isnan, (self.x0, self.y0, self.x1, self.y1)))

    @property
    def fault(self) -> str:
        """What is wrong with it whatever the picture is, in words; empty where nothing is.

        >>> Crop(90, 60, 70, 90).fault, Crop(70, 60, 90, 90).fault
        ('the box is turned inside out: its right edge, at 70, is left of its left edge, at 90', '')
        """
        if self.is_unread:
            return "an edge of the box is not a number"
        if self.x1 < self.x0:
            edges = f"its right edge, at {_text(self.x1)}, is left of its left edge, at {_text(self.x0)}"
            return f"the box is turned inside out: {edges}"
        if self.y1 < self.y0:
            edges = f"its lower edge, at {_text(self.y1)}, is above its upper edge, at {_text(self.y0)}"
            return f"the box is turned inside out: {edges}"
        if self.x1 == self.x0 or self.y1 == self.y0:
            return f"the box is empty: {self.words}"
        return ""

    @property
    def words(self) -> str:
        """``x 20 to 70, y 15 to 55 px``."""
        unit = " px" if self.unit == "px" else " of its sides"
        return f"x {_text(self.x0)} to {_text(self.x1)}, y {_text(self.y0)} to {_text(self.y1)}{unit}"

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, upper, right and lower edge in a picture of that size, at least one pixel apart; of one without fault.

        >>> Crop(0.25, 0.0, 0.75, 0.5, "share").pixels(200, 100)
        (50, 0, 150, 50)
        """
        sx, sy = (1, 1) if self.unit == "px" else (width, height)
        left, upper = round(self.x0 * sx), round(self.y0 * sy)
        return left, upper, max(left + 1, round(self.x1 * sx)), max(upper + 1, round(self.y1 * sy))

    def overlap(self, other: Crop) -> float:
        """What two boxes share, as a part of what they cover together.

        >>> Crop(0, 0, 10, 10).overlap(Crop(0, 5, 10, 15))
        0.3333333333333333
        """
        shared = self._shared(other)
        both = self._area + other._area - shared
        return shared / both if both > 0.0 else 0.0

    def covered(self, other: Crop) -> float:
        """What two boxes share, as a part of the smaller one.

        >>> Crop(0, 0, 10, 10).covered(Crop(0, 5, 10, 25))
        0.5
        """
        smaller = min(self._area, other._area)
        return self._shared(other) / smaller if smaller > 0.0 else 0.0

    @property
    def _area(self) -> float:
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def _shared(self, other: Crop) -> float:
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height) if self.unit == other.unit else 0.0


def parted(address: str) -> tuple[str, Crop | None]:
    """The file of an address, and the box of it that is meant.

    >>> parted("/street/1.jpg#box=20,15,70,55")
    ('/street/1.jpg', Crop(x0=20.0, y0=15.0, x1=70.0, y1=55.0, unit='px'))
    """
    at = address.rfind("#")
    if at < 0 or (found := _FRAGMENT.fullmatch(address, at)) is None:
        return address, None
    x0, y0, x1, y1 = map(float, found.groups()[1:])
    return address[:at], Crop(x0, y0, x1, y1, _UNITS[found[1]])


def _text(at: float) -> str:
    return "nan" if math.isnan(at) else f"{round(at, _DIGITS) + 0.0:.{_DIGITS}f}".rstrip("0").rstrip(".")
