"""AUD016 off-scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dsaudit.checks.audio._length import long_enough
from dsaudit.checks.audio._scale import divided_twice
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD016",
    message="{how}",
    headline=("{flagged} is off the scale", "{flagged} are off the scale"),
    since="0.1.0",
    modalities=("audio",),
)
def off_scale(measurements: DataFrame, *, max_peak: float = 1.1, min_snr_db: float = 20.0) -> DataFrame:
    """Samples stored as floating point lie far beyond full scale, or far below.

    What it does
    ------------
    Looks at recordings stored as floats, where full scale is 1. A peak above sixteen is taken for the range of
    integers of 8, 16, 24 or 32 bits, unsigned ones too, and everything else is measured after dividing by that; a
    smaller one for a gain. A few samples far beyond all others are damage, and taken for 0.
    A recording that stands out clearly from its noise and peaks below 1/32768 was probably divided twice.

    Why is this bad?
    ----------------
    Saved as integers, or played, such a recording is nothing but clipping, or silence. Models see a loudness that
    no other clip has.

    What to do
    ----------
    Divide the samples by the factor that the message names, or multiply where it says so.

    Options
    -------
    max_peak : multiple of full scale
        Peaks up to here are left alone: resampling and lossy codecs overshoot a little.
    min_snr_db : dB
        How far a tiny recording must stand out from its own noise to be taken for one.

    Limits
    ------
    Only the factor of a whole recording is seen; a loud first 20 s decide. Lossy formats are not judged.

    References
    ----------
    https://libsndfile.github.io/libsndfile/api.html, on scaling of floating point data.
    """
    columns = ["scale", "scale_centre", "stray", "peak_dbfs", "snr_db"]
    long = long_enough(measurements)
    table = measurements.reindex(columns=columns)[long].astype(float).dropna(subset=["scale"])
    scale = table["scale"]
    tiny = divided_twice(table, min_snr_db=min_snr_db)
    flagged = (scale > max_peak) | tiny | table["stray"].notna()
    peak = 10.0 ** (table["peak_dbfs"] / 20.0) * scale.where((scale > _MOST_GAIN) | (scale < 1.0), 1.0)
    told = zip(peak, scale, table["scale_centre"], table["stray"], strict=True)
    words = [_words(*one) for one in told]
    return table.assign(how=words, score=1.0 - flagged.astype(float), flagged=flagged)


_MOST_GAIN = 16.0


def _words(peak: float, scale: float, centre: float, stray: float) -> str:
    if stray == stray:
        return f"a few samples reach {stray:.4g} times full scale, and no other does: they are damaged"
    if centre > 0.0:
        bits = round(math.log2(centre)) + 1
        return (
            f"swings around {centre:.0f}, as if unsigned integers of {bits} bits were not brought to -1 to 1: "
            f"subtract {centre:.0f} and divide by it"
        )
    if scale < 1.0:
        return f"peaks at {peak:.6f} of full scale, as if divided by 32768 twice: multiply by 32768"
    if scale > _MOST_GAIN:
        return f"peaks at {peak:.0f} times full scale, as if integers were not divided by {scale:.0f}: divide by it"
    return f"peaks at {peak:.2f} times full scale: divide by that, or it is clipped as integers"
