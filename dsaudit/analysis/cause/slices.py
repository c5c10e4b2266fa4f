"""Where the model is wrong more often than elsewhere: groups, and bands of a measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.cause.hypergeometric import hypergeometric
from dsaudit.analysis.model.metrics import proportion

if TYPE_CHECKING:
    import numpy.typing as npt

BANDS = (("very low", 0.0, 0.1), ("low", 0.0, 0.25), ("high", 0.75, 1.0), ("very high", 0.9, 1.0))
"""Name and quantile range of the bands that are tried on every measurement."""


def group_error_rates(wrong: npt.ArrayLike, groups: npt.ArrayLike, *, min_items: int = 3) -> pd.DataFrame:
    """Error rate per group, worst first.

    A group of three with three errors says less than one of thirty with twenty, so groups are ordered
    by a shrunken rate: the mean of a beta distribution fitted to all groups (empirical Bayes, method of
    moments) after seeing the group. The rate reported is the plain one, with its Wilson interval.

    Parameters
    ----------
    wrong : bool array (n,)
    groups : array (n,)
        Missing values belong to no group.
    min_items : int
        Smaller groups are left out.

    Returns
    -------
    DataFrame: ``group``, ``n``, ``n_wrong``, ``error_rate``, ``low``, ``high``, ``shrunken_rate``.

    Examples
    --------
    >>> rates = group_error_rates([True, True, True, False, False, False], ["ann"] * 3 + ["bob"] * 3)
    >>> rates[["group", "n_wrong", "error_rate"]].to_dict("list")
    {'group': ['ann', 'bob'], 'n_wrong': [3, 0], 'error_rate': [1.0, 0.0]}
    """
    table = pd.DataFrame({"group": pd.Series(np.asarray(groups, dtype=object)), "wrong": np.asarray(wrong, dtype=bool)})
    counts = table.dropna().groupby("group", sort=True)["wrong"].agg(["size", "sum"])
    counts = counts[counts["size"] >= min_items]
    n, n_wrong = counts["size"].to_numpy(dtype=np.float64), counts["sum"].to_numpy(dtype=np.float64)
    estimates = [proportion(w, m) for w, m in zip(n_wrong, n, strict=True)]
    mean, weight = _beta_prior(n_wrong, n)
    result = pd.DataFrame(
        {
            "group": counts.index.astype(str).to_numpy(dtype=object),
            "n": n.astype(np.int64),
            "n_wrong": n_wrong.astype(np.int64),
            "error_rate": [e.value for e in estimates],
            "low": [e.low for e in estimates],
            "high": [e.high for e in estimates],
            "shrunken_rate": (n_wrong + mean * weight) / (n + weight),
        }
    )
    return result.sort_values(["shrunken_rate", "n", "group"], ascending=[False, False, True], ignore_index=True)


def _beta_prior(n_wrong: npt.NDArray[np.float64], n: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Mean of the groups' rates and how many items it counts for."""
    if not len(n):
        return 0.0, 1.0
    mean = float(n_wrong.sum() / n.sum())
    if len(n) < 2 or mean in (0.0, 1.0):
        return mean, 10.0
    spread = float(np.average((n_wrong / n - mean) ** 2, weights=n))
    by_chance = float(mean * (1 - mean) * len(n) / n.sum())
    between = spread - by_chance
    if between <= 0:
        return mean, 1_000.0
    return mean, float(np.clip(mean * (1 - mean) / between - 1.0, 1.0, 1_000.0))


