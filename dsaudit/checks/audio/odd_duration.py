"""AUD010 odd-duration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.scoring import score_usual
from dsaudit.checks.audio._length import length
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "AUD010",
    message="{length} long, where {typical} is usual here",
    headline=("{flagged} is of an odd length", "{flagged} are of an odd length"),
    since="0.1.0",
    modalities=("audio",),
)
def odd_duration(measurements: DataFrame, *, tolerance: float = 0.2, spread: float = 4.0) -> DataFrame:
    """Much shorter or longer than the rest of the set.

    What it does
    ------------
    Compares the duration with the median of the set, on a logarithmic scale. What is usual is ``spread``
    robust standard deviations to either side of the median, each side by itself, and at least ``tolerance``. Where
    durations vary by nature they thin out rather than end: there an item is odd only where it stands apart from
    the rest by ``tolerance``, or lies twice as far out.

    Why is this bad?
    ----------------
    Models with a fixed input length pad or crop such items, which throws sound away or adds silence; a very
    short clip is usually a failed recording.

    What to do
    ----------
    Listen. Cut it to the usual length around the sound, or drop it.

    Options
    -------
    tolerance : ratio above 0
        Deviation that is always accepted: 0.2 is from 1/1.2 to 1.2 times the median.
    spread : robust standard deviations
        Deviation accepted in sets whose durations vary.

    Limits
    ------
    In a set of two usual lengths the rarer one is flagged when the other is much more common.

    References
    ----------
    P. J. Rousseeuw, C. Croux, "Alternatives to the Median Absolute Deviation", JASA 1993.
    """
    table = measurements.reindex(columns=["duration_s", "sample_rate_hz"]).astype(float).dropna(subset="duration_s")
    table = table[table["duration_s"] > 0.0]
    log = np.log(table["duration_s"].to_numpy())
    score = score_usual(log, tolerance=float(np.log1p(tolerance)), spread=spread)
    lengths = [length(s, rate) for s, rate in zip(table["duration_s"], table["sample_rate_hz"], strict=True)]
    typical_s = float(np.exp(np.median(log))) if len(log) else 1.0
    typical = [length(typical_s, rate) for rate in table["sample_rate_hz"]]
    table = table.drop(columns="sample_rate_hz").assign(length=lengths, typical_s=typical_s, typical=typical)
    return table.assign(score=score, flagged=score < 0.5)
