"""Class shares of a set without labels, from what a model says of it, and probabilities put right for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_LEAST = 1e-12
_TEMPERATURES = np.geomspace(0.25, 4.0, 41)


def with_shares(probs: npt.ArrayLike, shares: npt.ArrayLike, *, learned: npt.ArrayLike) -> Floats:
    """Probabilities where classes have other shares than those that the model learned from, float64 (n, k).

    Parameters
    ----------
    probs : float array (n, k)
        Calibrated; rows sum to 1.
    shares, learned : float arrays (k,)
        Of the classes, there and among what was learned from; sum to 1.

    Examples
    --------
    >>> with_shares([[0.5, 0.5]], [0.9, 0.1], learned=[0.5, 0.5]).round(2).tolist()
    [[0.9, 0.1]]
    """
    weight = np.asarray(shares, dtype=np.float64) / np.maximum(np.asarray(learned, dtype=np.float64), _LEAST)
    found = np.asarray(probs, dtype=np.float64) * weight
    return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), _LEAST))


def shares_by_em(
    probs: npt.ArrayLike, *, learned: npt.ArrayLike, weight: npt.ArrayLike | None = None, n_steps: int = 200
) -> Floats:
    """Class shares that make what the model says likeliest, float64 (k,), or (b, k) with ``weight``.

    M. Saerens, P. Latinne & C. Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities",
    Neural Computation 2002; with calibrated probabilities it is ahead of the others (A. Alexandari et al., ICML 2020).
    What a class looks like must be the same in both sets.

    Parameters
    ----------
    probs : float array (n, k)
        Calibrated, of items without a label.
    learned : float array (k,)
        Shares of the classes among what the model learned from.
    weight : float array (b, n), optional
        How often each item counts, in each of b resamples.

    Examples
    --------
    >>> rows = np.array([[0.9, 0.1]] * 82 + [[0.1, 0.9]] * 18)
    >>> shares_by_em(rows, learned=[0.5, 0.5]).round(2).tolist()  # 82 % is what the model says by itself
    [0.9, 0.1]
    """
    rows, usual = np.asarray(probs, dtype=np.float64), np.asarray(learned, dtype=np.float64)
    times = np.ones((1, len(rows))) if weight is None else np.asarray(weight, dtype=np.float64)
    ratio = rows / np.maximum(usual, _LEAST)
    shares = np.tile(usual, (len(times), 1))
    for _ in range(n_steps):
        likely = np.maximum(shares @ ratio.T, _LEAST)  # of each item, by resample
        before, shares = shares, shares * ((times / likely) @ ratio) / times.sum(axis=1, keepdims=True)
        if np.abs(shares - before).max() < 1e-6:
            break
    return np.asarray(shares[0] if weight is None else shares)


def shares_by_confusion(probs: npt.ArrayLike, labels: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Class shares under which held-out confusions give what is predicted of the current set, float64 (k,).

    Black-box shift estimation: Z. Lipton, Y.-X. Wang & A. Smola, "Detecting and correcting for label shift with black
    box predictors", ICML 2018, with means of probabilities for predicted classes, and no share below 0.

    Parameters
    ----------
    probs : float array (n, k)
        Out of sample, of the labelled items.
    labels : int array (n,)
        Column of the label of each.
    current : float array (m, k)
        What the same model says of the current items.

    Examples
    --------
    >>> said = np.repeat([[0.8, 0.2], [0.2, 0.8]], 10, axis=0)
    >>> shares_by_confusion(said, np.repeat([0, 1], 10), np.tile([0.74, 0.26], (5, 1))).round(2).tolist()
    [0.9, 0.1]
    """
    from scipy.optimize import nnls

    rows, y, now = np.asarray(probs, dtype=np.float64), np.asarray(labels), np.asarray(current, dtype=np.float64)
    said = np.stack(
        [rows[y == k].mean(axis=0) if (y == k).any() else np.zeros(rows.shape[1]) for k in range(rows.shape[1])]
    )
    shares, _ = nnls(said.T, now.mean(axis=0))
    return np.asarray(shares / max(shares.sum(), _LEAST))


def tempered(probs: npt.ArrayLike, held: npt.ArrayLike, labels: npt.ArrayLike) -> Floats:
    """Probabilities sharpened or softened by the temperature that makes held-out labels likeliest, float64 (n, k).

    C. Guo et al., "On calibration of modern neural networks", ICML 2017. NaN stays NaN.

    Parameters
    ----------
    probs : float array (n, k)
        Rows sum to 1.
    held : float array (m, k)
        Of held-out items.
    labels : int array (m,)
        Column of the label of each.

    Examples
    --------
    >>> said = np.array([[0.8, 0.2]] * 90 + [[0.2, 0.8]] * 10)  # surer than 80 % is called for
    >>> tempered([[0.8, 0.2]], said, np.zeros(100, dtype=int)).round(1).tolist()
    [[0.9, 0.1]]
    """
    y, rows = np.asarray(labels, dtype=np.int64), np.log(np.maximum(np.asarray(held, dtype=np.float64), _LEAST))
    kept = np.arange(len(rows))[:: max(1, len(rows) // 5_000)]
    loss = [-np.log(_softmax(rows[kept] / t)[np.arange(len(kept)), y[kept]].clip(_LEAST)).mean() for t in _TEMPERATURES]
    best = _TEMPERATURES[int(np.argmin(loss))]
    return _softmax(np.log(np.maximum(np.asarray(probs, dtype=np.float64), _LEAST)) / best)


def _softmax(rows: Floats) -> Floats:
    power = np.exp(rows - rows.max(axis=1, keepdims=True))
    return np.asarray(power / power.sum(axis=1, keepdims=True))
