"""How probable it is that a given label is wrong, and which label is right instead: a model of how labels go wrong.

Out-of-sample probabilities say what a model trained on the given labels expects the label to be. Two things part that
from the truth: the model is unsure where it need not be, and some labels it learned from are wrong. Here the right
label ``t`` of an item with predicted probabilities ``P`` is drawn from ``P`` sharpened, and the given label ``y`` is
``t``, or, with a probability that rises with the item's doubt, another one: in part whatever else the model finds
plausible (people err where it is hard), in part by a fixed table of confusions (systematic mistakes). What is not
known is found by maximum a posteriori from the probabilities and the given labels alone (cf. N. Natarajan et al.,
"Learning with Noisy Labels", NeurIPS 2013; J. Goldberger, E. Ben-Reuven, "Training deep neural-networks using a noise
adaptation layer", ICLR 2017; B. Frénay, M. Verleysen, "Classification in the Presence of Label Noise", IEEE TNNLS
2014). How much sharper the truth is than the model cannot be learned from them when people err just where the model
doubts; the prior on it decides then. It is an average over data sets whose true labels are known, and less sharp the
less sure the model is of anything: then its doubts are its own.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit

from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]
    Ints = npt.NDArray[np.int64]

FLOOR = 1e-4
"""Smallest probability that is believed: forests and neighbours say 0 of what they have merely not seen."""
WRONG_MODEL = 0.03
"""Share of items on which the model is taken to know less than it says: its log-probabilities are scaled by .4. Planted
errors do not tell .03 from .05; with .05, of the labels of single annotators too few are said to be wrong."""
_DULL = 0.4
_FIRST_ITEMS, _FITTED_ITEMS, _FITTED_WIDE = 8_000, 50_000, 6_000
"""Items that the model is fitted to at first, at last, and where there are more than ``_COLUMNS`` classes."""
_WEIGHT = 300.0
"""Items that the likelihood counts for at most. The model is a sketch, so that 50,000 items, each taken at its word,
would drive it into the corner where it is least true."""
_COLUMNS = 24
"""Beyond so many classes, each item's ``_TOP`` most probable ones are looked at; the rest is one without a name."""
_TOP = 12
_CHUNK = 400_000
"""Probabilities looked at at a time: few enough to stay in the processor's cache."""
_FIRST_ROUNDS, _LAST_ROUNDS = 5, 2
_THREADS = max(1, min(4, os.cpu_count() or 1))

# Means and standard deviations of: log sharpness over that of the given labels; log odds of an error at average
# doubt; its slope and curvature per standard deviation of the entropy; log odds that an error follows the doubt.
_MEAN = np.array([np.log(2.2), -3.2, 0.7, 0.0, 0.0])
_SD = np.array([0.3, 1.2, 0.4, 0.2, 1.0])
_WEAK, _STRONG = 0.3, 0.75
"""How sure a model is on average (0: chance, 1: certain) whose doubts say nothing of the labels, and one whose doubts
come from wrong labels in good part: the first mean holds for the latter and falls to 0 for the former. Without this a
model that knows little would take what it does not know for errors."""


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """How the labels of one data set go wrong.

    Attributes
    ----------
    calibration : float
        Exponent that makes the probabilities fit the given labels best; above 1 they are too cautious.
    sharpness : float
        Exponent that makes them fit the right labels.
    rate : (float, float, float)
        Log odds of an error: constant, slope and curvature over the standardised entropy of the probabilities.
    doubtful : float
        Share of the errors, 0 to 1, that follow the model's own doubt; the others follow ``confusions``.
    confusions : float64 array (k, k)
        Given label (column) of a wrong item by its right label (row); rows sum to 1, the diagonal is 0.
    centre, spread : float
        Mean and standard deviation of the entropy.
    strength : float
        How far the model's doubts can be put down to wrong labels: 1 where it is sure of most items, 0 where it is
        sure of next to none, and does not know.
    """

    calibration: float
    sharpness: float
    rate: tuple[float, float, float]
    doubtful: float
    confusions: npt.NDArray[np.float64]
    centre: float
    spread: float
    strength: float = 1.0


