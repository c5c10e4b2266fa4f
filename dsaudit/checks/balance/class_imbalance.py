"""BAL002 class-imbalance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "BAL002",
    message="the class {largest} has {n_largest} {many} and {smallest} has {n_smallest}: {ratio:.0f} times as many",
    since="0.1.0",
    scope="dataset",
)
def class_imbalance(class_sizes: DataFrame, *, max_ratio: float = 10.0) -> DataFrame:
    """The largest class is many times the size of the smallest.

    What it does
    ------------
    Divides the number of items of the largest class by that of the smallest.

    Why is this bad?
    ----------------
    Plain accuracy then speaks mostly of the large classes, and a model that never predicts the small
    ones looks good.

    What to do
    ----------
    Read balanced accuracy and the per-class figures; collect for the small classes, or weight them.

    Options
    -------
    max_ratio : ratio, 1 up
        Flagged above.

    Limits
    ------
    A set that mirrors how often things happen is imbalanced for a reason.

    References
    ----------
    H. He and E. Garcia, "Learning from Imbalanced Data", IEEE TKDE 2009.
    """
    counts = class_sizes["n"].sort_index(kind="stable").sort_values(kind="stable")
    if len(counts) < 2:
        empty = {"largest": object, "n_largest": int, "smallest": object, "n_smallest": int, "ratio": float}
        return pd.DataFrame({k: pd.Series(dtype=t) for k, t in (empty | {"score": float, "flagged": bool}).items()})
    ratio = float(counts.iloc[-1] / counts.iloc[0])
    row = {
        "largest": counts.index[-1],
        "n_largest": int(counts.iloc[-1]),
        "smallest": counts.index[0],
        "n_smallest": int(counts.iloc[0]),
        "ratio": ratio,
        "score": max_ratio / (max_ratio + ratio),
        "flagged": ratio > max_ratio,
    }
    return pd.DataFrame([row], index=["dataset"])
