"""A model that learned from one set, on another: how right it is expected to be, and which classes it meets there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.drift.expected_accuracy import expected_accuracy, probability_right
from dsaudit.analysis.drift.label_shift import shares_by_confusion, shares_by_em, tempered, with_shares
from dsaudit.analysis.model.metrics import proportion
from dsaudit.errors import InconclusiveError, UsageError
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units
    from dsaudit.model.folds import Folds
    from dsaudit.model.head import Head

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

_N_DRAWN = 200
_LEARNED = 0.8
"""Share of the reference's labels that must be of classes large enough to be learned: which these are is chance."""
MOST_UNLIKE = 0.4
"""Share of the current items like none of the reference from which on no accuracy is expected of them."""
_HALF = 0.5
"""Share of the current items that must have a label for these to be judged by."""


@dataclass(frozen=True, slots=True)
class ClassShare:
    """Share of one class, 0 to 1.

    ``reference`` and ``labelled`` go by the labels of the two sets, the latter None where the current set has too few;
    ``estimated`` by what the model says of the current items (EM, its 95 % interval by whole units drawn anew), and
    ``by_confusion`` likewise (black-box shift estimation); ``told`` was told with ``--prior``.
    """

    label: str
    reference: float
    labelled: float | None
    estimated: Estimate
    by_confusion: float
    told: float | None


@dataclass(frozen=True, slots=True)
class Model:
    """A linear probe that learned from the reference, on both sets.

    Attributes
    ----------
    reference : Estimate
        Accuracy on held-out items of the reference.
    expected : Estimate
        Accuracy that is to be expected of the current items, without a look at their labels; NaN where ``unlike`` is
        ``MOST_UNLIKE`` or more, since what the reference teaches of sureness does not hold there.
    measured : Estimate or None
        Accuracy by the labels of the current items, where half of them have one.
    mix : Estimate
        Accuracy that the shares of the classes there would leave if each class were as easy as in the reference.
    shares : tuple of ClassShare
    unlike : float
        How surely a current item is told from one of the reference, 0 to 1: twice what the AUC has above 0.5, 0 where
        that may be chance. Of as many current items as the AUC says, chance or not, ``expected`` takes the model to
        guess at its lower end, as it is no less sure of what it has never met.
    probs : DataFrame float64 (m, 2 k) by ``item_id``
        Of the current items: probability of each class by the shares of the reference, and (``corrected:``) by those
        that were told or else estimated; NaN where there is no vector.
    """

    reference: Estimate
    expected: Estimate
    measured: Estimate | None
    mix: Estimate
    shares: tuple[ClassShare, ...]
    unlike: float = 0.0
    probs: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Learned:
    """What such a model says of every item of both sets; of the reference's held out.

    Attributes
    ----------
    model : Model
    predicted : object array (n,)
        Class by item, None where nothing is said.
    calibrated : float64 array (n, k)
        Probabilities, by a temperature chosen on held-out items; the shares of the reference where nothing is said.
    confidence : float64 array (n,)
        Probability that the model is right, NaN where it says nothing.
    """

    model: Model
    predicted: npt.NDArray[np.object_]
    calibrated: Floats
    confidence: Floats


def with_unlike(model: Model, auc: float, *, sure: bool) -> Model:
    """The model where a classifier tells the current items from those of the reference, with this area.

    Its expected accuracy is NaN where too many are like none of the reference and this is ``sure`` to be no chance.
    """
    e, unlike = model.expected, 2 * max(0.0, auc - 0.5)
    low = max(0.0, e.low - unlike * max(0.0, e.value - 1 / len(model.shares)))
    nan = float("nan")
    told = Estimate(nan, nan, nan) if sure and unlike >= MOST_UNLIKE else replace(e, low=low)
    return replace(model, expected=told, unlike=unlike if sure else 0.0)


