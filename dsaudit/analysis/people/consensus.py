"""One label from several people's: by how good each person shows to be, and by what a model says where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import log_softmax

from dsaudit.analysis.model.metrics import proportion
from dsaudit.analysis.people.agreement import ratings

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.people.agreement import Ratings

_SMOOTHING = 1.0
"""Labels that a person is credited with beforehand in each row of their confusion matrix."""
_MAX_ITER, _TOLERANCE = 200, 1e-5
_FIT_ITEMS = 20_000
_TEMPERATURES = np.geomspace(1.0, 5.0, 17)
_USUAL, _USUAL_OF_TWO, _SPREAD = 1.4, 1.1, 0.5
"""Temperature that people who find the same items hard ask for, of three and more and of two on an item, and how far it
varies, as a logarithm."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the people, taken together, say.

    Attributes
    ----------
    labels : DataFrame indexed by ``item_id``
        ``label`` (str), ``probability`` that it is right (0 to 1), ``majority`` (str, ties to the label that is
        more frequent over all) and ``n_people``.
    quality : DataFrame indexed by ``annotator``
        ``quality``: share of the person's labels that are right by the consensus, weighted with its certainty
        (0 to 1), with its 95 % Wilson interval ``low``, ``high``, and ``n_items``.
    confusion : mapping of annotator to float64 array (k, k)
        Probability that the person gives the column's label when the row's is right.
    classes : tuple of str, length k
    """

    labels: pd.DataFrame
    quality: pd.DataFrame
    confusion: dict[str, npt.NDArray[np.float64]]
    classes: tuple[str, ...]


def consensus(annotations: pd.DataFrame, *, pred_probs: pd.DataFrame | None = None) -> Consensus:
    """Consensus labels and annotator quality by expectation maximisation.

    Each person has a confusion matrix, shrunk towards that of an even-tempered person of the same accuracy,
    as in A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM
    algorithm", Applied Statistics 28, 1979. Where ``pred_probs`` are given, they take the place of the class
    shares as what is known of an item before anybody speaks (V. Raykar et al., "Learning from crowds", JMLR
    11, 2010), sharpened or softened by one exponent and one weight per class that fit the people's answers:
    neural networks trained on noisy labels are less sure than they might be.

    People who err on the same hard items count as less than so many independent ones: what comes out is too sure. It
    is softened until it says as well as can be what each person says who is left out of it (``_temperature``).

    Parameters
    ----------
    annotations : DataFrame
        ``item_id``, ``annotator``, ``label``; one row per item and annotator. People may have labelled
        different items.
    pred_probs : DataFrame, optional
        Out-of-sample predicted probabilities by item id, one column per class. Items without a row are decided
        by people alone. Labels that are no column get what is left.

    Raises
    ------
    ValueError
        There is no annotation at all.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(i, a, "ab"[(i + (a == "cy")) % 2]) for i in range(10) for a in ("ann", "bob", "cy")]
    >>> found = consensus(pd.DataFrame(rows, columns=["item_id", "annotator", "label"]))
    >>> found.labels["label"].tolist()[:2], bool(found.quality.loc["cy", "quality"] < 0.1)
    (['a', 'b'], True)
    """
    found = ratings(annotations)
    if not found.items:
        raise ValueError("there is no annotation")
    classes = found.classes
    if pred_probs is not None:
        classes = tuple(sorted({*classes, *map(str, pred_probs.columns)}))
    moved = np.array([classes.index(name) for name in found.classes])
    labels = np.where(found.labels >= 0, moved[found.labels], -1)
    evidence = _evidence(pred_probs, found, classes)
    posterior, confusion = _expectation_maximisation(labels, len(classes), evidence)
    posterior = _softened(posterior, _temperature(labels, posterior, confusion, evidence))
    return _result(found, labels, classes, posterior, confusion)


def majority(labels: npt.ArrayLike, n_classes: int) -> npt.NDArray[np.int64]:
    """Most frequent label of each item, int64 (n_items,); ties to the label more frequent over all, -1 for none.

    Parameters
    ----------
    labels : int array (n_people, n_items)
        -1 where a person said nothing.

    Examples
    --------
    >>> majority([[0, 1, -1], [0, 2, -1], [1, 2, -1]], n_classes=3).tolist()
    [0, 2, -1]
    """
    counts = _counts(np.asarray(labels), n_classes)
    total = counts.sum(axis=0)
    chosen = (counts + total / (total.sum() + 1.0)).argmax(axis=1)
    return np.where(counts.sum(axis=1) > 0, chosen, -1)


def _counts(labels: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    counts = np.zeros((labels.shape[1], k))
    for row in labels:
        said = np.flatnonzero(row >= 0)
        counts[said, row[said]] += 1
    return counts


def _evidence(
    pred_probs: pd.DataFrame | None, found: Ratings, classes: tuple[str, ...]
) -> npt.NDArray[np.float64] | None:
    """Log probabilities (n_items, k) of the items; NaN rows where the model says nothing."""
    if pred_probs is None:
        return None
    table = pred_probs.rename(columns=str).reindex(index=list(found.items), columns=list(classes))
    probs = table.to_numpy(dtype=np.float64)
    unknown = np.isnan(probs)
    silent = unknown.all(axis=1)
    if unknown.any():
        left = np.maximum(1 - np.nansum(probs, axis=1), 1e-3) / np.maximum(unknown.sum(axis=1), 1)
        probs = np.where(unknown, left[:, None], probs)
    logs: npt.NDArray[np.float64] = np.log(np.maximum(probs, 1e-6))
    logs[silent] = np.nan
    return logs


def _expectation_maximisation(
    labels: npt.NDArray[np.int64], k: int, evidence: npt.NDArray[np.float64] | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    counts = _counts(labels, k)
    posterior = counts + 1.0 / k
    posterior /= posterior.sum(axis=1, keepdims=True)
    if evidence is not None:
        posterior = posterior * np.exp(np.where(np.isnan(evidence), 0.0, evidence))
        posterior /= posterior.sum(axis=1, keepdims=True)
    shape = np.zeros(k + 1)  # exponent 1 as its logarithm, no weights
    confusion = np.empty((len(labels), k, k))
    for _ in range(_MAX_ITER):
        for person, row in enumerate(labels):
            confusion[person] = _confusion(row, posterior, k)
        shares = posterior.mean(axis=0)
        if evidence is None:
            logs = np.broadcast_to(np.log(np.maximum(shares, 1e-12)), posterior.shape).copy()
        else:
            shape = _reshaped(evidence, posterior, shape)
            logs = _prior(evidence, shape)
            logs[np.isnan(logs[:, 0])] = np.log(np.maximum(shares, 1e-12))
        for person, row in enumerate(labels):
            said = np.flatnonzero(row >= 0)
            logs[said] += np.log(confusion[person][:, row[said]]).T
        before, posterior = posterior, np.exp(log_softmax(logs, axis=1))
        if np.abs(posterior - before).max() < _TOLERANCE:
            break
    return posterior, confusion


def _temperature(
    labels: npt.NDArray[np.int64],
    posterior: npt.NDArray[np.float64],
    confusion: npt.NDArray[np.float64],
    evidence: npt.NDArray[np.float64] | None,
) -> float:
    """By what the logarithms of the posterior are to be divided.

    Each person's labels are predicted from what all others, and the model, say of the item, softened by one
    temperature: the one under which they are likeliest. Without a model that has not heard them, people who agree on
    the same wrong label confirm each other, which cannot be seen: there it is never taken to be less than is usual.
    """
    logs = np.log(np.maximum(posterior, 1e-12))
    shared = (labels >= 0).sum(axis=0) >= (2 if evidence is None else 1)
    likely = -0.5 * (np.log(_TEMPERATURES / _USUAL) / _SPREAD) ** 2
    for person, row in enumerate(labels):
        said = np.flatnonzero((row >= 0) & shared)
        said = said[:: len(said) // _FIT_ITEMS + 1]
        own = confusion[person][:, row[said]].T
        rest = logs[said] - np.log(own)
        for k, temperature in enumerate(_TEMPERATURES):
            told = (np.exp(log_softmax(rest / temperature, axis=1)) * own).sum(axis=1)
            likely[k] += float(np.log(np.maximum(told, 1e-12)).sum())
    found = float(_TEMPERATURES[likely.argmax()])
    if evidence is not None:
        return found
    # two people are sure of what they agree on only as far as each is known, which is little
    several = (labels >= 0).sum() >= 2.5 * (labels >= 0).any(axis=0).sum()
    return max(_USUAL if several else _USUAL_OF_TWO, found)


def _softened(posterior: npt.NDArray[np.float64], temperature: float) -> npt.NDArray[np.float64]:
    return np.asarray(np.exp(log_softmax(np.log(np.maximum(posterior, 1e-12)) / temperature, axis=1)))


def _confusion(row: npt.NDArray[np.int64], posterior: npt.NDArray[np.float64], k: int) -> npt.NDArray[np.float64]:
    """A person's confusion matrix, each row shrunk towards their overall accuracy spread evenly."""
    said = np.flatnonzero(row >= 0)
    table = np.zeros((k, k))
    np.add.at(table.T, row[said], posterior[said])
    right = (np.trace(table) + 0.7) / (table.sum() + 1.0)
    typical = np.full((k, k), (1 - right) / max(k - 1, 1))
    np.fill_diagonal(typical, right)
    table += _SMOOTHING * k * typical
    return np.asarray(np.maximum(table / table.sum(axis=1, keepdims=True), 1e-9))


