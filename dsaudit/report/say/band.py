"""A band of a measurement in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.report.say.words import figure, measurement_name, percent

if TYPE_CHECKING:
    from dsaudit.kind import Appearance
    from dsaudit.store.schema.metrics import Distribution


def band_words(
    column: str, low: float | None, high: float | None, kind: Appearance, scale: Distribution | None = None
) -> str:
    """A band of a measurement in words: ``loudest RMS below −38 dBFS``.

    Parameters
    ----------
    column : str
        The measurement.
    low, high : float or None
        Where the band begins and ends; at least one of them.
    kind : Appearance
        Whose measurement it is.
    scale : Distribution, optional
        Of the measurement: a band that reaches the end of the scale is open there.
    """
    name, unit = measurement_name(column, kind)
    if scale is not None and low is not None and high is not None:
        if low <= scale.min:
            low = None
        elif high >= scale.max:
            high = None
    tail = f" {unit}" if unit and unit != "share" else ""
    if low is None:
        return f"{name} below {_rounded(high, column, unit)}{tail}"
    if high is None:
        return f"{name} above {_rounded(low, column, unit)}{tail}"
    ends = (_rounded(low, column, unit), _rounded(high, column, unit))
    if ends[0] == ends[1]:
        ends = (figure(low), figure(high))
    return f"{name} {ends[0]} to {ends[1]}{tail}"


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