def learned(
    items: pd.DataFrame,
    vectors: npt.NDArray[np.float32] | None,
    found: Units,
    *,
    prior: Mapping[str, float] | None = None,
    head: Head | None = None,
    seed: int = 0,
) -> tuple[Learned | None, str]:
    """Train on the reference and ask of both sets; or None, and why.

    Parameters
    ----------
    items : DataFrame of n rows by ``item_id``
        ``label``, ``group`` and ``content_hash`` of both sets, the reference's first; both may hold an id.
    vectors : float32 array (n, d), or None
        NaN where an item has none.
    found : Units
        Of the same items.
    prior : mapping of class to share, optional
        Known of the current set.
    head : Head, optional
        What learns; the linear probe by default.

    Raises
    ------
    UsageError
        ``prior`` is given and names other classes than the model learned, or there is no model.
    """
    now = found.current
    try:
        probs, classes = _asked(items, vectors, now, head, seed)
    except InconclusiveError as error:
        if prior:
            raise UsageError(f"--prior says nothing without a model, and there is none: {error.message}") from error
        return None, f"no model of REFERENCE was trained: {error.message}"
    column = {name: k for k, name in enumerate(classes)}
    given = np.array([column.get(str(label), -1) for label in items["label"]], dtype=np.int64)
    known = np.isfinite(probs[:, 0])
    told = items["label"].notna().to_numpy()
    heard, asked = np.flatnonzero(~now & known & told), np.flatnonzero(now & known)
    probs = tempered(probs, probs[heard], given[heard])
    predicted = np.where(known, np.nan_to_num(probs).argmax(axis=1), -1)
    sure = np.where(known & (now | told), np.nan_to_num(probs).max(axis=1), np.nan)
    right, said = (predicted == given) & (given >= 0), np.isfinite(sure)
    confidence = np.full(len(sure), np.nan)
    confidence[said] = probability_right(sure[heard], right[heard], sure[said])
    labelled = asked[told[asked]]
    by_labels = len(labelled) >= _HALF * len(asked)
    drawn = found.drawn(_N_DRAWN, seed=seed)
    shares, mix = _shares(probs, given, heard, asked, found, drawn, classes, prior=prior)
    if by_labels:
        n = np.bincount(given[labelled][given[labelled] >= 0], minlength=len(classes)) / max(1, len(labelled))
        shares = tuple(replace(one, labelled=float(own)) for one, own in zip(shares, n, strict=True))
    there = [one.estimated.value if one.told is None else one.told for one in shares]
    corrected = with_shares(probs[now], there, learned=[one.reference for one in shares])
    model = Model(
        _accuracy(right, heard, found, drawn),
        expected_accuracy(sure, right, found, drawn),
        _accuracy(right, labelled, found, drawn) if by_labels else None,
        mix,
        shares,
        probs=pd.DataFrame(
            np.hstack([probs[now], corrected]),
            index=items.index[now],
            columns=[*classes, *(f"corrected:{name}" for name in classes)],
        ),
    )
    usual = [one.reference for one in shares]
    names = np.array([*classes, None], dtype=object)
    return Learned(model, names[predicted], np.where(known[:, None], probs, usual), confidence), ""


def _asked(
    items: pd.DataFrame,
    vectors: npt.NDArray[np.float32] | None,
    now: npt.NDArray[np.bool_],
    head: Head | None,
    seed: int,
) -> tuple[Floats, tuple[str, ...]]:
    """Probabilities (n, k), NaN where nothing is said, and the classes."""
    from dsaudit.model.folds import stratified_group_folds
    from dsaudit.model.head import cross_validated_pred_probs

    if vectors is None:
        raise InconclusiveError("a run holds no vectors")
    names = pd.Index([str(k) for k in range(len(items))], dtype=object)
    own = items.set_axis(names)
    held = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    own, table = own.iloc[held], pd.DataFrame(vectors[held], index=names[held])
    labels = own["label"].where(~now[held], None)
    if labels.dropna().nunique() < 2:
        raise InconclusiveError("it takes labels of two classes or more")
    folds = stratified_group_folds(labels, groups=own["group"], duplicate_keys=own["content_hash"], seed=seed)
    learns = labels.dropna().isin(folds.classes).mean()
    if learns < _LEARNED:
        raise InconclusiveError(f"{1 - learns:.0%} of its labels are of classes that are too small to be learned")
    dealt = _dealt(labels, own, folds.n_folds, seed)
    made = cross_validated_pred_probs(table, labels, dealt, head=head, seed=seed)
    probs = np.full((len(items), len(made.classes)), np.nan)
    probs[[int(i) for i in made.item_ids]] = made.pred_probs
    if made.unlabelled is not None:
        probs[[int(i) for i in made.unlabelled.index]] = made.unlabelled.to_numpy()
    return probs, made.classes


