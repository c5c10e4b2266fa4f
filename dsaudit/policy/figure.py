"""Figures of a run that a policy may limit, by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from dsaudit.errors import ConfigError
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsaudit.comparison.drift import Drift
    from dsaudit.store.run import Run
    from dsaudit.store.schema.metrics import LabelErrorFigures

RECALL = "recall."
"""Of a class: ``recall.yes``."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run.

    Attributes
    ----------
    summary : str
        What it is, with its range.
    of : callable
        Given a run: the figure; None where it was not found out.
    rises : bool
        Whether more of it is better, so that a limit without an operator is the least allowed.
    seen : bool
        Whether it says how much was looked at: a run that falls short of it is inconclusive, it does not fail.
    """

    summary: str
    of: Callable[[Run], Estimate | None]
    rises: bool = True
    seen: bool = False


def exactly(value: float) -> Estimate:
    """A count or share that is known, as it has no interval."""
    return Estimate(value, value, value)


def _coverage(run: Run) -> Estimate | None:
    meta = run.meta
    there = meta.sampled_from or meta.n_items
    return exactly((meta.n_measured + meta.n_unread) / there) if there else None


def _of_model(name: str) -> Callable[[Run], Estimate | None]:
    def of(run: Run) -> Estimate | None:
        baseline = run.metrics.baseline
        return getattr(baseline, name) if baseline else None

    return of


def _of_labels(scaled: Callable[[LabelErrorFigures], float]) -> Callable[[Run], Estimate | None]:
    """Estimated number of wrong labels over ``scaled``; None where it is not known, or a guess."""

    def of(run: Run) -> Estimate | None:
        found = run.metrics.label_errors
        if found is None or not found.known or found.guess or found.n_estimated is None or not found.n_judged:
            return None
        e, by = found.n_estimated, scaled(found)
        return Estimate(e.value / by, e.low / by, e.high / by)

    return of


def _calibration(run: Run) -> Estimate | None:
    baseline = run.metrics.baseline
    return exactly(baseline.ece) if baseline else None


def _agreement(run: Run) -> Estimate | None:
    return run.metrics.agreement.alpha if run.metrics.agreement else None


def _worst_recall(run: Run) -> Estimate | None:
    baseline = run.metrics.baseline
    known = [c.recall for c in baseline.per_class if math.isfinite(c.recall.low)] if baseline else []
    return min(known, key=lambda recall: recall.low, default=None)


@dataclass(frozen=True, slots=True)
class DriftFigure:
    """The same of two sets: ``of`` is given what they were compared in."""

    summary: str
    of: Callable[[Drift], Estimate | None]
    rises: bool = False


def _of_aspect(aspect: str) -> Callable[[Drift], Estimate | None]:
    def of(drift: Drift) -> Estimate | None:
        own = drift.table[drift.table["aspect"] == aspect]
        return Estimate(*map(float, own.iloc[0][["effect", "low", "high"]])) if len(own) else None

    return of


def _new_kinds(drift: Drift) -> Estimate | None:
    if drift.auc is None:
        return None
    return exactly(sum(f.evidence["effect"] for f in drift.findings if f.evidence.get("aspect") == "new"))


FIGURES: dict[str, Figure] = {
    "items": Figure("items in the dataset", lambda run: exactly(run.meta.n_items), seen=True),
    "items.labelled": Figure("items with a label", lambda run: exactly(run.meta.n_labelled), seen=True),
    "coverage": Figure("share of the items that were looked at, 0 to 1", _coverage, seen=True),
    "accuracy": Figure("share of held-out items predicted as labelled, 0 to 1", _of_model("accuracy")),
    "accuracy.balanced": Figure("mean recall of the classes, 0 to 1", _of_model("balanced_accuracy")),
    "macro_f1": Figure("mean F1 of the classes, 0 to 1", _of_model("macro_f1")),
    "cost.expected": Figure("mean cost of an item, by the costs in the settings", _of_model("cost"), rises=False),
    "recall.worst": Figure("recall of the weakest class, 0 to 1; recall.NAME: of that class", _worst_recall),
    "calibration.error": Figure("expected calibration error, 0 to 1", _calibration, rises=False),
    "label_errors.estimated": Figure("labels estimated to be wrong", _of_labels(lambda found: 1.0), rises=False),
    "label_errors.estimated_share": Figure(
        "the same as a share of the labels judged, 0 to 1", _of_labels(lambda found: found.n_judged), rises=False
    ),
    "agreement.alpha": Figure("Krippendorff's alpha of several annotators, -1 to 1", _agreement),
}
"""Every figure by name."""


DRIFT_FIGURES: dict[str, DriftFigure] = {
    "drift.auc": DriftFigure("how well a classifier tells the sets apart, 0.5 to 1", lambda d: d.auc),
    "drift.class_shares": DriftFigure(
        "share of the items by which the shares of the classes differ, 0 to 1", _of_aspect("mix")
    ),
    "drift.accuracy": DriftFigure(
        "accuracy that is expected of the current set, 0 to 1",
        lambda d: d.model.expected if d.model else None,
        rises=True,
    ),
    "drift.accuracy_drop": DriftFigure(
        "the same less that on the reference, downwards, 0 to 1", _of_aspect("accuracy")
    ),
    "drift.new_kinds": DriftFigure("share of the current items in new kinds, 0 to 1", _new_kinds),
}
"""Figures of two sets, which ``dsaudit drift`` holds to their limits; ``dsaudit gate`` passes over them."""


def figure(name: str, *, also: Iterable[str] = ()) -> Figure:
    """The figure of that name.

    Parameters
    ----------
    name : str
    also : iterable of str
        What else could have been meant.

    Raises
    ------
    ConfigError
        There is none.

    Examples
    --------
    >>> figure("coverage").summary
    'share of the items that were looked at, 0 to 1'
    >>> figure("acuracy")
    Traceback (most recent call last):
        ...
    dsaudit.errors.ConfigError: the policy names 'acuracy', which is no rule and no figure
    """
    if name in FIGURES:
        return FIGURES[name]
    if name.startswith(RECALL):
        return Figure("recall of a class", lambda run: _recall_of(run, name.removeprefix(RECALL)))
    near = get_close_matches(name, [*FIGURES, *also], n=1)
    known = f"did you mean {near[0]}?" if near else f"figures: {', '.join(FIGURES)}; or a rule's code or name"
    raise ConfigError(f"the policy names {name!r}, which is no rule and no figure", hint=known)


def _recall_of(run: Run, label: str) -> Estimate | None:
    if label not in run.meta.classes:
        known = ", ".join(run.meta.classes[:12])
        raise ConfigError(
            f"the policy limits the recall of {label!r}, which is no class here", hint=f"classes: {known}"
        )
    baseline = run.metrics.baseline
    return next((c.recall for c in baseline.per_class if c.label == label), None) if baseline else None
