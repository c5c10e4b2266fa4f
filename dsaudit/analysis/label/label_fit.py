"""How the given labels of a set agree with a model, from the items it is surest of to those it knows least about.

Where a model is sure of most items, and labels disagree with it there as often as anywhere, the labels are wrong; where
they disagree only with its doubts, the doubts may be its own. What is described here lets the two be told apart: how
agreement falls with the model's certainty, which labels stand in for which among the surest items of each predicted
class (anchors: G. Patrini et al., "Making Deep Neural Networks Robust to Label Noise", CVPR 2017), and for each item
how much of what the model says for its label such mistakes explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

SURE = 0.3
"""Share of the items predicted as a class, the surest ones, that the mistakes of labels are read from."""
_EDGES = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
_FLOOR = 1e-4
_ITEMS_WORTH, _MISTAKES_WORTH = 5.0, 3.0
_CALIBRATED, _CALIBRATED_LEAST = 500_000, 2_000
"""Probabilities that the exponent is found by, at most, and items, at least, where there are so many."""
_CHUNK = 4_000_000

ITEM_FEATURES = (
    "rival_over_given", "mistake_odds", "rival_over_given_unmixed", "given_over_mistakes", "sure", "rank", "agrees",
    "entropy", "agreement_at_rank", "doubt_of_rival", "doubt_of_given", "disagreement_of_predicted",
    "disagreement_of_given", "share_of_rival", "share_of_given", "given", "rival",
)  # fmt: skip
"""Names of what is said of an item: logarithms of ratios, log odds of shares and probabilities. The *rival* is the most
probable class but the given; *mistakes* are labels of sure items that are not the predicted class."""
SET_FEATURES = (
    "doubt", "doubt_surest", "disagreement", "sure_mean", "sure_sd", "classes", "items_per_class", "items",
    "calibration", "far_sure", "second_sure", "far_unsure", "second_unsure", "one_way", "one_pair", "entropy_mean",
    "entropy_sd", "doubt_most", "doubt_least", "slope", "agreement_last", "sure_10", "sure_25", "sure_50", "sure_75",
    "sure_90", "agreement_20", "agreement_40", "agreement_60", "agreement_80",
)  # fmt: skip
"""Names of what is said of the set. *Doubt*: share of the sure items whose label is another; *far*: it is not even the
third most probable; *one_way*, *one_pair*: share of the mistakes that are a class's most common one, and the two most
common of all."""


@dataclass(frozen=True, slots=True)
class LabelFit:
    """How the labels of one set agree with a model.

    Attributes
    ----------
    calibration : float
        Exponent that makes the probabilities fit the given labels best.
    mistakes : float64 array (k, k)
        Share of each given label (column) among the sure items of a predicted class (row); rows sum to 1.
    doubt, predicted, given : float64 arrays (k,)
        Share whose label is another than the predicted one: of the sure items predicted as a class, of all predicted
        as it, of all given as it.
    shares : float64 array (k,)
        Of the given labels.
    by_rank : float64 array (11,)
        LabelFit from the surest to the least sure items.
    sure : tuple of float32 arrays
        Highest probabilities of the items predicted as each class, rising.
    overall : float64 array
        As ``SET_FEATURES``.
    """

    calibration: float
    mistakes: Floats
    doubt: Floats
    predicted: Floats
    given: Floats
    shares: Floats
    by_rank: Floats
    sure: tuple[npt.NDArray[np.float32], ...]
    overall: Floats


def label_fit(pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> LabelFit:
    """Describe a set.

    Parameters
    ----------
    pred_probs : float array (n, k)
        Out-of-sample probabilities; rows sum to 1.
    given : int array (n,)
        Column of the given label.

    Examples
    --------
    >>> import numpy as np
    >>> probs = np.tile([[0.9, 0.1], [0.2, 0.8]], (50, 1))
    >>> given = np.tile([0, 1], 50)
    >>> given[:10:2] = 1  # five items that the model is sure are the first class
    >>> label_fit(probs, given).doubt.round(2).tolist()
    [0.1, 0.0]
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    (n, k), calibration = probs.shape, _calibration(probs, labels)
    top, entropy, place = np.empty(n, dtype=np.int64), np.empty(n), np.empty(n, dtype=np.int64)
    sure = np.empty(n, dtype=np.float32)
    for part in batches(n, k, cells=_CHUNK):
        q = calibrated(probs[part], calibration)
        row = np.arange(len(q))
        top[part] = q.argmax(1)
        sure[part] = q[row, top[part]]
        entropy[part] = _entropy(q)
        place[part] = (q > q[row, labels[part]][:, None]).sum(1)
    agrees = place == 0
    predicted = np.bincount(top, minlength=k)
    labelled = np.bincount(labels, minlength=k)
    shares = (labelled + 1.0) / (n + k)
    order = np.lexsort((sure, top))
    by_class = tuple(np.split(sure[order], np.cumsum(predicted)[:-1]))
    rank = _ranks(by_class, top, sure)
    least = np.array([x[len(x) - max(1, int(np.ceil(SURE * len(x))))] if len(x) else np.inf for x in by_class])
    certain = sure >= least[top]
    odd = certain & ~agrees
    doubt_all = max(float(odd.sum()), 0.5) / max(int(certain.sum()), 1)
    n_certain = np.bincount(top[certain], minlength=k)
    counts = np.bincount(top[odd] * k + labels[odd], minlength=k * k).reshape(k, k).astype(np.float64)
    doubt = (counts.sum(1) + _ITEMS_WORTH * doubt_all) / (n_certain + _ITEMS_WORTH)
    others = np.tile(shares, (k, 1))
    np.fill_diagonal(others, 0.0)
    others /= np.maximum(others.sum(1, keepdims=True), 1e-9)
    mistakes = (counts + _MISTAKES_WORTH * doubt_all * others) / (n_certain[:, None] + _MISTAKES_WORTH)
    np.fill_diagonal(mistakes, 0.0)
    mistakes[np.arange(k), np.arange(k)] = np.maximum(1.0 - mistakes.sum(1), 0.05)
    overall = float(agrees.mean()) if n else 1.0
    by_rank, _ = _by_rank(rank, agrees, overall)
    disagree = 1.0 - overall
    far, near = (place >= 3), (place == 1)
    rest = ~certain & ~agrees
    total = max(float(counts.sum()), 1.0)
    spread = np.quantile(sure, [0.1, 0.25, 0.5, 0.75, 0.9]) if n else np.ones(5)
    surest = rank <= 0.1
    figures = [
        _odds(doubt_all, 1e-3), _odds(_share(~agrees, surest, doubt_all), 1e-3), _odds(disagree, 1e-3),
        _odds(sure.mean() if n else 1.0), sure.std() if n else 0.0, np.log(k), np.log(max(n, 1) / k), np.log(max(n, 1)),
        np.log(calibration), _share(far, odd, 0.5), _share(near, odd, 0.5), _share(far, rest, 0.5),
        _share(near, rest, 0.5), counts.max(1).sum() / total, np.sort(counts.ravel())[-2:].sum() / total,
        entropy.mean() if n else 0.0, entropy.std() if n else 0.0, _odds(doubt.max(), 1e-3), _odds(doubt.min(), 1e-3),
        _odds(by_rank[0], 1e-3) - _odds(by_rank[5], 1e-3), _odds(by_rank[10], 1e-3), *_odds(spread),
        *_odds(by_rank[[2, 4, 6, 8]], 1e-3),
    ]  # fmt: skip
    return LabelFit(
        calibration=calibration,
        mistakes=mistakes,
        doubt=doubt,
        predicted=(np.bincount(top, weights=~agrees, minlength=k) + _ITEMS_WORTH * disagree)
        / (predicted + _ITEMS_WORTH),
        given=(np.bincount(labels, weights=~agrees, minlength=k) + _ITEMS_WORTH * disagree) / (labelled + _ITEMS_WORTH),
        shares=shares,
        by_rank=by_rank,
        sure=by_class,
        overall=np.array(figures, dtype=np.float64),
    )


