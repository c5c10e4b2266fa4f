"""Units that people write beside numbers, and what one is in another."""

from __future__ import annotations

import re

_OF = {
    "length": {"mm": 1e-3, "cm": 1e-2, "dm": 0.1, "m": 1.0, "km": 1e3, "in": 0.0254, "inch": 0.0254, "inches": 0.0254,
               '"': 0.0254, "ft": 0.3048, "feet": 0.3048, "yd": 0.9144, "mi": 1609.344, "miles": 1609.344},
    "mass": {"mg": 1e-6, "g": 1e-3, "gr": 1e-3, "kg": 1.0, "kgs": 1.0, "t": 1e3, "oz": 0.0283495, "lb": 0.45359237,
             "lbs": 0.45359237},
    "volume": {"ml": 1e-3, "cl": 1e-2, "dl": 0.1, "l": 1.0, "liter": 1.0, "litre": 1.0, "hl": 100.0, "gal": 3.785412},
    "time": {"ms": 1e-3, "s": 1.0, "sec": 1.0, "min": 60.0, "mins": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0,
             "d": 86400.0, "days": 86400.0},
    "energy": {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3, "kj": 1 / 3600, "j": 1 / 3.6e6, "kcal": 4.184 / 3600},
    "pressure": {"pa": 1.0, "hpa": 100.0, "kpa": 1e3, "mbar": 100.0, "bar": 1e5, "psi": 6894.757, "mmhg": 133.3224},
    "temperature": {"c": 1.0, "°c": 1.0, "f": 1.0, "°f": 1.0},
}  # fmt: skip
_FAHRENHEIT = {"f", "°f"}


def converted(number: float, unit: str, into: str) -> float | None:
    """A number in another unit; None where the two do not measure the same, or one is not known.

    >>> converted(1498.0, "mm", "cm"), converted(212, "°F", "°C"), converted(3, "kg", "cm")
    (149.8, 100.0, None)
    """
    a, b = unit.strip(" .").lower(), into.strip(" .").lower()
    kind = dimension(a)
    if not kind or kind != dimension(b):
        return None
    if kind == "temperature":
        celsius = (number - 32) / 1.8 if a in _FAHRENHEIT else number
        return round(celsius * 1.8 + 32 if b in _FAHRENHEIT else celsius, 6)
    return float(f"{number * _OF[kind][a] / _OF[kind][b]:.10g}")


def dimension(unit: str) -> str:
    """What a unit measures; empty where it is not known.

    >>> dimension("kg"), dimension("pieces")
    ('mass', '')
    """
    return next((kind for kind, units in _OF.items() if unit.strip(" .").lower() in units), "")


def unit_of(name: str) -> str:
    """The unit at the end of the name of a column; empty where there is none.

    >>> unit_of("weight_kg"), unit_of("Length (cm)"), unit_of("price")
    ('kg', 'cm', '')
    """
    words = re.findall(r"°?[A-Za-z]+", name)
    return words[-1] if len(words) > 1 and dimension(words[-1]) else ""


def like(unit: str) -> list[str]:
    """The units of the same dimension.

    >>> like("wh")[:2]
    ['wh', 'kwh']
    """
    return list(_OF.get(dimension(unit), ()))
