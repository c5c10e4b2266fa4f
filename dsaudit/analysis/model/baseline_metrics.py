"""Everything the report says about the baseline, as plain values for ``metrics.json``."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.cause.slices import error_bands, group_error_rates
from dsaudit.analysis.model.confusion import confused_pairs, confusion_counts, seriation_order
from dsaudit.analysis.model.cost import expected_cost
from dsaudit.analysis.model.metrics import (
    accuracy_estimates,
    expected_calibration_error,
    precision_recall_f1,
    proportion,
    reliability,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.types import Estimate, Predictions

_N_LISTED = 50
_N_PAIRS = 200


def baseline_metrics(
    predictions: Predictions,
    *,
    groups: pd.Series | None = None,
    measurements: pd.DataFrame | None = None,
    costs: npt.NDArray[np.float64] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """The ``baseline`` object of ``metrics.json``, over the items whose class is learned.

    Parameters
    ----------
    predictions : Predictions
        Out of sample.
    groups : Series of str, index ``item_id``, optional
        Units of the bootstrap behind the intervals, and of the error rates per group.
    measurements : DataFrame, index ``item_id``, optional
        Columns in whose bands errors are looked for.
    costs : float64 array (k, k), optional
        What errors cost, as of ``cost_matrix``.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict of str, int, float, list, dict and None only (a figure that does not exist is None): ``accuracy``,
    ``balanced_accuracy``, ``macro_f1``, ``cost`` (each value, low, high), ``ece``, ``n``, ``n_folds``,
    ``model_card``, ``confusion``, ``per_class``, ``confused_pairs``, ``reliability``, ``groups``,
    ``bands``, ``hardest``, ``overconfident``, ``interval`` (how the intervals were made).

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.types import Predictions
    >>> probs = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], dtype=np.float32)
    >>> given, fold = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1], dtype=np.int16)
    >>> found = baseline_metrics(Predictions(("w", "x", "y", "z"), ("no", "yes"), probs, given, fold))
    >>> found["accuracy"]["value"], found["confusion"]["counts"], found["n"]
    (0.75, [[2, 0], [1, 1]], 4)
    """
    import pandas as pd

    known = np.flatnonzero(predictions.given >= 0)
    ids = np.array(predictions.item_ids, dtype=object)[known]
    index = pd.Index(ids)
    given = predictions.given[known]
    probs = predictions.pred_probs[known]
    predicted = probs.argmax(1) if len(probs) else np.empty(0, dtype=np.int64)
    confidence = probs.max(1) if len(probs) else np.empty(0)
    correct = predicted == given
    own = groups.reindex(index) if groups is not None else None
    units = None if own is None else own.to_numpy(dtype=object)
    counts = confusion_counts(given, predicted, n_classes=len(predictions.classes))
    estimates = accuracy_estimates(
        given,
        predicted,
        n_classes=len(predictions.classes),
        groups=units,
        seed=seed,
    )
    cost = None if costs is None else expected_cost(given, predicted, costs, groups=units, seed=seed)
    pairs = confused_pairs(given, probs, classes=predictions.classes, item_ids=ids.tolist()).head(_N_PAIRS)
    grouped = own is not None and bool(own.notna().any())
    return {
        "accuracy": _estimate(estimates.accuracy),
        "balanced_accuracy": _estimate(estimates.balanced_accuracy),
        "macro_f1": _estimate(estimates.macro_f1),
        "cost": None if cost is None else _estimate(cost),
        "interval": "95 %, bootstrap over " + ("groups" if grouped else "items") + "; per class Wilson, F1 bootstrap",
        "ece": plain(expected_calibration_error(confidence, correct)),
        "n": len(known),
        "n_folds": int(predictions.model_card.get("n_folds", len(np.unique(predictions.fold)))),
        "model_card": plain(dict(predictions.model_card)),
        "confusion": {
            "classes": list(predictions.classes),
            "counts": counts.tolist(),
            "order": seriation_order(counts),
        },
        "per_class": _per_class(counts, predictions.classes, estimates.f1),
        "confused_pairs": plain(pairs.to_dict("records")),
        "reliability": plain(reliability(confidence, correct).to_dict("records")),
        "groups": _groups(~correct, own) if grouped else [],
        "bands": _bands(measurements, ~correct, index) if measurements is not None else [],
        "hardest": _hardest(ids, probs[np.arange(len(given)), given]),
        "overconfident": _hardest(ids[~correct], -confidence[~correct]),
    }


def plain(value: Any) -> Any:
    """The same value in JSON's own types: numpy scalars and arrays unwrapped, NaN and infinities as None.

    Examples
    --------
    >>> import numpy as np
    >>> plain({1: np.float64("nan"), "n": np.arange(3)})
    {'1': None, 'n': [0, 1, 2]}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: plain(figure) for name, figure in asdict(estimate).items()}


def _per_class(counts: npt.NDArray[np.int64], classes: tuple[str, ...], f1: list[Estimate]) -> list[dict[str, Any]]:
    rates = precision_recall_f1(counts)
    n_given, n_predicted = counts.sum(1), counts.sum(0)
    return [
        {
            "label": label,
            "n": int(n_given[i]),
            "precision": _estimate(proportion(int(counts[i, i]), int(n_predicted[i]))),
            "recall": _estimate(proportion(int(counts[i, i]), int(n_given[i]))),
            "f1": _estimate(replace(f1[i], value=float(rates[i, 2]))),
        }
        for i, label in enumerate(classes)
    ]


def _groups(wrong: npt.NDArray[np.bool_], groups: pd.Series | None) -> list[dict[str, Any]]:
    if groups is None:
        return []
    table = group_error_rates(wrong, groups.to_numpy(dtype=object)).head(_N_LISTED)
    return [
        {
            "group": str(row["group"]),
            "n": int(row["n"]),
            "n_wrong": int(row["n_wrong"]),
            "error_rate": plain({"value": row["error_rate"], "low": row["low"], "high": row["high"]}),
        }
        for row in table.to_dict("records")
    ]


def _bands(measurements: pd.DataFrame, wrong: npt.NDArray[np.bool_], index: pd.Index) -> list[dict[str, Any]]:
    table = error_bands(measurements.reindex(index), wrong)
    return [
        {
            **{name: plain(row[name]) for name in ("measurement", "band", "low", "high", "n", "n_wrong", "ratio")},
            "error_rate": plain({"value": row["error_rate"], "low": row["error_low"], "high": row["error_high"]}),
            "rest_rate": plain(row["rest_rate"]),
            "ratio_low": plain(row["ratio_low"]),
            "ratio_high": plain(row["ratio_high"]),
        }
        for row in table.to_dict("records")
    ]


def _hardest(ids: npt.NDArray[np.object_], value: npt.NDArray[np.floating[Any]]) -> list[str]:
    """Item ids by rising value, ties by id."""
    order = np.lexsort((ids.astype(str), value))[:_N_LISTED]
    return [str(i) for i in ids[order]]
