"""Learned vectors of categories as axes that people can read: those that two halves of the data learn alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

MOST_AXES = 2
LEAST_VALUES = 8
"""Values of a column that both halves need to know; with fewer, two orders are alike too often."""
LEAST_ITEMS = 8
"""Items that a value needs in either half."""
_LEAST_SHARE, _SAME = 0.1, 0.7
"""Share of the variance of a column's vectors from which an axis is looked at, and the correlation of places along it
in the two halves from which it has come back."""
_FROM_LABEL = 0.6
_N_PERMUTATIONS = 2000
_ALPHA = 0.05
_OUTER, _MOST_NAMED = 0.5, 4
"""Standard deviations from the middle, in both halves, from which a value names an end; and how many are told."""


class Vectors(NamedTuple):
    """What was learned of the values of one column.

    Attributes
    ----------
    values : tuple of str (v,)
    vectors : float array (v, c)
    codes : int array (n,)
        Position of each item's value, -1 for one that has no vector of its own.
    """

    values: tuple[str, ...]
    vectors: npt.NDArray[np.floating[Any]]
    codes: npt.NDArray[np.int64]


def category_axes(
    first: Mapping[str, Vectors],
    second: Mapping[str, Vectors],
    labels: npt.ArrayLike,
    *,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Principal axes of the vectors of each column's values that come back, at most 2 of a column.

    The two networks share nothing but the task, so their spaces cannot be laid over each other; what can be compared is
    the order of the values. An axis of the first half has come back where places along one of the second correlate with
    its own by .7 or more, and by more than with values exchanged at random (the most of all pairs of axes in 2,000
    permutations; all columns share one chance of .05 of a false axis). Ends are named by values that lie there in both.

    Parameters
    ----------
    first, second : mapping of column to Vectors
        As learned from each half.
    labels : str array (n,)
        Classes of the items of the second half, in the order of its codes.
    seed : int

    Returns
    -------
    list of dict
        By column, then by variance: ``column``, ``n_values`` (that could be compared), ``share`` (of the variance of
        its vectors), ``same`` (correlation between the halves, 0 to 1), ``low`` and ``high`` (values, the outermost
        first), ``label`` (class whose share among the items of a value rises towards the high end most; None where none
        does) and ``label_coefficient`` (Spearman's, of places in the first half and shares in the second; 0 to 1).

    References
    ----------
    C. Guo, F. Berkhahn, "Entity Embeddings of Categorical Variables", arXiv 1604.06737, 2016.

    Examples
    --------
    >>> rng, codes = np.random.default_rng(0), np.repeat(np.arange(10), 20)
    >>> halves = []
    >>> for _ in range(2):
    ...     place = np.stack([np.arange(10.0), rng.normal(size=10)], axis=1) @ rng.normal(size=(2, 4))
    ...     halves.append({"size": Vectors(tuple("abcdefghij"), place, codes)})
    >>> labels = np.where(codes + rng.normal(size=200) > 5, "big", "small")
    >>> (axis,) = category_axes(*halves, labels)
    >>> sorted([axis["low"][0], axis["high"][0]]), axis["same"] > 0.9, axis["label"] in ("big", "small")
    (['a', 'j'], True, True)
    """
    label = np.asarray(labels, dtype=object)
    both = {name: pair for name in first if name in second and (pair := _known_to_both(first[name], second[name]))}
    found: list[dict[str, Any]] = []
    for name, (values, one, other, codes) in both.items():
        mine, shares = _places(one)
        theirs, _ = _places(other)
        fit = _correlations(mine, theirs)
        usual = _by_chance(mine, theirs, level=_ALPHA / len(both), seed=seed)
        taken: set[int] = set()
        for k in range(len(shares)):
            free = [j for j in range(len(theirs.T)) if j not in taken]
            if len(taken) == MOST_AXES or not free:
                break
            j = max(free, key=lambda j: abs(fit[k, j]))
            if abs(fit[k, j]) < max(_SAME, usual):
                continue
            taken.add(j)
            place, again = mine[:, k], theirs[:, j] * np.sign(fit[k, j])
            told = _label(place, codes, label)
            if told is not None and told[1] < 0:
                place, again, told = -place, -again, (told[0], -told[1])
            low, high = _ends(values, -place, -again), _ends(values, place, again)
            if not low or not high:
                continue
            found.append(
                {
                    "column": name,
                    "n_values": len(values),
                    "share": float(shares[k]),
                    "same": float(abs(fit[k, j])),
                    "low": low,
                    "high": high,
                    "label": None if told is None else told[0],
                    "label_coefficient": None if told is None else told[1],
                }
            )
    return found


