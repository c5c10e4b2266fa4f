"""Lengths in words, and which recordings are long enough to have a level or a voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame, Series

SHORTEST_S = 0.050
"""Shorter recordings are odd by their length alone."""


def long_enough(measurements: DataFrame) -> Series[bool]:
    """Whether each recording holds the 50 ms that a level is taken of; so do those of unknown length."""
    return ~(measurements.reindex(columns=["duration_s"])["duration_s"].astype(float) < SHORTEST_S)


def length(duration_s: float, sample_rate_hz: float) -> str:
    """A length in the unit that says something.

    Examples
    --------
    >>> length(1.25, 16_000), length(0.025, 16_000), length(1 / 16_000, 16_000)
    ('1.25 s', '25 ms', '1 sample (0.0625 ms)')
    """
    if duration_s >= 0.1 or sample_rate_hz != sample_rate_hz:
        return f"{duration_s:.2f} s"
    n = round(duration_s * sample_rate_hz)
    in_ms = f"{1e3 * duration_s:.3g} ms"
    return in_ms if duration_s >= 0.02 else f"{n} sample{'s' * (n != 1)} ({in_ms})"
