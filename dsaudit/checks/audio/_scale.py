"""Which recordings are so faint only because their samples were divided once too often."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def divided_twice(measurements: DataFrame, *, min_snr_db: float = 20.0) -> Series[bool]:
    """Whether each recording has the scale of one divided twice and stands out from its own noise like any other."""
    told = measurements.reindex(columns=["scale", "snr_db"]).astype(float)
    return (told["scale"] < 1.0) & (told["snr_db"] >= min_snr_db)


def faintness_db(measurements: DataFrame) -> Series[float]:
    """What each recording that was measured as if divided twice is below that, dB; 0 for all others."""
    scale = measurements.reindex(columns=["scale"])["scale"].astype(float).fillna(1.0)
    return scale.clip(upper=1.0).map(lambda one: 20.0 * math.log10(one))