def _known_to_both(
    one: Vectors, other: Vectors
) -> tuple[tuple[str, ...], Floats, Floats, npt.NDArray[np.int64]] | None:
    """Values that both halves have often, their vectors in each, and their positions by item of the second half."""
    often = [
        {value for value, n in zip(half.values, _counts(half), strict=True) if n >= LEAST_ITEMS}
        for half in (one, other)
    ]
    values = tuple(value for value in one.values if value in often[0] & often[1])
    if len(values) < LEAST_VALUES:
        return None
    at = [{value: k for k, value in enumerate(half.values)} for half in (one, other)]
    rows = [np.array([place[value] for value in values]) for place in at]
    position = np.full(len(other.values) + 1, -1)
    position[rows[1]] = np.arange(len(values))
    return (
        values,
        np.asarray(one.vectors, dtype=np.float64)[rows[0]],
        np.asarray(other.vectors, dtype=np.float64)[rows[1]],
        position[other.codes],
    )


def _counts(half: Vectors) -> npt.NDArray[np.int64]:
    return np.bincount(half.codes[half.codes >= 0], minlength=len(half.values))


def _places(vectors: Floats) -> tuple[Floats, Floats]:
    """Standardised places (v, a) along the principal axes that carry enough, and the share of the variance of each."""
    centred = vectors - vectors.mean(axis=0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    share = size**2 / max(float((size**2).sum()), 1e-12)
    kept = share >= _LEAST_SHARE
    return np.asarray(left[:, kept] * np.sqrt(len(vectors))), share[kept]


def _correlations(one: Floats, other: Floats) -> Floats:
    return np.asarray(one.T @ other / len(one))


def _by_chance(one: Floats, other: Floats, *, level: float, seed: int) -> float:
    """Largest correlation of any two axes that values exchanged at random exceed with this probability."""
    order = np.random.default_rng(seed).random((_N_PERMUTATIONS, len(other))).argsort(axis=1)
    fit = np.einsum("va,pvb->pab", one, other[order], optimize=True) / len(one)
    return float(np.quantile(np.abs(fit).max(axis=(1, 2), initial=0.0), 1.0 - level))


def _ends(values: tuple[str, ...], place: Floats, again: Floats) -> list[str]:
    there = np.minimum(place, again)
    order = np.argsort(-there, kind="stable")
    return [values[k] for k in order[:_MOST_NAMED].tolist() if there[k] >= _OUTER]


def _label(place: Floats, codes: npt.NDArray[np.int64], label: npt.NDArray[np.object_]) -> tuple[str, float] | None:
    """The class whose share by value goes along with places most, and the rank correlation."""
    own = codes >= 0
    n = np.bincount(codes[own], minlength=len(place))
    best: tuple[str, float] | None = None
    names = sorted({str(one) for one in label})
    for name in names:
        share = np.bincount(codes[own], (label[own] == name).astype(float), minlength=len(place)) / n
        if not np.ptp(share) > 0:
            continue
        fit, p = (float(figure) for figure in spearmanr(place, share))
        if abs(fit) >= _FROM_LABEL and p * len(names) <= _ALPHA and (best is None or abs(fit) > abs(best[1]) + 1e-9):
            best = (name, fit)
    return best