def error_bands(
    measurements: pd.DataFrame,
    wrong: npt.ArrayLike,
    *,
    min_items: int = 20,
    min_ratio: float = 1.5,
    max_false_discovery: float = 0.05,
) -> pd.DataFrame:
    """Bands of a measurement in which the model is wrong more often than elsewhere.

    Every numeric column is cut at its 10, 25, 75 and 90 % quantiles; the error rate in each outer band
    is compared with that of the other items by Fisher's exact test, one-sided. The false discovery rate
    over all comparisons is held by Benjamini & Hochberg (JRSS B 1995), and of each column's bands the
    one with the clearest difference is kept. The ratio's interval is Katz's (Biometrics 1978), with half
    an error added on both sides.

    Parameters
    ----------
    measurements : DataFrame, n rows
        Columns that are not numeric, or have fewer than three values, are passed over; NaN rows too.
    wrong : bool array (n,)
    min_items : int
        Smallest band that is compared.
    min_ratio : float
        Smallest error rate ratio worth telling.
    max_false_discovery : float
        Expected share of chance findings among those returned.

    Returns
    -------
    DataFrame, the largest ratio first: ``measurement``, ``band``, ``low``, ``high`` (values the band
    runs between, in the measurement's unit), ``n``, ``n_wrong``, ``error_rate``, ``error_low``,
    ``error_high``, ``rest_rate``, ``ratio``, ``ratio_low``, ``ratio_high``, ``p_value``.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> snr = pd.DataFrame({"snr_db": np.arange(200.0)})
    >>> found = error_bands(snr, np.arange(200) < 20)  # the tenth with the lowest values is all wrong
    >>> found[["measurement", "band", "n", "error_rate"]].to_dict("records")
    [{'measurement': 'snr_db', 'band': 'very low', 'n': 20, 'error_rate': 1.0}]
    """
    bad = np.asarray(wrong, dtype=bool)
    rows: list[dict[str, object]] = []
    for name in measurements.columns:
        column = measurements[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            rows += _bands_of(str(name), column.to_numpy(dtype=np.float64, na_value=np.nan), bad, min_items)
    columns = ["measurement", "band", "low", "high", "n", "n_wrong", "error_rate", "error_low", "error_high"]
    columns += ["rest_rate", "ratio", "ratio_low", "ratio_high", "p_value"]
    table = pd.DataFrame(rows, columns=columns)
    if table.empty:
        return table
    kept = table[_discoveries(table["p_value"].to_numpy(dtype=np.float64), max_false_discovery)]
    kept = kept[kept["ratio"] >= min_ratio]
    kept = kept.sort_values(["measurement", "p_value", "n"], ascending=[True, True, False])
    kept = kept.drop_duplicates("measurement")
    return kept.sort_values(["ratio", "measurement"], ascending=[False, True], ignore_index=True)


def _bands_of(
    name: str, values: npt.NDArray[np.float64], wrong: npt.NDArray[np.bool_], min_items: int
) -> list[dict[str, object]]:
    known = np.isfinite(values)
    x, bad = values[known], wrong[known]
    if len(np.unique(x)) < 3:
        return []
    found: list[dict[str, object]] = []
    seen: set[tuple[int, float]] = set()
    for band, bottom, top in BANDS:
        inside = x <= np.quantile(x, top) if bottom == 0.0 else x >= np.quantile(x, bottom)
        n, n_rest = int(inside.sum()), int((~inside).sum())
        key = (n, float(x[inside].min()))
        if key in seen or n < min_items or n_rest < min_items:
            continue
        seen.add(key)
        hits, rest = int(bad[inside].sum()), int(bad[~inside].sum())
        estimate = proportion(hits, n)
        ratio = (hits + 0.5) / (n + 0.5) / ((rest + 0.5) / (n_rest + 0.5))
        spread = np.sqrt(1 / (hits + 0.5) - 1 / (n + 0.5) + 1 / (rest + 0.5) - 1 / (n_rest + 0.5))
        found.append(
            {
                "measurement": name,
                "band": band,
                "low": float(x[inside].min()),
                "high": float(x[inside].max()),
                "n": n,
                "n_wrong": hits,
                "error_rate": estimate.value,
                "error_low": estimate.low,
                "error_high": estimate.high,
                "rest_rate": rest / n_rest,
                "ratio": float(ratio),
                "ratio_low": float(ratio * np.exp(-1.96 * spread)),
                "ratio_high": float(ratio * np.exp(1.96 * spread)),
                "p_value": float(min(1.0, hypergeometric(n, hits + rest, n + n_rest)[hits:].sum())),
            }
        )
    return found


def _discoveries(p_values: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.bool_]:
    """Benjamini & Hochberg: which p-values to call findings."""
    order = np.argsort(p_values, kind="stable")
    passed = np.flatnonzero(p_values[order] <= rate * np.arange(1, len(order) + 1) / len(order))
    chosen = np.zeros(len(order), dtype=bool)
    if len(passed):
        chosen[order[: passed[-1] + 1]] = True
    return chosen
