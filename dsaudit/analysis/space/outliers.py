"""Items far from everything else in embedding space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.scoring import score_below

if TYPE_CHECKING:
    import numpy.typing as npt

_MIN_CLASS = 20


def outlier_scores(
    distance: npt.ArrayLike,
    similarity: npt.ArrayLike | None = None,
    *,
    labels: npt.ArrayLike | None = None,
    max_deviation: float = 3.0,
) -> pd.DataFrame:
    """How far each item lies from its neighbours, compared with its own class.

    The mean distance to the nearest neighbours (J. Kuan & J. Mueller, "Back to the Basics: Revisiting
    Out-of-Distribution Detection Baselines", ICML workshop 2022) is set against the median of the
    item's class, in median absolute deviations of its logarithm: a class of noises is spread
    wider than a word, and its members are not outliers for that. Classes of fewer than 20 items, and
    unlabelled items, are compared with all items. The same is done with angles, and the larger of both counts.

    Parameters
    ----------
    distance : float array (n, k)
        Euclidean distance to the nearest neighbours: a hum among words is told by the length of its
        vector, which a cosine does not see.
    similarity : float array (n, k), optional
        Cosine to them: a text of words that no other has lies in the middle of all, near everything by distance.
    labels : array of str (n,), optional
    max_deviation : float
        Robust standard deviations above which an item is flagged.

    Returns
    -------
    DataFrame, n rows: ``score`` (0 far out … 1 healthy, .5 at the threshold), ``flagged`` (bool),
    ``distance`` (mean over the neighbours), ``deviation`` (robust standard deviations).

    Examples
    --------
    >>> import numpy as np
    >>> distance = np.append(np.linspace(1.0, 1.2, 30), 10.0)[:, None]
    >>> found = outlier_scores(distance)
    >>> found.index[found["flagged"]].tolist()
    [30]
    """
    names = None if labels is None else pd.Series(np.asarray(labels, dtype=object))
    mean = _mean(distance)
    deviation = _deviation(mean, names)
    if similarity is not None:
        deviation = np.maximum(deviation, _deviation(_mean(1.0 - np.asarray(similarity, dtype=np.float64)), names))
    return pd.DataFrame(
        {
            "score": score_below(deviation, bad=max_deviation, healthy=max_deviation / 2.0),
            "flagged": deviation > max_deviation,
            "distance": mean,
            "deviation": deviation,
        }
    )


def _mean(apart: npt.ArrayLike) -> npt.NDArray[np.float64]:
    rows = np.asarray(apart, dtype=np.float64)
    return np.asarray(rows.mean(1)) if rows.size else np.zeros(len(rows))


def _deviation(mean: npt.NDArray[np.float64], labels: pd.Series | None) -> npt.NDArray[np.float64]:
    """Of each item's logarithm within its class."""
    value = np.log(np.maximum(mean, 1e-4))
    deviation = _robust_deviation(value, value)
    if labels is not None:
        for members in labels.groupby(labels, sort=True).indices.values():
            if len(members) >= _MIN_CLASS:
                deviation[members] = _robust_deviation(value[members], value)
    return deviation


def _robust_deviation(value: npt.NDArray[np.float64], all_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Deviations from the median; the scale is at least half of that over all items, so that a class of
    copies does not make outliers of everything else in it."""
    if not len(value):
        return value.copy()
    scale = max(_spread(value), 0.5 * _spread(all_values), 1e-3)
    return np.asarray((value - np.median(value)) / scale)


def _spread(value: npt.NDArray[np.float64]) -> float:
    return float(1.4826 * np.median(np.abs(value - np.median(value))))
