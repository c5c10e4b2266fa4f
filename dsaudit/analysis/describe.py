"""Plain tables about a dataset: its classes, splits and measurements, JSON-ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_N_BINS = 40


def class_table(items: pd.DataFrame, measurements: pd.DataFrame, summed: Sequence[str] = ()) -> list[dict[str, Any]]:
    """One entry per class, the largest first.

    Parameters
    ----------
    items : DataFrame, index ``item_id``
        ``label`` and ``group``.
    measurements : DataFrame, index ``item_id``
    summed : sequence of str
        Measurements that are worth adding up over a class.

    Returns
    -------
    list of dicts
        ``label``, ``n``, ``n_groups``, ``share`` of the labelled items (0..1), ``totals`` and ``medians`` of what is
        summed, by column; without those that no item of the class has.

    Examples
    --------
    >>> import pandas as pd
    >>> items = pd.DataFrame({"label": ["no", "yes", "yes"], "group": ["ann", "ann", "bob"]}, index=list("xyz"))
    >>> table = class_table(items, pd.DataFrame({"length_m": [1.0, 2.0, 4.0]}, index=list("xyz")), ["length_m"])
    >>> table[0]["label"], table[0]["n"], table[0]["totals"], table[0]["medians"]
    ('yes', 2, {'length_m': 6.0}, {'length_m': 3.0})
    """
    labelled = items[items["label"].notna()]
    table = measurements[[c for c in summed if c in measurements]].reindex(items.index).astype(float)
    rows = []
    for label, members in labelled.groupby("label"):
        own = table.loc[members.index].dropna(axis=1, how="all")
        rows.append(
            {
                "label": str(label),
                "n": len(members),
                "n_groups": int(members["group"].nunique()),
                "share": len(members) / len(labelled),
                "totals": {str(c): float(np.sum(own[c].dropna())) for c in own},
                "medians": {str(c): float(np.median(own[c].dropna())) for c in own},
            }
        )
    return sorted(rows, key=lambda row: (-row["n"], row["label"]))


def split_table(items: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per split: ``split``, ``n``, ``n_groups`` and ``per_class`` (label to number of items).

    Examples
    --------
    >>> import pandas as pd
    >>> items = pd.DataFrame({"split": ["test", "test", None], "label": ["no", "yes", "no"], "group": "ann"})
    >>> split_table(items)
    [{'split': 'test', 'n': 2, 'n_groups': 1, 'per_class': {'no': 1, 'yes': 1}}]
    """
    rows = []
    for split, members in items[items["split"].notna()].groupby("split"):
        counts = members["label"].dropna().value_counts().sort_index()
        rows.append(
            {
                "split": str(split),
                "n": len(members),
                "n_groups": int(members["group"].nunique()),
                "per_class": {str(k): int(v) for k, v in counts.items()},
            }
        )
    return rows


def measurement_table(measurements: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Distribution of every numeric column that varies: min, p5, median, p95, max and a histogram.

    The histogram runs from the first to the 99th percentile in 40 equal bins; what lies outside is
    counted in the outermost ones.

    Examples
    --------
    >>> import pandas as pd
    >>> table = measurement_table(pd.DataFrame({"duration_s": [1.0, 2.0, 4.0], "channels": [1, 1, 1]}))
    >>> list(table), table["duration_s"]["median"]
    (['duration_s'], 2.0)
    """
    summary: dict[str, dict[str, Any]] = {}
    for name in measurements.columns:
        if measurements[name].dtype.kind not in "if":
            continue
        values = measurements[name].to_numpy(dtype=np.float64)
        values = values[np.isfinite(values)]
        if not len(values) or values.min() == values.max():
            continue
        low, p5, median, p95, high = np.quantile(values, [0.01, 0.05, 0.5, 0.95, 0.99])
        if low == high:
            low, high = values.min(), values.max()
        counts, edges = np.histogram(np.clip(values, low, high), bins=_N_BINS, range=(low, high))
        summary[str(name)] = {
            "min": float(values.min()),
            "p5": float(p5),
            "median": float(median),
            "p95": float(p95),
            "max": float(values.max()),
            "histogram": {"edges": [float(e) for e in edges], "counts": [int(c) for c in counts]},
        }
    return summary
