"""Labels that a model proposes for unlabelled items: how likely each is right, and which belong to no known class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.types import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Probabilities from which lists of prelabels are stated."""
FAR = 0.1
"""Items farther from all labelled ones than this share of the labelled ones are from each other may be of a new class.
"""
BY_CHANCE = 0.5
"""Share of the far items that may be so by chance: where very many have no label, some of any class lie alike and far.
"""
MIN_GROUP = 5
"""Fewer alike items are no group."""
_PRIOR_SD = (1.0, 0.5)
"""Of the shift and the slope of the log odds, about what the model says itself."""
_MAX_REFERENCE = 5_000
_DRAWS = 1_000
_MOST_RAISED = 3.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the probability that a model gives its first class to that of being right: log odds on a straight line.

    Attributes
    ----------
    coefficients : float64 array (2,)
        Shift and slope.
    covariance : float64 array (2, 2)
        Of these two, items of one unit erring together.
    design_effect : float
        Into how many times fewer independent items that turns a list, at least 1.
    """

    coefficients: Floats
    covariance: Floats
    design_effect: float = 1.0

    def probability(self, confidence: npt.ArrayLike) -> Floats:
        """Probability of being right, float64 (n,), for what the model says (n,), 0 to 1.

        The mean over what the two coefficients may be (D. MacKay, "The evidence framework applied to classification
        networks", 1992): lists above a threshold would else be of those that the coefficients happen to overrate.
        """
        x = _design(confidence)
        return _sigmoid(x @ self.coefficients / np.sqrt(1.0 + np.pi * self._variance(x) / 8.0))

    def lower(self, confidence: npt.ArrayLike) -> Floats:
        """Lower end of the 95 % interval of that probability, float64 (n,)."""
        x = _design(confidence)
        return np.minimum(
            _sigmoid(x @ self.coefficients - 1.96 * np.sqrt(self._variance(x))), self.probability(confidence)
        )

    def precision(self, confidence: npt.ArrayLike) -> Estimate:
        """Share that is right of a list with what the model says of its items (n,), 0 to 1, with its 95 % interval.

        The interval is that of draws of the coefficients, and of as many items as the list has.
        """
        x = _design(confidence)
        if not len(x):
            return Estimate(np.nan, np.nan, np.nan)
        draws = np.random.default_rng(0)
        of, weight = np.unique(x[:, 1].round(2), return_counts=True)
        drawn = draws.multivariate_normal(self.coefficients, self.covariance, _DRAWS)
        share = _sigmoid(drawn[:, :1] + drawn[:, 1:] * of) @ weight / len(x)
        n = max(1, round(len(x) / self.design_effect))
        low, high = np.quantile(draws.binomial(n, np.clip(share, 0.0, 1.0)) / n, (0.025, 0.975))
        value = float(self.probability(confidence).mean())
        return Estimate(value, min(float(low), value), max(float(high), value))

    def _variance(self, x: Floats) -> Floats:
        return np.asarray(((x @ self.covariance) * x).sum(axis=1), dtype=np.float64)


def calibration(
    confidence: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    units: npt.ArrayLike | None = None,
) -> Calibration:
    """Fit on labelled items that the model had not seen.

    Platt's scaling of the log odds (J. Platt, "Probabilistic outputs for support vector machines", 1999) with a normal
    prior about the model's own statement, so that a handful of items moves it little. The covariance is the sandwich
    over units (K. Liang & S. Zeger, "Longitudinal data analysis using generalized linear models", 1986).

    Parameters
    ----------
    confidence : float array (n,)
        Probability of the predicted class, out of sample, 0 to 1.
    right : bool array (n,)
        Whether that is the given label.
    weight : float array (n,), optional
        Of how many unlabelled items each stands for, see ``class_weights``; all the same by default.
    units : array (n,), optional
        Items of one unit, such as a group, err together; each is one by default.

    Examples
    --------
    >>> sure = calibration([0.9] * 400, [True] * 280 + [False] * 120)  # says 90 %, is right in 70
    >>> bool(abs(sure.probability([0.9])[0] - 0.7) < 0.02)
    True
    """
    x, y = _design(confidence), np.asarray(right, dtype=np.float64)
    stands = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    center, prior = np.array([0.0, 1.0]), np.diag(1.0 / np.square(_PRIOR_SD))
    at = center.copy()
    for _ in range(50):
        p = _sigmoid(x @ at)
        curve = (x * (stands * p * (1.0 - p))[:, None]).T @ x + prior
        step = np.linalg.solve(curve, x.T @ (stands * (y - p)) - prior @ (at - center))
        at = at + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-9:
            break
    p = _sigmoid(x @ at)
    inverse = np.linalg.inv((x * (stands * p * (1.0 - p))[:, None]).T @ x + prior)
    off = stands * (y - p)
    code = np.arange(len(y)) if units is None else np.unique(np.asarray(units), return_inverse=True)[1]
    n = int(code.max()) + 1 if len(code) else 0
    pull = np.stack([np.bincount(code, off * own, minlength=n) for own in x.T])
    together = np.square(np.bincount(code, off, minlength=n)).sum() / max(float(np.square(off).sum()), 1e-12)
    spread = pull @ pull.T * (n / max(n - 1, 1)) + prior
    covariance = inverse @ spread @ inverse
    return Calibration(
        np.asarray(at, dtype=np.float64), np.asarray(covariance, dtype=np.float64), max(1.0, float(together))
    )


def of_model_mean(single: Calibration, pred_probs: npt.ArrayLike, agreement: npt.ArrayLike) -> Calibration:
    """What the calibration of models that were asked one by one says of the mean over several of them.

    The mean is right more often than one of them: where a model agrees with it, both are right or wrong, and where one
    does not, it is at times right itself, most likely with the second class of the mean. The shift is raised until
    single models come out as often right as their calibration says.

    Parameters
    ----------
    single : Calibration
    pred_probs : float array (m, k)
        The mean.
    agreement : float array (m,)
        Share of the models whose first class is that of the mean, 0 to 1.

    Examples
    --------
    >>> one = calibration([0.7] * 100, [True] * 70 + [False] * 30)
    >>> of_model_mean(one, [[0.7, 0.3]] * 9, [0.8] * 9).probability([0.7]) > one.probability([0.7])
    array([ True])
    """
    probs, agree = np.asarray(pred_probs), np.asarray(agreement, dtype=np.float64)
    if probs.shape[1] < 2 or not len(probs):
        return single
    two = np.partition(probs, -2, axis=1)[:, -2:].astype(np.float64)
    x, second = _design(two[:, 1]), (1.0 - agree) * two[:, 0] / np.maximum(1.0 - two[:, 1], 1e-9)
    odds = x @ single.coefficients
    often, low, high = _sigmoid(odds).mean(), 0.0, _MOST_RAISED
    for _ in range(30):
        raised = (low + high) / 2.0
        p = _sigmoid(odds + raised)
        low, high = (raised, high) if (agree * p + second * (1.0 - p)).mean() < often else (low, raised)
    return replace(single, coefficients=single.coefficients + np.array([low, 0.0]))


def class_weights(labels: npt.ArrayLike) -> Floats:
    """Of how many items to come each labelled one stands for, float64 (n,), mean 1.

    A class of which few labels were drawn is often one of which more are left than its share tells, and the one that
    the model knows least: its share is the mean of a Dirichlet-multinomial whose concentration is fitted to the
    counts (empirical Bayes). Counts no more uneven than chance makes them give all classes the same share.

    Parameters
    ----------
    labels : array (n,)

    Examples
    --------
    >>> class_weights(["a"] * 3 + ["b"] * 5).round(2).tolist()
    [1.33, 1.33, 1.33, 0.8, 0.8, 0.8, 0.8, 0.8]
    """
    from scipy.special import gammaln

    _, code, n = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    if not len(n):
        return np.ones(0)
    each = np.geomspace(0.1, 1e4, 200)
    total = each * len(n)
    fits = gammaln(total) - gammaln(total + n.sum()) - len(n) * gammaln(each)
    fits += np.array([gammaln(n + one).sum() for one in each])
    best = each[int(fits.argmax())]
    share = (n + best) / (n.sum() + best * len(n))
    return np.asarray((share * n.sum() / n)[code], dtype=np.float64)


def stated_lists(fit: Calibration, confidence: npt.ArrayLike) -> list[dict[str, Any]]:
    """For each of ``THRESHOLDS`` how many items are at least so likely right, and the precision of that list.

    Parameters
    ----------
    confidence : float array (n,)
        What the model says of unlabelled items, 0 to 1.

    Examples
    --------
    >>> sure = calibration([0.9] * 400, [True] * 380 + [False] * 20)
    >>> stated_lists(sure, [0.9, 0.9, 0.6])[0]["n"]
    3
    """
    said = np.asarray(confidence, dtype=np.float64)
    p = fit.probability(said)
    rows = []
    for least in THRESHOLDS:
        listed = p >= least
        if listed.any():
            rows.append({"least": least, "n": int(listed.sum()), "precision": fit.precision(said[listed])})
    return rows


def farness(
    points: npt.ArrayLike, labelled: npt.ArrayLike, units: npt.ArrayLike, *, seed: int = 0
) -> tuple[Floats, Floats]:
    """How far unlabelled items lie from all labelled ones, beside how far those lie from each other.

    Parameters
    ----------
    points : float array (n, c)
        Compared by cosine.
    labelled : bool array (n,)
    units : int array (n,)
        Items of one unit, such as copies, are not compared.

    Returns
    -------
    share : float64 array (n,)
        Of the labelled items the share that are as far from the nearest other one, the item itself counted, up to 1: a
        conformal p-value (V. Vovk et al., "Algorithmic learning in a random world", 2005). NaN for labelled items.
    similarity : float64 array (n,)
        Cosine to the nearest labelled item of another unit; -1 where there is none.

    Examples
    --------
    >>> points = [[1, 0], [1, 0.1], [1, 0.2], [0, 1]]
    >>> share, _ = farness(points, [True, True, True, False], range(4))
    >>> float(share[3])
    0.25
    """
    rows, known, unit = np.asarray(points, dtype=np.float32), np.asarray(labelled, dtype=bool), np.asarray(units)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    share, nearest = np.full(len(rows), np.nan), np.full(len(rows), -1.0)
    reference = np.flatnonzero(known)
    if len(reference) > _MAX_REFERENCE:
        drawn = np.random.default_rng(seed).choice(len(reference), _MAX_REFERENCE, replace=False)
        reference = reference[np.sort(drawn)]
    if not len(reference) or known.all():
        return share, nearest
    asked = np.concatenate([reference, np.flatnonzero(~known)])
    for start in range(0, len(asked), 4096):
        part = asked[start : start + 4096]
        like = rows[part] @ rows[reference].T
        like[unit[part][:, None] == unit[reference][None, :]] = -1.0
        nearest[part] = like.max(axis=1)
    usual = np.sort(nearest[reference])
    share[~known] = (np.searchsorted(usual, nearest[~known], side="right") + 1) / (len(usual) + 1)
    return np.minimum(share, 1.0), nearest


def new_groups(
    share: npt.ArrayLike, nearest: npt.ArrayLike, ids: npt.ArrayLike, similarity: npt.ArrayLike
) -> npt.NDArray[np.int64]:
    """Groups of items that are far from all labelled ones and near each other: a class that has no label yet.

    Parameters
    ----------
    share, nearest : float array (n,)
        Of ``farness``.
    ids : int array (n, c)
        Rows of the nearest neighbours, nearest first.
    similarity : float array (n, c)
        Their cosine.

    Returns
    -------
    int64 array (n,): number of the group by falling size, -1 for none.

    Examples
    --------
    >>> ids = [[j for j in range(6) if j != i] for i in range(6)]
    >>> new_groups([0.0] * 6, [-0.5] * 6, ids, [[0.9] * 5] * 6).tolist()
    [0, 0, 0, 0, 0, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    far = np.asarray(share, dtype=np.float64) <= _surprising(share)  # NaN, of labelled items, is not
    near, like = np.asarray(ids, dtype=np.int64), np.asarray(similarity, dtype=np.float64)
    n = len(far)
    link = far[:, None] & far[near] & (like > np.asarray(nearest)[:, None])
    a, b = np.repeat(np.arange(n), near.shape[1])[link.ravel()], near[link]
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(n, n)).tocsr()
    mutual = graph.minimum(graph.T)
    _, part = connected_components(mutual, directed=False)
    size = np.bincount(part, minlength=1)
    groups = np.full(n, -1, dtype=np.int64)
    kept = [p for p in np.argsort(-size, kind="stable") if size[p] >= MIN_GROUP]
    for number, p in enumerate(kept):
        groups[part == p] = number
    return groups


def _surprising(share: npt.ArrayLike) -> float:
    """The share up to which items are far and no more than ``BY_CHANCE`` of them are so where nothing is new, by
    Y. Benjamini and Y. Hochberg (1995); at most ``FAR``, and below all shares where there is none."""
    told = np.asarray(share, dtype=np.float64)
    told = np.sort(told[np.isfinite(told)])
    n_far = np.searchsorted(told, told, side="right")
    fine = told[(told <= FAR) & (told * len(told) <= BY_CHANCE * n_far)]
    return float(fine[-1]) if len(fine) else -1.0


def _design(confidence: npt.ArrayLike) -> Floats:
    p = np.clip(np.asarray(confidence, dtype=np.float64), 1e-6, 1.0 - 1e-6)
    return np.stack([np.ones(len(p)), np.log(p / (1.0 - p))], axis=1)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)