def _prior(evidence: npt.NDArray[np.float64], shape: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(log_softmax(np.exp(shape[0]) * evidence + shape[1:], axis=1))


def _reshaped(
    evidence: npt.NDArray[np.float64], posterior: npt.NDArray[np.float64], start: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Exponent (as its logarithm) and class weights of the model's probabilities that fit the posterior best."""
    known = np.flatnonzero(~np.isnan(evidence[:, 0]))
    if len(known) > _FIT_ITEMS:  # k + 1 numbers do not need more
        known = known[:: len(known) // _FIT_ITEMS + 1]
    if not len(known):
        return start
    logs, target, n = evidence[known], posterior[known], len(known)

    def loss(v: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        sharp = np.exp(v[0])
        fitted = log_softmax(sharp * logs + v[1:], axis=1)
        gap = np.exp(fitted) - target
        value = -(target * fitted).sum() / n + (v[0] ** 2 + (v[1:] ** 2).sum()) / n
        slope = np.concatenate([[sharp * (gap * logs).sum() / n + 2 * v[0] / n], gap.sum(axis=0) / n + 2 * v[1:] / n])
        return float(value), slope

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 8}).x)


def _result(
    found: Ratings,
    labels: npt.NDArray[np.int64],
    classes: tuple[str, ...],
    posterior: npt.NDArray[np.float64],
    confusion: npt.NDArray[np.float64],
) -> Consensus:
    names = np.array(classes, dtype=object)
    best = posterior.argmax(axis=1)
    table = pd.DataFrame(
        {
            "label": names[best],
            "probability": posterior.max(axis=1),
            "majority": names[majority(labels, len(classes))],
            "n_people": (labels >= 0).sum(axis=0),
        },
        index=pd.Index(found.items, name="item_id", dtype=object),
    )
    rows = []
    for row in labels:
        said = np.flatnonzero(row >= 0)
        estimate = proportion(float(posterior[said, row[said]].sum()), len(said))
        rows.append((estimate.value, estimate.low, estimate.high, len(said)))
    quality = pd.DataFrame(
        rows,
        columns=["quality", "low", "high", "n_items"],
        index=pd.Index(found.people, name="annotator", dtype=object),
    )
    return Consensus(table, quality, dict(zip(found.people, confusion, strict=True)), classes)