class Judged(NamedTuple):
    """What is believed of n items.

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
    suggested: Ints
    p_suggested: npt.NDArray[np.float64]
    joint: npt.NDArray[np.float64]


def fit_noise(pred_probs: npt.ArrayLike, given: npt.ArrayLike, *, seed: int = 0) -> NoiseModel:
    """Fit the model to out-of-sample probabilities and given labels.

    At most 50,000 items are looked at, 6,000 with more than 24 classes.

    Parameters
    ----------
    pred_probs : float array (n, k)
        Rows sum to 1.
    given : int array (n,)
        Column of the given label.
    seed : int
        Of the draw where there are more items.

    Examples
    --------
    >>> import numpy as np
    >>> probs = np.tile([[0.95, 0.05], [0.05, 0.95]], (100, 1))
    >>> given = np.tile([0, 1], 100)
    >>> given[:20] = 1 - given[:20]  # one label in ten is wrong
    >>> model = fit_noise(probs, given)
    >>> bool(15 < judge_labels(model, probs, given).p_wrong.sum() < 25)
    True
    """
    from scipy.optimize import minimize

    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    n, k = probs.shape
    rows = np.arange(n)
    most = _FITTED_ITEMS if k <= _COLUMNS else _FITTED_WIDE
    if n > most:
        rows = np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
    view = _view(probs[rows].astype(np.float32), labels[rows])
    some = rows[:: -(-len(rows) // _FIRST_ITEMS)] if len(rows) else rows
    few = view if len(some) == len(rows) else _view(probs[some].astype(np.float32), labels[some])
    calibration = _calibration(view)
    centre, spread = float(view.entropy.mean()), max(float(view.entropy.std()), 1e-6)
    base = np.bincount(labels, minlength=k) + 1.0
    confusions = np.tile(base, (k, 1))
    np.fill_diagonal(confusions, 0.0)
    confusions /= confusions.sum(1, keepdims=True)
    prior_counts = confusions * 2.0 * k / max(k - 1, 1)
    mean = _MEAN.copy()
    strength = _strength(view, calibration)
    mean[0] = np.log(calibration) + mean[0] * strength
    found = mean.copy()
    weight = min(_WEIGHT, float(len(rows)))
    model = _model(found, calibration, confusions, centre, spread)
    for seen in [*[few] * _FIRST_ROUNDS, *[view] * _LAST_ROUNDS]:  # near the answer with few items, there with many
        terms = _fixed_terms(seen, model)

        def loss(theta: Floats, seen: _View = seen, terms: _Terms = terms) -> tuple[float, Floats]:
            value, gradient = _log_likelihood(seen, terms, theta)
            off = (theta - mean) / _SD
            return -weight * value + 0.5 * float(off @ off), -weight * gradient + off / _SD

        found = minimize(loss, found, jac=True, method="L-BFGS-B", options={"maxiter": 30, "ftol": 1e-6}).x
        model = _model(found, calibration, confusions, centre, spread)
        counts = prior_counts + _table_counts(seen, terms, model, k)
        np.fill_diagonal(counts, 0.0)
        confusions = counts / counts.sum(1, keepdims=True)
        model = _model(found, calibration, confusions, centre, spread)
    return replace(model, strength=strength)


def calibration(pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> float:
    """Exponent that makes the probabilities fit the given labels best; at most 8,000 items are looked at.

    Parameters
    ----------
    pred_probs : float array (n, k)
        Rows sum to 1.
    given : int array (n,)

    Examples
    --------
    >>> import numpy as np
    >>> given = np.tile([0, 1], 50)
    >>> calibration(np.where(given[:, None] == [0, 1], 0.6, 0.4), given) > 5  # always right, and never sure
    True
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    step = max(1, -(-len(labels) // _FIRST_ITEMS))
    return _calibration(_view(probs[::step].astype(np.float32), labels[::step]))


def judge_labels(
    model: NoiseModel, pred_probs: npt.ArrayLike, given: npt.ArrayLike, *, p_wrong: npt.ArrayLike | None = None
) -> Judged:
    """What the model says of every item, in bounded memory.

    Parameters
    ----------
    model : NoiseModel
    pred_probs : float array (n, k)
    given : int array (n,)
    p_wrong : float array (n,), optional
        Probabilities of being wrong known better: the model then says only which label is right instead.

    Examples
    --------
    >>> import numpy as np
    >>> probs = np.tile([[0.95, 0.05], [0.05, 0.95]], (100, 1))
    >>> given = np.tile([0, 1], 100)
    >>> given[0] = 1  # against the model's word
    >>> judged = judge_labels(fit_noise(probs, given), probs, given)
    >>> int(judged.p_wrong.argmax()), int(judged.suggested[0])
    (0, 0)
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    n, k = probs.shape
    known = None if p_wrong is None else np.asarray(p_wrong, dtype=np.float64)
    found, p_suggested = np.empty(n), np.empty(n)
    suggested = np.empty(n, dtype=np.int64)

    def judge(part: slice) -> npt.NDArray[np.float64]:
        """Fill in the rows of one part; its share of the joint."""
        view = _view(probs[part], labels[part])
        posterior = _posterior(view, _fixed_terms(view, model), model)
        row = np.arange(len(posterior))
        if known is not None:
            posterior[row, view.given] = 0.0
            posterior *= (known[part] / np.maximum(posterior.sum(1), 1e-30))[:, None]
            posterior[row, view.given] = 1.0 - known[part]
        found[part] = np.clip(1.0 - posterior[row, view.given], 0.0, 1.0)
        named = posterior if view.named is None else posterior[:, :-1]
        share = _by_given(named, labels[part], view.named, k)
        named[row, view.given] = -1.0
        best = named.argmax(1)
        suggested[part] = best if view.named is None else view.named[row, best]
        p_suggested[part] = np.maximum(named[row, best], 0.0)
        return share

    joint = np.zeros((k, k))
    parts = list(batches(n, k, cells=_CHUNK))
    with ThreadPoolExecutor(_THREADS) as pool:  # arrays are worked on outside Python's lock
        for start in range(0, len(parts), 4 * _THREADS):  # few at a time: each brings a table of all classes
            for share in pool.map(judge, parts[start : start + 4 * _THREADS]):
                joint += share
    return Judged(found, suggested, p_suggested, joint)


def _by_given(posterior: Floats, labels: Ints, named: Ints | None, k: int) -> npt.NDArray[np.float64]:
    """Sums of the posterior by given label (row) and right label (column), float64 (k, k)."""
    if named is None:
        rows = np.zeros((len(labels), k), dtype=posterior.dtype)
        rows[np.arange(len(labels)), labels] = 1.0
        return np.asarray(rows.T @ posterior, dtype=np.float64)
    cells = (labels[:, None] * k + named).ravel()
    return np.bincount(cells, weights=posterior.ravel(), minlength=k * k).reshape(k, k).astype(np.float64)


class _View(NamedTuple):
    """Items as the model sees them: log-probabilities (n, m) of some classes, and what is left."""

    logs: Floats
    weight: Floats
    """How many classes each column stands for, (m,)."""
    given: Ints
    """Column of the given label, (n,)."""
    named: Ints | None
    """Class of each column but the last, (n, m - 1); None where the columns are the classes."""
    labels: Ints
    entropy: Floats
    """0 to 1, (n,)."""


class _Terms(NamedTuple):
    """What does not depend on the parameters: for each item and right class, how the given label may come about."""

    features: Floats
    doubt: Floats
    table: Floats


def _view(probs: Floats, labels: Ints) -> _View:
    n, k = probs.shape
    named = None
    if k > _COLUMNS:
        named = _most_probable(probs, labels)
        column = np.zeros(n, dtype=np.int64)
        kept = np.take_along_axis(probs, named, 1)
        rest = np.maximum(1.0 - kept.sum(1), 0.0) / (k - kept.shape[1])
        probs = np.concatenate([kept, rest[:, None]], axis=1)
        weight = np.ones(probs.shape[1], dtype=probs.dtype)
        weight[-1] = k - kept.shape[1]
    else:
        column = labels
        weight = np.ones(k, dtype=probs.dtype)
    logs = np.log(np.maximum(probs, FLOOR if named is None else FLOOR / k))
    logs -= np.log(_sums(np.exp(logs) * weight))
    entropy = -_dots(np.exp(logs) * logs, np.broadcast_to(weight, logs.shape)) / np.log(max(k, 2))
    return _View(logs, weight, column, named, labels, entropy)


def _most_probable(probs: Floats, labels: Ints) -> Ints:
    """The given label and the ``_TOP`` most probable others, (n, 1 + _TOP)."""
    rest = probs.copy()
    row = np.arange(len(rest))
    named = np.empty((len(rest), 1 + _TOP), dtype=np.int64)
    named[:, 0] = labels
    for column in range(_TOP):  # many passes over little memory: three times as fast as one partition
        rest[row, named[:, column]] = -1.0
        named[:, column + 1] = rest.argmax(1)
    return named


def _softmax(logs: Floats, weight: Floats) -> Floats:
    """Probability of each column; a column of several classes has theirs together."""
    raised = np.exp(logs - _largest(logs)) * weight
    return np.asarray(raised / _sums(raised))


def _sums(rows: Floats) -> Floats:
    """Sum of each row, (n, 1); over few columns five times as fast as ``sum``."""
    return np.asarray(np.einsum("ij->i", rows)[:, None])


def _largest(rows: Floats) -> Floats:
    """Largest of each row, (n, 1); column by column, over few of them nine times as fast as ``max``."""
    largest = rows[:, :1].copy()
    for column in range(1, rows.shape[1]):
        np.maximum(largest, rows[:, column : column + 1], out=largest)
    return largest


def _dots(one: Floats, other: Floats) -> Floats:
    """Products of rows with rows, (n,)."""
    return np.asarray(np.einsum("ij,ij->i", one, other))


def _calibration(view: _View) -> float:
    from scipy.optimize import minimize_scalar

    row = np.arange(len(view.given))

    def loss(log_exponent: float) -> float:
        probs = _softmax(np.exp(log_exponent) * view.logs, view.weight)
        return float(-np.log(np.maximum(probs[row, view.given], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-2}).x))


def _strength(view: _View, calibration: float) -> float:
    """Where the model lies between ``_WEAK`` and ``_STRONG``, 0 to 1."""
    sure = float(_largest(_softmax(calibration * view.logs, view.weight) / view.weight).mean())
    chance = 1.0 / max(float(view.weight.sum()), 2.0)
    return float(np.clip(((sure - chance) / (1.0 - chance) - _WEAK) / (_STRONG - _WEAK), 0.0, 1.0))


def _model(theta: Floats, calibration: float, confusions: Floats, centre: float, spread: float) -> NoiseModel:
    return NoiseModel(
        calibration=calibration,
        sharpness=float(np.exp(theta[0])),
        rate=(float(theta[1]), float(theta[2]), float(theta[3])),
        doubtful=float(expit(theta[4])),
        confusions=np.asarray(confusions, dtype=np.float64),
        centre=centre,
        spread=spread,
    )


def _fixed_terms(view: _View, model: NoiseModel) -> _Terms:
    row = np.arange(len(view.given))
    expected = _softmax(model.calibration * view.logs, view.weight)
    doubt = expected[row, view.given][:, None] / np.maximum(1.0 - expected / view.weight, 1e-6)
    confusions = model.confusions.astype(view.logs.dtype)
    if view.named is None:
        table = confusions.T[view.labels]
    else:
        typical = confusions.mean(0)[view.labels]
        table = np.concatenate([confusions[view.named, view.labels[:, None]], typical[:, None]], axis=1)
    z = (view.entropy - model.centre) / model.spread
    return _Terms(np.stack([np.ones_like(z), z, z * z], axis=1), doubt, table)


def _truth(view: _View, sharpness: float) -> tuple[Floats, Floats]:
    """Probability of each right class: where the model knows what it says, and where it does not."""
    sharp = sharpness * view.logs
    return _softmax(sharp, view.weight), _softmax(_DULL * sharp, view.weight)


def _log_likelihood(view: _View, terms: _Terms, theta: Floats) -> tuple[float, Floats]:
    """Mean log-likelihood of the given labels, and its gradient."""
    row = np.arange(len(view.given))
    sharp = np.exp(theta[0]) * view.logs
    knows, dull = _truth(view, float(np.exp(theta[0])))
    truth = (1.0 - WRONG_MODEL) * knows + WRONG_MODEL * dull
    rate, doubtful = expit(terms.features @ theta[1:4]), expit(theta[4])
    wrong = doubtful * terms.doubt + (1.0 - doubtful) * terms.table
    likelihood = rate[:, None] * wrong
    likelihood[row, view.given] = 1.0 - rate
    total = np.maximum(_dots(truth, likelihood), 1e-12)
    change = (1.0 - WRONG_MODEL) * knows * (sharp - _dots(knows, sharp)[:, None])
    change += WRONG_MODEL * _DULL * dull * (sharp - _dots(dull, sharp)[:, None])
    other = truth.copy()
    other[row, view.given] = 0.0
    by_rate = rate * (1.0 - rate) * (_dots(other, wrong) - truth[row, view.given]) / total
    by_kind = rate * _dots(other, terms.doubt - terms.table) / total
    gradient = np.array(
        [
            (_dots(change, likelihood) / total).mean(),
            *(terms.features * by_rate[:, None]).mean(0),
            by_kind.mean() * doubtful * (1.0 - doubtful),
        ]
    )
    return float(np.log(total).mean()), gradient


def _posterior(view: _View, terms: _Terms, model: NoiseModel) -> Floats:
    """Probability of each right class given everything, (n, m)."""
    row = np.arange(len(view.given))
    knows, dull = _truth(view, model.sharpness)
    posterior = (1.0 - WRONG_MODEL) * knows + WRONG_MODEL * dull
    rate = expit(terms.features @ np.array(model.rate, dtype=view.logs.dtype))
    kept = posterior[row, view.given] * (1.0 - rate)
    posterior *= rate[:, None] * (model.doubtful * terms.doubt + (1.0 - model.doubtful) * terms.table)
    posterior[row, view.given] = kept
    posterior /= np.maximum(_sums(posterior), 1e-30)
    return posterior


def _table_counts(view: _View, terms: _Terms, model: NoiseModel, k: int) -> npt.NDArray[np.float64]:
    """Expected number of wrong items by right and given label, as far as the table of confusions explains them."""
    posterior = _posterior(view, terms, model)
    by_table = (1.0 - model.doubtful) * terms.table
    posterior = posterior * by_table / np.maximum(by_table + model.doubtful * terms.doubt, 1e-12)
    posterior[np.arange(len(posterior)), view.given] = 0.0
    if view.named is None:
        right, share = np.broadcast_to(np.arange(k), posterior.shape), posterior
    else:
        right, share = view.named, posterior[:, :-1]
    cells = (right * k + view.labels[:, None]).ravel()
    return np.bincount(cells, weights=share.ravel(), minlength=k * k).reshape(k, k).astype(np.float64)
