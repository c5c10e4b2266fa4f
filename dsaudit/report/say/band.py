"""A band of a measurement in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dsaudit.report.say.words import figure, measurement_name, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.kind import Appearance


def band_words(band: Mapping[str, Any], kind: Appearance, stats: Mapping[str, Any] | None = None) -> str:
    """A band of a measurement in words: ``loudest RMS below −38 dBFS``.

    Parameters
    ----------
    band : mapping
        ``measurement``, ``low``, ``high``, ``band``.
    kind : Appearance
        Whose measurement it is.
    stats : mapping of column to mapping, optional
        ``min`` and ``max`` of each measurement: a band that reaches the end of the scale is open there.
    """
    column = str(band.get("measurement", ""))
    name, unit = measurement_name(column, kind)
    low, high = band.get("low"), band.get("high")
    ends = (stats or {}).get(column) or {}
    has_low, has_high = _finite(low), _finite(high)
    if has_low and has_high:
        has_low = not (_finite(ends.get("min")) and low <= ends["min"])
        has_high = not has_low or not (_finite(ends.get("max")) and high >= ends["max"])
    tail = f" {unit}" if unit and unit != "share" else ""
    if has_low and has_high:
        ends = (_rounded(low, column, unit), _rounded(high, column, unit))
        if ends[0] == ends[1]:
            ends = (figure(low), figure(high))
        return f"{name} {ends[0]} to {ends[1]}{tail}"
    if has_high:
        return f"{name} below {_rounded(high, column, unit)}{tail}"
    if has_low:
        return f"{name} above {_rounded(low, column, unit)}{tail}"
    return f"{name} {band.get('band', '')}".strip()


def _rounded(value: Any, column: str, unit: str) -> str:
    """An end of a band, as exactly as it means anything: it is where a tenth of the items begins, not a limit."""
    if column.endswith("_share"):
        return percent(value)
    if unit in ("dB", "dBFS", "ms"):
        return _plain(round(value, 0 if abs(value) >= 10 or unit == "ms" else 1) + 0.0)
    if value and abs(value) < 100:
        return _plain(float(f"{value:.2g}"))
    return figure(value)


def _plain(value: float) -> str:
    """Without the zeros that would claim more than is known: ``0.23``, ``−9.8``."""
    return f"{value:g}".replace("-", "−") if 1e-4 <= abs(value) < 1e5 else figure(value)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
