"""Which items lie the wrong way: turned, they would look like the rest of their set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

_N_FOLDS = 8
_RIDGE = 5.0
_BETAS = np.geomspace(0.2, 60.0, 40)
"""How much a difference of scores says: no set is told worse than by the first, or better than by the last."""
_LAPSE = 0.05
"""Share of items that may lie in any pose, whatever is fitted to the others."""
_OF_ALL = 20.0
"""Items for which the whole set counts where a class's own ``beta`` is chosen."""
_TURNED = 0.2
"""Share of turned items that is taken for granted: more than there are, for a turn that is seen costs one glance, and
one that is not is learned."""


def pose_scores(vectors: npt.NDArray[np.float32], units: Sequence[str], *, n_learned: int, seed: int = 0) -> Values:
    """How well each pose of each item fits what the set's items look like as they are, by a model that has not seen it.

    A ridge regression tells, of one vector less the mean over its item's poses, which pose it is of. What it says of
    all of them is added up for each way in which the item may lie.

    Parameters
    ----------
    vectors : float32 array (n, k, d)
        Of each item as it is, and as k - 1 turns would make it: turned by j and then by i it is as turned by j + i.
    units : sequence of str, length n
        What must not be torn apart between what is learned and what is judged.
    n_learned : int
        The first items, from which is learned; the others are judged by all of these.
    seed : int

    Returns
    -------
    float64 array (n, k)
        The first column: that it lies as the others do.

    Examples
    --------
    Forty items that lie alike, and the last, which lies a half turn round:

    >>> lying = np.tile(np.eye(4, dtype=np.float32), (41, 1, 1))
    >>> lying[-1] = np.roll(lying[-1], 2, axis=0)
    >>> pose_scores(lying, [str(i) for i in range(41)], n_learned=41).argmax(axis=1)[[0, -1]].tolist()
    [0, 2]
    """
    n, k, d = vectors.shape
    centred = vectors.astype(np.float64) - vectors.mean(axis=1, keepdims=True, dtype=np.float64)
    scale = np.sqrt(np.mean(centred[:n_learned] ** 2, axis=(0, 1))) + 1e-6
    x = (centred / (scale * np.sqrt(d))).reshape(n * k, d)
    y = np.tile(np.eye(k) - 1.0 / k, (n, 1))
    names, place = np.unique(np.asarray(units, dtype=str), return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % _N_FOLDS)[place]
    fold[n_learned:] = np.where(np.isin(place[n_learned:], place[:n_learned]), fold[n_learned:], -1)
    of_row, learns = np.repeat(fold, k), np.repeat(np.arange(n) < n_learned, k)
    told = np.zeros((n * k, k))
    for f in np.unique(fold):
        own, rest = of_row == f, learns & (of_row != f)
        known = x[rest]
        gram = known.T @ known + _RIDGE * np.eye(d) if d < len(known) else None
        if gram is not None:
            weights = np.linalg.solve(gram, known.T @ y[rest])
        else:
            weights = known.T @ np.linalg.solve(known @ known.T + _RIDGE * np.eye(len(known)), y[rest])
        told[own] = x[own] @ weights
    each = told.reshape(n, k, k)
    return np.stack([sum(each[:, j, (j + s) % k] for j in range(k)) for s in range(k)], axis=1)


def turned(scores: Values, labels: Sequence[object], *, n_learned: int) -> tuple[npt.NDArray[np.int64], Values]:
    """The likeliest turn of each item, and how likely it is that it is turned.

    How much the scores say is fitted to the set, and to each class: shoes lie in any way, coats do not.

    Parameters
    ----------
    scores : float64 array (n, k)
        See ``pose_scores``.
    labels : sequence, length n
        None where an item has none.
    n_learned : int
        To which of them this is fitted: the first.

    Returns
    -------
    pose : int64 array (n,)
        1 to k - 1; 0 where it looks best as it is.
    p_turned : float64 array (n,)

    Examples
    --------
    >>> pose, p = turned(np.array([[2.0, 0, 0, 0]] * 50 + [[0, 0, 2.0, 0]]), ["a"] * 51, n_learned=51)
    >>> pose[-1].item(), p[0].round(2).item(), p[-1].round(2).item()
    (2, 0.0, 1.0)
    """
    n, k = scores.shape
    name = np.array([str(label) if label is not None else "" for label in labels])
    fits = np.log((1 - _LAPSE) * _softmax(_BETAS[:, None, None] * scores[:n_learned])[..., 0] + _LAPSE / k)
    of_all = fits.mean(axis=1)
    beta = np.full(n, _BETAS[int(np.argmax(of_all))])
    for one in np.unique(name[:n_learned]):
        of_class = fits[:, name[:n_learned] == one].sum(axis=1) + _OF_ALL * of_all
        beta[name == one] = _BETAS[int(np.argmax(of_class))]
    before = np.log([1 - _TURNED, *[_TURNED / (k - 1)] * (k - 1)])
    p = _softmax(beta[:, None] * scores + before)
    return np.argmax(scores, axis=1), 1.0 - p[:, 0]


def _softmax(x: Values) -> Values:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), dtype=np.float64)
