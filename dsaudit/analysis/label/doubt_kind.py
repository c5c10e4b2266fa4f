"""Why a label is in doubt: another label fits, two labels fit, or none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

WRONG, AMBIGUOUS, OFF_TOPIC = "wrong", "ambiguous", "off-topic"
KINDS = (WRONG, AMBIGUOUS, OFF_TOPIC)

BELONGS = 0.5
"""Share of the typical fit, 0 to 1, under which an item is off-topic: of what the model and the neighbours have to
say, less than half falls on the two best labels."""
BOTH_FIT = 0.1
"""Ratio of the given label's probability to the other's from which both fit: one in ten."""


def doubt_kinds(
    pred_probs: npt.ArrayLike,
    given: npt.ArrayLike,
    suggested: npt.ArrayLike,
    *,
    joint: npt.ArrayLike | None = None,
    neighbours: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """What kind of doubt each label would be in, were it in doubt. Meant for label-error candidates.

    *Off-topic*: the given and the suggested label together have little of the model's probability and few of the
    nearest neighbours' labels, against what is usual in this data. Not distance: recordings of something else lie
    close to each other, but with labels at random. *Ambiguous*: on topic, and the given label keeps a share of the
    probability beside the suggested one, beyond what the model learned from labels that go wrong in just this way
    (``joint``). *Wrong*: the rest.

    Parameters
    ----------
    pred_probs : float array (n, k)
        Out-of-sample predicted probabilities; rows sum to 1.
    given, suggested : int array (n,)
        Column of the given label, and of the best other one.
    joint : float array (k, k), optional
        Expected numbers of items by given label (row) and right label (column).
    neighbours : int array (n, m), optional
        Rows of the nearest neighbours, -1 for none.

    Returns
    -------
    DataFrame, n rows
        ``kind`` (str), ``confidence`` (0 to 1, of that kind among the three), and ``p_ambiguous`` and
        ``p_off_topic``, 0 to 1.

    Raises
    ------
    ValueError
        Shapes that do not agree.

    Examples
    --------
    >>> pred_probs = [[0.02, 0.96, 0.02]] + [[0.96, 0.02, 0.02]] * 9 + [[0.02, 0.02, 0.96]]
    >>> doubt_kinds(pred_probs, given=[0] * 11, suggested=[1] * 11)["kind"].tolist()[::10]
    ['wrong', 'off-topic']
    """
    from scipy.special import expit, logit  # a quarter of a second, and a rule that reads kinds alone needs none of it

    probs = np.asarray(pred_probs)
    own, other = np.asarray(given, dtype=np.int64), np.asarray(suggested, dtype=np.int64)
    if probs.ndim != 2 or own.shape != probs.shape[:1] or other.shape != own.shape:
        raise ValueError(f"pred_probs {probs.shape}, given {own.shape} and suggested {other.shape} do not agree")
    row = np.arange(len(own))
    p_own, p_other = probs[row, own].astype(np.float64), probs[row, other].astype(np.float64)
    fit = p_own + p_other
    if neighbours is not None:
        fit = (fit + _share(np.asarray(neighbours, dtype=np.int64), own, other, fit)) / 2.0
    sure = p_own >= p_other
    usual = float(np.median(fit[sure])) if sure.any() else 1.0
    odds_off = logit(BELONGS) - logit(np.clip(fit / max(usual, 1e-6), 1e-6, 1.0 - 1e-6))
    p_off = expit(3.0 * odds_off)
    habit = np.zeros(len(own))
    if joint is not None:
        table = np.asarray(joint, dtype=np.float64)
        habit = np.minimum(table[own, other] / np.maximum(table[other, other], 1.0), 1.0)
    ratio = np.maximum(p_own - habit * p_other, 1e-6) / np.maximum(p_other, 1e-6)
    p_ambiguous = (1.0 - p_off) * expit(1.5 * np.log(ratio / BOTH_FIT))
    shares = np.stack([1.0 - p_off - p_ambiguous, p_ambiguous, p_off], axis=1)
    kind = shares.argmax(axis=1)
    return pd.DataFrame(
        {
            "kind": np.array(KINDS, dtype=object)[kind],
            "confidence": shares[row, kind],
            "p_ambiguous": p_ambiguous,
            "p_off_topic": p_off,
        }
    )


def _share(
    neighbours: npt.NDArray[np.int64],
    own: npt.NDArray[np.int64],
    other: npt.NDArray[np.int64],
    default: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Share of the neighbours that carry one of two labels; ``default`` where there is no neighbour."""
    known = neighbours >= 0
    labels = np.where(known, own[neighbours], -1)
    hits = ((labels == own[:, None]) | (labels == other[:, None])).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, hits / np.maximum(count, 1), default)
