"""How probable each label is, by the one number that is stated of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def label_shares(
    pred_probs: npt.ArrayLike,
    given: npt.ArrayLike,
    suggested: npt.ArrayLike,
    p_wrong: npt.ArrayLike,
    p_suggested: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """Probabilities of all labels that agree with what is said of the given and of the suggested one.

    What is left after those two is shared among the others as the model shares it.

    Parameters
    ----------
    pred_probs : float array (n, k)
        What the model says.
    given, suggested : int array (n,)
        Columns, no two the same.
    p_wrong, p_suggested : float array (n,)
        0 to 1: that the given label is wrong, that the suggested one is right; the second is no more than the first.

    Returns
    -------
    float64 array (n, k)
        Rows sum to 1.

    Examples
    --------
    >>> label_shares([[0.26, 0.25, 0.49]], [1], [2], [0.9], [0.6]).round(2).tolist()
    [[0.3, 0.1, 0.6]]
    """
    shares = np.array(pred_probs, dtype=np.float64)
    own, other = np.asarray(given, dtype=np.int64), np.asarray(suggested, dtype=np.int64)
    wrong, right = np.asarray(p_wrong, dtype=np.float64), np.asarray(p_suggested, dtype=np.float64)
    row = np.arange(len(shares))
    shares[row, own] = shares[row, other] = 0.0
    left = shares.sum(1)
    even = np.ones_like(shares)
    even[row, own] = even[row, other] = 0.0
    shares = np.where((left > 0)[:, None], shares, even)
    rest = np.where(shares.sum(1) > 0, wrong - right, 0.0)
    shares *= (rest / np.maximum(shares.sum(1), 1e-12))[:, None]
    shares[row, own] = 1.0 - wrong
    shares[row, other] = wrong - rest
    return shares
