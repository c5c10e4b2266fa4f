"""How far each given label can be trusted, from out-of-sample predicted probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

_CHUNK_ELEMENTS = 8_000_000


def label_quality(pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> pd.DataFrame:
    """Label quality scores and label-error candidates, in memory bounded whatever n and k.

    A candidate is an off-diagonal item of the confident joint: among the classes whose probability
    reaches that class's mean self-confidence, the most probable is not the given one (C. Northcutt,
    L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021).

    Parameters
    ----------
    pred_probs : float array (n, k)
        Out-of-sample predicted probabilities; rows sum to 1.
    given : int array (n,)
        Column of the given label, 0 … k - 1.

    Returns
    -------
    DataFrame, n rows, of scores from 0 (worst) to 1 (healthy):
        ``self_confidence`` float64, probability of the given label;
        ``pairwise_confidence`` float64, that over the sum of it and the highest other probability: what
        is left when only the strongest rival counts, below .5 where another label is more probable;
        ``normalized_margin`` float64, (self-confidence - the highest other probability + 1) / 2;
        ``confidence_weighted_entropy`` float64;
        ``candidate`` bool, off the diagonal of the confident joint;
        ``predicted`` int64, column of the highest probability;
        ``suggested`` int64, column of the most probable other class.

    Raises
    ------
    ValueError
        Shapes that do not agree, or a label out of range.

    Examples
    --------
    >>> quality = label_quality([[0.6, 0.4], [0.7, 0.3], [0.1, 0.9]], [0, 1, 1])  # the second label is in doubt
    >>> quality["self_confidence"].tolist()
    [0.6, 0.3, 0.9]
    >>> quality["candidate"].tolist(), quality["suggested"].tolist()
    ([False, True, False], [1, 0, 0])
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    if probs.ndim != 2 or labels.shape != probs.shape[:1]:
        raise ValueError(f"pred_probs {probs.shape} and given {labels.shape} do not agree")
    n, k = probs.shape
    if n and (labels.min() < 0 or labels.max() >= k):
        raise ValueError(f"given labels lie outside 0..{k - 1}")
    threshold = class_thresholds(probs, labels)
    own, rival, entropy = np.empty(n), np.empty(n), np.empty(n)
    candidate = np.zeros(n, dtype=bool)
    predicted, suggested = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for part in batches(n, k, cells=_CHUNK_ELEMENTS):
        p, y = probs[part].astype(np.float64), labels[part]
        row = np.arange(len(p))
        predicted[part] = p.argmax(1)
        own[part] = p[row, y]
        entropy[part] = _normalised_entropy(p)
        confident = np.where(p >= threshold - 1e-6, p, -1.0)
        best = confident.argmax(1)
        candidate[part] = (confident[row, best] >= 0) & (best != y)
        p[row, y] = -1.0
        suggested[part] = p.argmax(1)
        rival[part] = np.maximum(p.max(1), 0.0)
    weighted = np.maximum(entropy / np.maximum(own, 1e-12), 1e-6)
    return pd.DataFrame(
        {
            "self_confidence": own,
            "pairwise_confidence": own / np.maximum(own + rival, 1e-12),
            "normalized_margin": (own - rival + 1.0) / 2.0,
            "confidence_weighted_entropy": np.clip(np.log1p(weighted) / weighted, 0.0, 1.0),
            "candidate": candidate,
            "predicted": predicted,
            "suggested": suggested,
        }
    )


def candidates_by_rank(quality: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Label-error candidates cut from the ranking: as many as the confident joint counts off its diagonal.

    The joint says well how many labels are wrong between confusable classes, pairwise confidence says
    better which; so the count is taken from the one and the order from the other, and no item that is
    not a candidate ranks before one that is. Items whose given label is the most probable are none.

    Parameters
    ----------
    quality : DataFrame, n rows
        As from ``label_quality``.

    Returns
    -------
    bool array (n,)

    Examples
    --------
    >>> candidates_by_rank(label_quality([[0.6, 0.4], [0.7, 0.3], [0.1, 0.9]], [0, 1, 1])).tolist()
    [False, True, False]
    """
    rank = quality["pairwise_confidence"].to_numpy(dtype=np.float64)
    count = int(quality["candidate"].sum())
    if not count:
        return np.zeros(len(rank), dtype=bool)
    cutoff = np.partition(rank, count - 1)[count - 1]
    return np.asarray((rank <= cutoff) & (rank < 0.5))


def class_thresholds(pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Mean self-confidence of each class, float64 (k,): 1 where a class has no items, so nothing reaches it.

    Examples
    --------
    >>> class_thresholds([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]], [0, 0, 1]).tolist()
    [0.5, 0.5]
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    n, k = probs.shape
    total = np.bincount(labels, weights=probs[np.arange(n), labels].astype(np.float64), minlength=k)
    count = np.bincount(labels, minlength=k)
    return np.where(count > 0, total / np.maximum(count, 1), 1.0)


def _normalised_entropy(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if p.shape[1] < 2:
        return np.zeros(len(p))
    return np.asarray(-(p * np.log(np.maximum(p, 1e-12))).sum(1) / np.log(p.shape[1]))