def item_features(found: LabelFit, pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """What stands for and against each label, float32 (n, f): ``ITEM_FEATURES``, then ``SET_FEATURES``.

    Parameters
    ----------
    found : LabelFit
        Of the set that the items are from.
    pred_probs : float array (n, k)
    given : int array (n,)
        Labels in question; not necessarily those that ``found`` was made from.

    Examples
    --------
    >>> import numpy as np
    >>> probs, given = np.array([[0.9, 0.1], [0.2, 0.8]] * 20), np.array([0, 1] * 20)
    >>> item_features(label_fit(probs, given), probs[:2], given[:2]).shape
    (2, 47)
    """
    q, labels = calibrated(np.asarray(pred_probs), found.calibration), np.asarray(given, dtype=np.int64)
    n, k = q.shape
    row = np.arange(n)
    top = q.argmax(1)
    sure, own, entropy = q[row, top], q[row, labels], _entropy(q)
    others = q.copy()
    others[row, labels] = -1.0
    rival = others.argmax(1)
    against = np.maximum(others[row, rival], 1e-6)
    table, diagonal = found.mistakes, np.diag(found.mistakes)
    explained = _explained(q, table, labels)
    unmixed = np.maximum(own - explained, 1e-5) / diagonal[labels]
    rival_unmixed = np.maximum(against - _explained(q, table, rival), 1e-5) / diagonal[rival]
    rank = _ranks(found.sure, top, sure.astype(np.float32))
    own = np.maximum(own, 1e-6)
    columns = [
        np.log(against / own), np.log(table[rival, labels] / diagonal[labels]),
        np.clip(np.log(rival_unmixed / unmixed), -9.0, 9.0),
        np.clip(np.log(own / np.maximum(explained, 1e-6)), -6.0, 9.0), _odds(sure), rank, top == labels, entropy,
        _odds(found.by_rank[np.searchsorted(_EDGES, rank)], 1e-3), _odds(found.doubt[rival], 1e-3),
        _odds(found.doubt[labels], 1e-3), _odds(found.predicted[top]), _odds(found.given[labels]),
        np.log(found.shares[rival] * k), np.log(found.shares[labels] * k), _odds(own), _odds(against),
    ]  # fmt: skip
    both = np.empty((n, len(ITEM_FEATURES) + len(SET_FEATURES)), dtype=np.float32)
    both[:, : len(ITEM_FEATURES)] = np.stack(columns, axis=1)
    both[:, len(ITEM_FEATURES) :] = found.overall
    return both


def calibrated(probs: npt.NDArray[np.floating], exponent: float) -> Floats:
    """Probabilities (n, k) raised to ``exponent``; rows sum to 1, but for a least value of 1e-6.

    Examples
    --------
    >>> import numpy as np
    >>> calibrated(np.array([[0.8, 0.2]]), 2.0).round(2).tolist()  # .64 to .04
    [[0.94, 0.06]]
    """
    least = _FLOOR / max(1.0, probs.shape[1] / 10)
    logs = np.log(np.maximum(probs.astype(np.float64), least)) * exponent
    raised = np.exp(logs - logs.max(1, keepdims=True))
    return np.asarray(np.maximum(raised / raised.sum(1, keepdims=True), 1e-6))


def _calibration(probs: npt.NDArray[np.floating], labels: Ints) -> float:
    """Exponent with which the given labels are most probable."""
    from scipy.optimize import minimize_scalar

    most = max(_CALIBRATED // probs.shape[1], _CALIBRATED_LEAST)
    step = max(1, -(-len(labels) // most))
    some, own = probs[::step], labels[::step]
    row = np.arange(len(own))
    if not len(own):
        return 1.0

    def loss(log_exponent: float) -> float:
        return float(-np.log(calibrated(some, float(np.exp(log_exponent)))[row, own]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-2}).x))


def _entropy(q: Floats) -> Floats:
    """0 to 1."""
    return np.asarray(-np.einsum("ij,ij->i", q, np.log(q)) / np.log(max(q.shape[1], 2)))


def _explained(q: Floats, mistakes: Floats, labels: Ints) -> Floats:
    """Probability of each label that mistakes on other classes bring it."""
    own = np.arange(len(q))
    return np.asarray(np.einsum("ij,ij->i", q, mistakes.T[labels]) - q[own, labels] * mistakes[labels, labels])


def _ranks(
    by_class: tuple[npt.NDArray[np.float32], ...], top: Ints, sure: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Place of each item among those predicted as the same class, 0 (surest) to 1; equals share one."""
    rank = np.full(len(top), 0.5)
    order = np.argsort(top, kind="stable")
    ends = np.cumsum(np.bincount(top, minlength=len(by_class)))
    for sorted_, rows in zip(by_class, np.split(order, ends[:-1]), strict=True):
        if len(rows) and len(sorted_):
            left, right = np.searchsorted(sorted_, sure[rows]), np.searchsorted(sorted_, sure[rows], side="right")
            rank[rows] = 1.0 - (left + right) / (2.0 * len(sorted_))
    return rank


def _by_rank(rank: Floats, agrees: npt.NDArray[np.bool_], typical: float) -> tuple[Floats, Ints]:
    step = np.searchsorted(_EDGES, rank)
    counts = np.bincount(step, minlength=len(_EDGES) + 1)
    hits = np.bincount(step, weights=agrees, minlength=len(_EDGES) + 1)
    return np.where(counts > 0, hits / np.maximum(counts, 1), typical), counts


def _share(what: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_], otherwise: float) -> float:
    return float(what[among].mean()) if among.any() else otherwise


def _odds(p: npt.ArrayLike, least: float = 1e-4) -> Floats:
    q = np.clip(np.asarray(p, dtype=np.float64), least, 1.0 - least)
    return np.asarray(np.log(q / (1.0 - q)))
