"""Scores of two models on the same items under one set of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.model.cost import cost_difference
from dsaudit.analysis.model.metrics import proportion
from dsaudit.analysis.model.paired import McNemar, holm, mcnemar, paired_bootstrap
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.comparison.experiment import PairedPredictions

LEVEL = 0.05
"""Two-sided level of every test."""


@dataclass(frozen=True, slots=True)
class ClassChange:
    """How many items of one class each model finds.

    Attributes
    ----------
    label : str
    n : int
        Test items with this label.
    before, after : float
        Recall, 0 to 1.
    difference : Estimate
    p, p_adjusted : float
        McNemar's exact test, and Holm's adjustment for the number of classes.
    significant : bool
        Adjusted p below 0.05 and zero outside the interval.
    """

    label: str
    n: int
    before: float
    after: float
    difference: Estimate
    p: float
    p_adjusted: float
    significant: bool


@dataclass(frozen=True, slots=True)
class CostChange:
    """Mean cost of an item with either model, and the paired difference, after minus before."""

    before: Estimate
    after: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Score:
    """Both models under one set of labels; the items are the same under every set.

    Attributes
    ----------
    labels : str
        ``original``: BEFORE's; ``corrected``: AFTER's, where AFTER has one.
    n : int
    before, after : Estimate
        Accuracy.
    difference : Estimate
        After minus before, with the paired interval.
    n_fixed, n_broken : int
        Items that only the model AFTER, and only the model BEFORE gets right.
    p : McNemar
    per_class : tuple of ClassChange
        Classes that occur, the largest absolute change first.
    confusion_before, confusion_after : int64 array (k, k)
        Rows: the label, columns: predicted. Items whose label no model can say are in none.
    right_before, right_after : bool array (n,)
    cost : CostChange or None
        Where errors were given costs.
    """

    labels: str
    n: int
    before: Estimate
    after: Estimate
    difference: Estimate
    n_fixed: int
    n_broken: int
    p: McNemar
    per_class: tuple[ClassChange, ...]
    confusion_before: npt.NDArray[np.int64]
    confusion_after: npt.NDArray[np.int64]
    right_before: npt.NDArray[np.bool_]
    right_after: npt.NDArray[np.bool_]
    cost: CostChange | None = None

    @property
    def direction(self) -> int:
        """1 better, -1 worse, 0 not told from chance: the interval leaves out zero and McNemar's test agrees."""
        if not self.p.exact < LEVEL:
            return 0
        return int(self.difference.low > 0) - int(self.difference.high < 0)


def score(
    name: str,
    labels: Sequence[str | None],
    trials: Sequence[PairedPredictions],
    *,
    costs: npt.NDArray[np.float64] | None = None,
    n_bootstrap: int = 2000,
    seed: int = 0,
) -> Score:
    """Judge both models by ``labels``, one per test item of the trials, in their order.

    ``costs`` are those of the trials' classes, as of ``cost_matrix``.

    With several trials an item counts by the share of them that got it right; McNemar's test, the classes
    and the confusions go by the first. An item whose label no model can say is wrong for both.
    """
    first = trials[0]
    column = {label: k for k, label in enumerate(first.classes)}
    truth = np.array([column.get(label, -2) if label is not None else -2 for label in labels], dtype=np.int64)
    was, now = first.before == truth, first.after == truth
    share_was = np.mean([t.before == truth for t in trials], axis=0)
    share_now = np.mean([t.after == truth for t in trials], axis=0)
    broken, fixed = int((was & ~now).sum()), int((~was & now).sum())
    return Score(
        labels=name,
        n=len(truth),
        before=_accuracy(share_was, first.unit, n_bootstrap, seed),
        after=_accuracy(share_now, first.unit, n_bootstrap, seed),
        difference=paired_bootstrap(share_was, share_now, clusters=first.unit, n=n_bootstrap, seed=seed),
        n_fixed=fixed,
        n_broken=broken,
        p=mcnemar(broken, fixed),
        per_class=_per_class(first, truth, was, now, n_bootstrap, seed),
        confusion_before=_counts(truth, first.before, len(first.classes)),
        confusion_after=_counts(truth, first.after, len(first.classes)),
        right_before=was,
        right_after=now,
        cost=None if costs is None else _cost(trials, truth, costs, n_bootstrap, seed),
    )


def _cost(
    trials: Sequence[PairedPredictions], truth: npt.NDArray[np.int64], costs: npt.NDArray[np.float64], n: int, seed: int
) -> CostChange:
    """A label that no model can say costs what any other error does."""

    def of(predicted: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.where(truth >= 0, costs[np.maximum(truth, 0), predicted], 1.0)

    was, now = np.mean([of(t.before) for t in trials], axis=0), np.mean([of(t.after) for t in trials], axis=0)
    none, dearest = np.zeros(len(truth)), max(1.0, float(costs.max(initial=0.0)))
    before, after, difference = (
        cost_difference(one, other, dearest, groups=trials[0].unit, n=n, seed=seed)
        for one, other in ((none, was), (none, now), (was, now))
    )
    return CostChange(_from_zero(before), _from_zero(after), difference)


def _from_zero(found: Estimate) -> Estimate:
    return Estimate(found.value, max(0.0, found.low), found.high)


def _accuracy(right: npt.NDArray[np.float64], unit: npt.NDArray[np.int64], n: int, seed: int) -> Estimate:
    value = float(right.mean()) if len(right) else float("nan")
    if value in (0.0, 1.0):  # no resample holds what was never seen
        n_units = len(np.unique(unit))
        return proportion(value * n_units, n_units)
    found = paired_bootstrap(np.zeros(len(right)), right, clusters=unit, n=n, seed=seed)
    return _from_zero(found)


def _counts(truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    table = np.zeros((k, k), dtype=np.int64)
    said = (truth >= 0) & (predicted >= 0)
    np.add.at(table, (truth[said], predicted[said]), 1)
    return table


def _per_class(
    trial: PairedPredictions,
    truth: npt.NDArray[np.int64],
    was: npt.NDArray[np.bool_],
    now: npt.NDArray[np.bool_],
    n: int,
    seed: int,
) -> tuple[ClassChange, ...]:
    occurring = [k for k in range(len(trial.classes)) if (truth == k).any()]
    rows = {k: np.flatnonzero(truth == k) for k in occurring}
    tests = [mcnemar(int((was & ~now)[r].sum()), int((~was & now)[r].sum())).exact for r in rows.values()]
    found = []
    for (k, r), p, adjusted in zip(rows.items(), tests, holm(tests).tolist(), strict=True):
        gain = paired_bootstrap(was[r], now[r], clusters=trial.unit[r], n=n, seed=seed)
        found.append(
            ClassChange(
                label=trial.classes[k],
                n=len(r),
                before=float(was[r].mean()),
                after=float(now[r].mean()),
                difference=gain,
                p=p,
                p_adjusted=adjusted,
                significant=adjusted < LEVEL and not gain.low <= 0 <= gain.high,
            )
        )
    return tuple(sorted(found, key=lambda c: (-abs(c.difference.value), c.label)))
