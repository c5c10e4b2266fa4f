"""AUD021 mixed-sample-rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame

_NAMED = 5


@rule(
    "AUD021",
    message="{shares}{alone}",
    since="0.1.0",
    modalities=("audio",),
    scope="dataset",
)
def mixed_sample_rate(
    items: DataFrame, measurements: DataFrame, *, min_ratio: float = 0.5, max_p: float = 0.01
) -> DataFrame:
    """The set mixes sample rates that are about equally common.

    What it does
    ------------
    Counts the sample rates. Where a second one is so common that neither is odd, says both, and which classes are of
    one rate alone although chance would have mixed them.

    Why is this bad?
    ----------------
    Items resampled on the way in differ in their highest frequencies. Where a class has one rate alone, the rate tells
    the class: a model learns it, scores well here and fails elsewhere.

    What to do
    ----------
    Resample everything to the lowest rate. Where rate and class go together, record the class again with the others.

    Options
    -------
    min_ratio : ratio, 0 to 1
        A second rate at least so many times as common as the first makes a mixed set; below, see odd-sample-rate.
    max_p : probability, 0 to 1
        Chance, over all classes, that one is of one rate alone.

    Limits
    ------
    Speakers or sources with a rate of their own look the same as classes that have: see shortcut.

    References
    ----------
    R. Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020.
    """
    rates = measurements.reindex(columns=["sample_rate_hz"])["sample_rate_hz"].astype(float).dropna()
    counts = rates.value_counts().sort_index(ascending=False).sort_values(ascending=False, kind="stable")
    head: dict[str, Any] = {"shares": object, "alone": object, "n_alone": int, "ratio": float, "score": float}
    if not len(counts):
        return pd.DataFrame({k: pd.Series(dtype=t) for k, t in (head | {"flagged": bool}).items()})
    ratio = float(counts.iloc[1] / counts.iloc[0]) if len(counts) > 1 else 0.0
    common = counts[counts >= min_ratio * counts.iloc[0]]
    shares = " and ".join(f"{n / len(rates):.0%} of the clips at {rate:,.0f} Hz" for rate, n in common.items())
    of = items["label"].reindex(rates.index)
    alone = []
    for name, own in rates.groupby(of):
        share = float(counts[own.iloc[0]]) / len(rates)
        if own.nunique() == 1 and share ** len(own) * of.nunique() <= max_p:
            alone.append(str(name))
    said = ", ".join(f"`{name}`" for name in alone[:_NAMED])
    said += f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else ""
    row = {
        "shares": shares,
        "alone": f"; of one rate alone, which gives the class away: {said}" if alone else "",
        "n_alone": len(alone),
        "ratio": ratio,
        "score": 1.0 - ratio / (ratio + min_ratio) if ratio else 1.0,
        "flagged": ratio >= min_ratio,
    }
    return pd.DataFrame([row], index=["dataset"])
