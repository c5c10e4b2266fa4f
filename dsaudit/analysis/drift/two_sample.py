"""Whether two sets can be told apart in a space at all: by a classifier, and by the means of a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.drift.unit import differences
from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Floats = npt.NDArray[np.float64]

N_FOLDS = 5
_SHRINKAGE = 0.1
_N_WAVES = 128
_WIDTHS = (0.5, 1.0)
_PAIRS = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """What a classifier of the two sets came to.

    Attributes
    ----------
    auc : Estimate
        Chance that a current item looks more current than one of the reference, out of fold: 0.5 where they cannot be
        told apart, 1 where every item can.
    dealt : float64 array (1 + p,)
        The same for each row of ``Units.dealt``, trained anew.
    score : float64 array (n,)
        Of each item, out of fold: the higher, the more it looks current.
    """

    auc: Estimate
    dealt: Floats
    score: Floats


def classifier_two_sample(
    space: npt.ArrayLike, found: Units, dealt: npt.NDArray[np.bool_], drawn: Floats, *, seed: int = 0
) -> Told:
    """Train a classifier to tell the sets apart, and see how well it does on units that it has not met.

    D. Lopez-Paz & M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017. The classifier is a linear
    discriminant with shrinkage: what it predicts is linear in the answers, so it is trained anew for every dealing at
    the price of one.

    Parameters
    ----------
    space : float array (n, d)
    found : Units
    dealt, drawn
        Of its methods of the same name.

    Examples
    --------
    >>> from dsaudit.analysis.drift.unit import units
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(200, 3)) + 1.5 * np.repeat([[0.0], [1.0]], 100, axis=0)
    >>> two = units([None] * 100, [None] * 100)
    >>> told = classifier_two_sample(rows, two, two.dealt(99), two.drawn(99))
    >>> told.auc.value > 0.9, bool(told.dealt[1:].max() < 0.7)
    (True, True)
    """
    X = np.asarray(space, dtype=np.float64)
    n_units = found.n_reference + found.n_current
    fold = (np.random.default_rng(seed).permutation(n_units) % N_FOLDS)[found.of_item]
    answers = dealt.T[found.of_item].astype(np.float32)
    parts, score = [], np.zeros(len(X))
    for k in range(N_FOLDS):
        train, held = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        middle = X[train].mean(axis=0)
        rows, y = X[train] - middle, answers[train] - answers[train].mean(axis=0)
        G = rows.T @ rows
        G[np.diag_indices_from(G)] += _SHRINKAGE * np.trace(G) / len(G)
        predicted = (X[held] - middle) @ np.linalg.solve(G, rows.T @ y)
        score[held] = predicted[:, 0]
        parts.append(auc(predicted, answers[held]))
    made = np.nanmean(np.stack(parts), axis=0)
    return Told(_interval(score, fold, found, drawn, float(made[0])), made, score)


def with_distance(space: npt.ArrayLike) -> Floats:
    """The space with one axis more, float64 (n, d + 1): how far from the middle an item lies, as a logarithm.

    Where two sets differ by their spread alone, as by noise, no other direction tells them apart.

    Examples
    --------
    >>> with_distance([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])[:, 2].round(2).tolist()
    [1.12, 1.12, -1.12, -1.12]
    """
    rows = np.asarray(space, dtype=np.float64)
    rows = rows - rows.mean(axis=0)
    far = np.log(np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
    far -= far.mean()
    width = np.sqrt(rows.var(axis=0).mean() / max(float(far.var()), 1e-12))  # the spread of an axis
    return np.hstack([rows, width * far])


def auc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> Floats:
    """Chance that a positive row scores above another, float64 (p,), 0 to 1, by column of both (n, p).

    NaN where one of both is lacking. Ties are dealt in the order of the rows.

    Examples
    --------
    >>> auc([[0.1], [0.9], [0.8]], [[0], [1], [1]]).tolist()
    [1.0]
    """
    s, y = np.asarray(scores), np.asarray(positive, dtype=np.float64)
    order = np.argsort(s, axis=0, kind="stable")
    above = np.take_along_axis(y, order, axis=0)
    own, n = above.sum(axis=0), len(y)
    ranks = (above * np.arange(1, n + 1)[:, None]).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((ranks - own * (own + 1) / 2) / (own * (n - own)))


def _interval(score: Floats, fold: npt.NDArray[np.int64], found: Units, drawn: Floats, value: float) -> Estimate:
    """Interval of the area over whole units drawn anew, each item weighing as often as its unit was drawn."""
    current, parts = found.current, []
    for k in range(N_FOLDS):
        rows = np.flatnonzero(fold == k)
        rows = rows[np.argsort(score[rows], kind="stable")]
        weight = drawn.T[found.of_item[rows]]
        own, other = weight * current[rows, None], weight * ~current[rows, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            below = np.cumsum(other, axis=0) - 0.5 * other
            parts.append((own * below).sum(axis=0) / (own.sum(axis=0) * other.sum(axis=0)))
    again = np.nanmean(np.stack(parts), axis=0)
    low, high = (np.nanquantile(again, [0.025, 0.975]) - np.nanmedian(again)).tolist()
    return Estimate(value, max(0.0, value + low), min(1.0, value + high))


def mean_discrepancy(space: npt.ArrayLike, found: Units, dealt: npt.NDArray[np.bool_], *, seed: int = 0) -> Floats:
    """Maximum mean discrepancy between the sets, float64 (1 + p,), 0 for none, for each row of ``Units.dealt``.

    A. Gretton et al., "A kernel two-sample test", JMLR 2012, with Gaussian kernels of the median distance and half of
    it, by random features (A. Rahimi & B. Recht, NeurIPS 2007), whose means are those of units.

    Examples
    --------
    >>> from dsaudit.analysis.drift.unit import units
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(200, 3)) * np.repeat([[1.0], [3.0]], 100, axis=0)  # alike but for their spread
    >>> two = units([None] * 100, [None] * 100)
    >>> found = mean_discrepancy(rows, two, two.dealt(99))
    >>> bool(found[0] > found[1:].max())
    True
    """
    X, rng = np.asarray(space, dtype=np.float64), np.random.default_rng(seed)
    one, other = rng.integers(len(X), size=(2, _PAIRS))
    width = float(np.median(np.linalg.norm(X[one] - X[other], axis=1))) or 1.0
    waves = np.hstack([rng.normal(size=(X.shape[1], _N_WAVES)) / (width * w) for w in _WIDTHS])
    turned = X @ waves
    features = np.hstack([np.cos(turned), np.sin(turned)]) / np.sqrt(waves.shape[1])
    return np.asarray(np.linalg.norm(differences(found.sums(features), found.sizes, dealt), axis=1))