def _dealt(labels: pd.Series, items: pd.DataFrame, n_folds: int, seed: int) -> Folds:
    """Folds dealt by chance, units whole: what a model holds out and the current items that it is asked of look alike.

    Stratified folds have the very shares of the classes that their model learned from, so that it does better there
    than in any other set; and of the models that judge the reference a current item is asked of one, not of the mean of
    several, which is less sure. No class is left out for being small, which it may be by chance in the reference alone.
    """
    from dsaudit.model.folds import Folds, units_of

    unit = units_of(items.index, items["group"], items["content_hash"])
    told = labels.notna().to_numpy()
    order, fold = np.random.default_rng(seed).permutation(int(unit.max()) + 1), np.empty(unit.max() + 1, dtype=np.int16)
    holds = np.isin(order, unit[told])
    for side in (order[holds], order[~holds]):
        fold[side] = np.arange(len(side)) % n_folds
    by_item = pd.Series(fold[unit], index=items.index)
    others = by_item[~told].sort_index()
    return Folds(
        by_item[told].sort_index(),
        n_folds,
        tuple(sorted(labels[told].astype(str).unique())),
        unlabelled=others,
        dealt=others,
    )


def _accuracy(right: npt.NDArray[np.bool_], rows: Ints, found: Units, drawn: Floats) -> Estimate:
    """Accuracy of some items, with the interval of whole units drawn anew; of all right or all wrong, Wilson's."""
    if not len(rows):
        return Estimate(float("nan"), float("nan"), float("nan"))
    of_unit = found.of_item[rows]
    n = np.bincount(of_unit, minlength=drawn.shape[1])
    hits = np.bincount(of_unit, weights=right[rows], minlength=drawn.shape[1])
    value = float(right[rows].mean())
    if value in (0.0, 1.0):
        return proportion(value * (n > 0).sum(), int((n > 0).sum()))
    low, high = np.quantile((drawn @ hits) / np.maximum(drawn @ n, 1), [0.025, 0.975]).tolist()
    return Estimate(value, min(low, value), max(high, value))


def _shares(
    probs: Floats,
    given: Ints,
    heard: Ints,
    asked: Ints,
    found: Units,
    drawn: Floats,
    classes: tuple[str, ...],
    *,
    prior: Mapping[str, float] | None,
) -> tuple[tuple[ClassShare, ...], Estimate]:
    """Shares of the classes in both sets, and the accuracy that those of the current one would leave."""
    k = len(classes)
    usual = np.bincount(given[heard], minlength=k) / len(heard)
    there = shares_by_em(probs[asked], learned=usual)
    again = shares_by_em(probs[asked], learned=usual, weight=drawn[:, found.of_item[asked]], n_steps=30)
    ends = np.quantile(again, [0.025, 0.975], axis=0)
    other = shares_by_confusion(probs[heard], given[heard], probs[asked])
    told = _prior(prior, classes) if prior else None
    right = probs[heard].argmax(axis=1) == given[heard]
    recall = np.bincount(given[heard], weights=right, minlength=k) / np.maximum(
        np.bincount(given[heard], minlength=k), 1
    )
    values = again @ recall if told is None else np.full(2, told @ recall)
    mix = float((there if told is None else told) @ recall)
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    shares = tuple(
        ClassShare(
            name,
            float(usual[c]),
            None,
            Estimate(float(there[c]), min(float(ends[0, c]), float(there[c])), max(float(ends[1, c]), float(there[c]))),
            float(other[c]),
            None if told is None else float(told[c]),
        )
        for c, name in enumerate(classes)
    )
    return shares, Estimate(mix, min(low, mix), max(high, mix))


def _prior(prior: Mapping[str, float], classes: tuple[str, ...]) -> Floats:
    unknown = sorted(set(prior) - set(classes))
    if unknown:
        raise UsageError(
            f"--prior names {unknown[0]!r}, which the model did not learn", hint=f"classes: {', '.join(classes[:12])}"
        )
    shares = np.array([max(0.0, float(prior.get(name, 0.0))) for name in classes])
    if not np.isfinite(shares).all() or shares.sum() <= 0:
        raise UsageError("--prior holds no share above 0", hint="as in: up,0.7")
    return np.asarray(shares / shares.sum())
