"""Items that differ from what is usual in their set."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


def uncommon_values(measurements: DataFrame, column: str, *, max_ratio: float) -> DataFrame:
    """How common each item's value is, compared with the most common value.

    Parameters
    ----------
    measurements : DataFrame, index ``item_id``
    column : str
        A measurement with few distinct values, such as a sample rate.
    max_ratio : float, 0 to 1
        Values less than this times as common as the most common one are flagged.

    Returns
    -------
    DataFrame, index ``item_id``: the column, ``usual`` (the most common value; the smallest of several),
    ``score`` (that ratio: 0 rare … 1 as common as any) and ``flagged``.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.DataFrame({"sample_rate": [16000] * 4 + [8000]}, index=list("vwxyz"))
    >>> uncommon_values(rates, "sample_rate", max_ratio=0.5).loc["z"].to_dict()
    {'sample_rate': 8000.0, 'usual': 16000.0, 'score': 0.25, 'flagged': True}
    """
    table = measurements[[column]].astype(float).dropna()
    counts = table[column].value_counts().sort_index()
    usual = counts.index[int(counts.to_numpy().argmax())] if len(counts) else float("nan")
    score = table[column].map(counts).astype(float) / max(float(counts.max()) if len(counts) else 0.0, 1.0)
    return table.assign(usual=float(usual), score=score, flagged=score < max_ratio)
