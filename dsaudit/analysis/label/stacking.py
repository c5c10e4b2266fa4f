"""What the labels of the nearest neighbours add to predicted probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

_FITTED_ITEMS = 8_000
_DOUBT = 2.0
"""Votes that the model's own probabilities count for among those of the neighbours."""
_FLOOR = 1e-4
_CHUNK = 4_000_000


class Stacked(NamedTuple):
    """Probabilities of model and neighbours together.

    Attributes
    ----------
    pred_probs : float32 array (n, k)
        Rows sum to 1.
    weights : (float, float)
        Exponents of the model's probabilities and of the votes.
    """

    pred_probs: npt.NDArray[np.float32]
    weights: tuple[float, float]


def with_neighbours(
    pred_probs: npt.ArrayLike, given: npt.ArrayLike, neighbours: npt.ArrayLike, *, seed: int = 0
) -> Stacked:
    """Join out-of-sample probabilities with the labels of each item's nearest neighbours.

    The votes of the neighbours, smoothed by two more from the model itself, are a second opinion that has not seen
    the item's own label either. Both enter as powers whose exponents make the given labels most probable (stacking:
    D. Wolpert, "Stacked generalization", Neural Networks 1992).

    Parameters
    ----------
    pred_probs : float array (n, k)
        Rows sum to 1.
    given : int array (n,)
        Column of the given label.
    neighbours : int array (n, m)
        Rows of the nearest items; -1 for none. Copies of an item and items of its group should be left out: they may
        share its mistake.
    seed : int
        Of the draw of at most 8,000 items that the exponents are fitted to.

    Examples
    --------
    >>> import numpy as np
    >>> given = np.repeat([0, 1], 50)
    >>> near = (np.arange(100)[:, None] // 50 * 50) + (np.arange(100)[:, None] + [1, 2, 3]) % 50  # of the same class
    >>> stacked = with_neighbours(np.full((100, 2), 0.5), given, near)
    >>> bool((stacked.pred_probs[np.arange(100), given] > 0.9).all())
    True
    """
    from scipy.optimize import minimize

    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    near = np.asarray(neighbours, dtype=np.int64)
    n, k = probs.shape
    votes = np.where(near >= 0, labels[near], -1)
    voters = (votes >= 0).sum(1)
    rows = np.arange(n)
    if n > _FITTED_ITEMS:
        rows = np.sort(np.random.default_rng(seed).choice(n, _FITTED_ITEMS, replace=False))
    rows = rows[voters[rows] > 0][: max(1, 16_000_000 // k)]
    if not len(rows):
        return Stacked(probs.astype(np.float32), (1.0, 0.0))
    own, other = _opinions(probs[rows], votes[rows])
    at, y = np.arange(len(rows)), labels[rows]

    def loss(w: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        p = _normalised(w[0] * own + w[1] * other)
        slope = [((p * x).sum(1) - x[at, y]).mean() for x in (own, other)]
        return float(-np.log(np.maximum(p[at, y], 1e-12)).mean()), np.array(slope, dtype=np.float64)

    best = minimize(loss, [1.0, 0.3], jac=True, method="L-BFGS-B", bounds=[(0.0, 5.0), (0.0, 5.0)]).x
    joined = np.empty((n, k), dtype=np.float32)
    for part in batches(n, k, cells=_CHUNK):
        own, other = _opinions(probs[part], votes[part])
        joined[part] = _normalised(best[0] * own + best[1] * other)
    return Stacked(joined, (float(best[0]), float(best[1])))


def _opinions(
    probs: npt.NDArray[np.floating], votes: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    counts = _DOUBT * probs.astype(np.float32)
    row = np.arange(len(probs))
    for column in votes.T:
        known = column >= 0
        counts[row[known], column[known]] += 1.0
    counts /= counts.sum(1, keepdims=True)
    return np.log(np.maximum(probs, _FLOOR)), np.log(np.maximum(counts, _FLOOR))


def _normalised(logs: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    raised = np.exp(logs - logs.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))
