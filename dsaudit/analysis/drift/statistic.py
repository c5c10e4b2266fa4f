"""Everything that is compared of two sets, in one family: what differs, by how much, and by what chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from dsaudit.analysis.drift.distance import beyond_chance, binned, distance
from dsaudit.analysis.drift.family import adjusted, critical, deviations
from dsaudit.analysis.drift.novelty import Region, most_apart, neighbours_apart
from dsaudit.analysis.drift.two_sample import classifier_two_sample, mean_discrepancy, with_distance
from dsaudit.analysis.drift.unit import differences, resampled_differences
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dsaudit.analysis.drift.unit import Units

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

N_DEALT, N_DRAWN = 999, 400
_LEAST_UNITS = 5
"""Units that hold a class or a cluster; of fewer nothing can be told."""

Aspect = Literal["number", "category", "mix", "class", "classifier", "discrepancy", "new", "missing", "confidence"]


@dataclass(frozen=True, slots=True)
class Compared:
    """What both sets hold, row for row, the reference's items before the current ones. What is None is not compared.

    Attributes
    ----------
    numbers, categories : mapping of str to array (n,)
        Measurements by name: floats, NaN where missing; int codes 0 ….
    classes : float array (n, k), optional
        Shares of the classes in each item: 1 for its label, or probabilities; NaN where it has none.
    space : float array (n, d), optional
    kinds : float array (n, e), optional
        Space in which kinds of items lie together, as from ``novelty.within_classes``; ``space`` where it is None.
    confidence : float array (n,), optional
        Probability that a model which learned from the reference, but not from the item, is right of it; NaN where it
        says nothing.
    """

    numbers: Mapping[str, npt.ArrayLike] = field(default_factory=dict)
    categories: Mapping[str, npt.ArrayLike] = field(default_factory=dict)
    classes: npt.ArrayLike | None = None
    space: npt.ArrayLike | None = None
    kinds: npt.ArrayLike | None = None
    confidence: npt.ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Statistic:
    """One thing that may differ.

    Attributes
    ----------
    aspect : str
    name : str
        Of the measurement, or number of the class; empty where there is one of its aspect.
    effect : Estimate
        ``number``, ``category``, ``mix``: see ``distance.Distance``; ``class``, ``confidence``: current mean less the
        reference's, -1 to 1; ``classifier``: area under the curve; ``discrepancy``: distance of means; ``new``,
        ``missing``: share of the items of one set that are of such kinds.
    p : float
        Chance that anything in the family looks as different where units were dealt at random.
    at : int
        See ``distance.Distance``.
    least : float
        Difference from which on it would be told from chance, in its own unit, with what chance gives.
    """

    aspect: Aspect
    name: str
    effect: Estimate
    p: float
    at: int = -1
    least: float = float("nan")


@dataclass(frozen=True, slots=True)
class Statistics:
    """All of the family.

    Attributes
    ----------
    told : tuple of Statistic
    score : float64 array (n,)
        How current each item looks to the classifier; None without a space.
    new, missing : tuple of Region
        Of items that the current set has nearly to itself, and the reference; the most striking first.
    """

    told: tuple[Statistic, ...]
    score: Floats | None = None
    new: tuple[Region, ...] = ()
    missing: tuple[Region, ...] = ()

    def of(self, aspect: Aspect) -> list[Statistic]:
        """Those of one aspect."""
        return [one for one in self.told if one.aspect == aspect]


def statistics(compared: Compared, found: Units, *, n_dealt: int = N_DEALT, seed: int = 0) -> Statistics:
    """Compare two sets in everything there is.

    Parameters
    ----------
    compared : Compared
    found : Units
        Of the same n items.
    n_dealt : int
        Times that units are dealt at random.

    Examples
    --------
    >>> from dsaudit.analysis.drift.unit import units
    >>> rng = np.random.default_rng(0)
    >>> columns = {"length": np.append(rng.normal(size=100), 1 + rng.normal(size=100)), "level": rng.normal(size=200)}
    >>> found = statistics(Compared(columns), units([None] * 100, [None] * 100))
    >>> [(one.name, one.p <= 0.05) for one in found.told]
    [('length', True), ('level', False)]
    """
    dealt, drawn = found.dealt(n_dealt, seed=seed), found.drawn(N_DRAWN, seed=seed)
    made: list[tuple[Aspect, str, Estimate, Floats, int]] = []
    away: list[Floats] = []
    score: Floats | None = None
    kinds: dict[str, tuple[Region, ...]] = {}

    def add(aspect: Aspect, name: str, effect: Estimate, far: Floats, *, at: int = -1, sided: int = 1) -> None:
        made.append((aspect, name, effect, far, at))
        away.append(deviations(far[:, None], sided=sided)[:, 0])

    for name, values in compared.numbers.items():
        d = distance(binned(values), found, dealt, drawn, ordered=True)
        add("number", name, d.effect, d.dealt, at=d.at)
    for name, codes in compared.categories.items():
        d = distance(np.asarray(codes, dtype=np.int64), found, dealt, drawn, ordered=False)
        add("category", name, d.effect, d.dealt, at=d.at)
    if compared.classes is not None:
        rows = np.asarray(compared.classes, dtype=np.float64)
        for aspect, name, effect, far in _shares("class", rows, found, dealt, drawn):
            add(aspect, name, effect, far, sided=2)
        add("mix", "", *_mix(rows, found, dealt, drawn))
    if compared.space is not None:
        told = classifier_two_sample(with_distance(compared.space), found, dealt, drawn, seed=seed)
        score = told.score
        add("classifier", "", told.auc, told.dealt)
        far = mean_discrepancy(compared.space, found, dealt, seed=seed)
        add("discrepancy", "", _exactly(float(far[0])), far)
        near = neighbours_apart(compared.space if compared.kinds is None else compared.kinds, found)
        sides: tuple[tuple[Literal["new", "missing"], bool], ...] = (("new", True), ("missing", False))
        for side, now in sides:
            one = most_apart(near, found, dealt, current=now)
            kinds[side] = one.kinds
            n = sum(len(kind.own) for kind in one.kinds)
            add(side, "", _exactly(n / int((found.current == now).sum())), one.dealt)
    if compared.confidence is not None:
        rows = np.asarray(compared.confidence, dtype=np.float64)[:, None]
        for _, _, effect, far in _shares("confidence", rows, found, dealt, drawn):
            add("confidence", "", effect, far, sided=2)
    table = np.stack(away, axis=1) if away else np.empty((1, 0))
    least = critical(table)
    told_ = tuple(
        Statistic(a, n, e, float(q), at, float(np.nanmean(far[1:]) + least * np.nanstd(far)))
        for (a, n, e, far, at), q in zip(made, adjusted(table), strict=True)
    )
    return Statistics(told_, score, kinds.get("new", ()), kinds.get("missing", ()))


def _exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


def _known_sums(rows: Floats, found: Units) -> tuple[Floats, Floats]:
    """Sums of the rows of each unit that are known, and how many these are."""
    known = np.asarray(np.isfinite(rows).all(axis=1))
    return found.sums(np.where(known[:, None], rows, 0.0)), found.sums(known[:, None])[:, 0]


def _shares(
    aspect: Aspect, rows: Floats, found: Units, dealt: npt.NDArray[np.bool_], drawn: Floats
) -> list[tuple[Aspect, str, Estimate, Floats]]:
    """Of each column that enough units hold, the difference of its means; rows of NaN count on neither side."""
    sums, sizes = _known_sums(rows, found)
    apart, again = differences(sums, sizes, dealt), resampled_differences(sums, sizes, found, drawn)
    ends = np.nanquantile(again, [0.025, 0.975], axis=0)
    held = (sums > 0).sum(axis=0) >= _LEAST_UNITS
    told: list[tuple[Aspect, str, Estimate, Floats]] = []
    for k in np.flatnonzero(held).tolist():
        value = float(apart[0, k])
        low, high = min(value, float(ends[0, k])), max(value, float(ends[1, k]))
        told.append((aspect, str(k), Estimate(value, low, high), apart[:, k]))
    return told


def _mix(rows: Floats, found: Units, dealt: npt.NDArray[np.bool_], drawn: Floats) -> tuple[Estimate, Floats]:
    """Half the sum of the differences of all shares, beyond what chance gives."""
    sums, sizes = _known_sums(rows, found)
    far = 0.5 * np.abs(differences(sums, sizes, dealt)).sum(axis=1)
    again = 0.5 * np.abs(resampled_differences(sums, sizes, found, drawn)).sum(axis=1)
    return beyond_chance(far, again), far


def cost_of(parts: npt.ArrayLike, found: Units, confidence: npt.ArrayLike) -> float:
    """Accuracy that is lost because some parts of the items are more or less frequent than in the reference.

    The mean confidence of each part, over both sets, weighted by how its share changed: what the difference in this one
    respect does to the model, all else alike.

    Parameters
    ----------
    parts : int array (n,)
        Bin, category, class or cluster of each item.
    found : Units
    confidence : float array (n,)
        See ``Compared``.

    Returns
    -------
    float
        -1 to 1; above 0: accuracy is lost.

    Examples
    --------
    >>> from dsaudit.analysis.drift.unit import units
    >>> two = units([None] * 4, [None] * 4)
    >>> cost_of([0, 0, 0, 1, 0, 1, 1, 1], two, [1.0, 1.0, 1.0, 0.5, 1.0, 0.5, 0.5, 0.5])
    0.25
    """
    codes = np.unique(np.asarray(parts), return_inverse=True)[1]
    q, now = np.asarray(confidence, dtype=np.float64), found.current
    known = np.isfinite(q)
    if not (known & now).any() or not (known & ~now).any():
        return float("nan")
    n = int(codes.max()) + 1
    mean = np.bincount(codes[known], weights=q[known], minlength=n) / np.maximum(
        np.bincount(codes[known], minlength=n), 1
    )
    was, is_ = (np.bincount(codes[known & side], minlength=n) / (known & side).sum() for side in (~now, now))
    return float(((was - is_) * mean).sum())
