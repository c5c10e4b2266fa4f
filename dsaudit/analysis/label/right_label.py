"""Which label is right where the given one is wrong, and how probable that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from dsaudit.analysis.label.label_fit import calibrated
from dsaudit.analysis.label.wrong_labels import log_odds_wrong
from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.label.label_fit import LabelFit

SHARPER = 2.0
"""Exponent that takes probabilities of the given labels to those of the right ones."""
BY_MISTAKES, ANY_MISTAKE = 0.7, 0.05
"""How much the mistakes found among sure items count, as an exponent, and the share of mistakes taken to be of any
kind. All three: of fourteen settings the one that named the right label most often on digits, bank queries and made
worlds, at the stated probability."""
_CHUNK = 400_000


class Judged(NamedTuple):
    """What is believed of n labels.

    Attributes
    ----------
    p_wrong : float64 array (n,)
        Probability that the given label is wrong.
    suggested : int64 array (n,)
        The most probable other label.
    p_suggested : float64 array (n,)
        Probability that it is the right one.
    joint : float64 array (k, k)
        Expected number of items by given label (row) and right label (column).
    """

    p_wrong: npt.NDArray[np.float64]
    suggested: npt.NDArray[np.int64]
    p_suggested: npt.NDArray[np.float64]
    joint: npt.NDArray[np.float64]


def judge_labels(found: LabelFit, pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> Judged:
    """Judge every label, in bounded memory.

    If it is wrong, each other one is right with a probability that rises with what the model gives it and with how
    often, among the items that the model is surest of, the given label stands in for it.

    Parameters
    ----------
    found : LabelFit
        Of the set that the items are from.
    pred_probs : float array (n, k)
        Out-of-sample probabilities; rows sum to 1.
    given : int array (n,)
        Labels in question.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.label.label_fit import label_fit
    >>> probs = np.tile([[0.95, 0.05], [0.05, 0.95]], (100, 1))
    >>> given = np.tile([0, 1], 100)
    >>> given[0] = 1  # against the model's word
    >>> judged = judge_labels(label_fit(probs, given), probs, given)
    >>> int(judged.p_wrong.argmax()), int(judged.suggested[0])
    (0, 0)
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    n, k = probs.shape
    p_wrong = expit(log_odds_wrong(found, probs, labels))
    suggested, p_suggested, joint = np.empty(n, dtype=np.int64), np.empty(n), np.zeros((k, k))
    taken = ((1.0 - ANY_MISTAKE) * found.mistakes.T + ANY_MISTAKE / max(k, 1)) ** BY_MISTAKES
    for part in batches(n, k, cells=_CHUNK):
        own = labels[part]
        row = np.arange(len(own))
        right = calibrated(probs[part], found.calibration) ** SHARPER * taken[own]
        right[row, own] = 0.0
        right *= (p_wrong[part] / np.maximum(right.sum(1), 1e-300))[:, None]
        suggested[part] = best = right.argmax(1)
        p_suggested[part] = right[row, best]
        right[row, own] = 1.0 - p_wrong[part]
        joint += csr_array((np.ones(len(own)), (own, row)), shape=(k, len(own))) @ right
    return Judged(p_wrong, suggested, p_suggested, joint)
