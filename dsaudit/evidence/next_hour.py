"""What the next hour is expected to bring: reviewing, labelling more, collecting classes or dropping faulty items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Collection

    from dsaudit.analysis.label.label_errors import LabelErrors
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence
    from dsaudit.model.folds import Folds
    from dsaudit.types import Estimate

ASSUMED = 240
"""Items that one person gets through in an hour, where nothing says more: one in fifteen seconds."""
_DRAWS = 2
_OF_ONE_CLASS = 0.5
"""Of what fewer items of some classes cost, what more of them bring: either moves their share off what it is in new
data, so that the one costs more than it tells of them, and the other brings less."""
_VERSION = "2"


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """What is known of a dataset before anything is done to it.

    Attributes
    ----------
    labels, groups : Series by ``item_id``
        Of the labelled items with an embedding.
    right : DataFrame float by ``item_id``
        By size how often each held-out item is predicted right, see ``dsaudit.model.learning_curve.right_by_size``.
    sizes : list of float
    errors : LabelErrors or None
    recall : Series by class
    faulty : collection of str
        Items that checks call faulty.
    """

    labels: pd.Series
    groups: pd.Series
    right: pd.DataFrame
    sizes: list[float]
    errors: LabelErrors | None
    recall: pd.Series
    faulty: Collection[str]


def next_hour(context: Context, evidence: Evidence, faulty: Collection[str], pace: int | None) -> dict[str, Any] | None:
    """Fields of ``dsaudit.store.schema.metrics.NextHour``; None where there is no learning curve.

    Parameters
    ----------
    faulty : collection of str
        Items that checks which do not look at labels or predictions call faulty.
    pace : int, optional
        Items per hour as people's decisions show it.
    """
    curve, baseline = evidence.find("learning_curve"), evidence.find("baseline")
    if curve is None or baseline is None or context.dataset.sampled_from:
        return None
    embedded, folds, settings = evidence.get("embedded"), evidence.get("held_out"), context.settings
    items = context.items.reindex(embedded.table.index)
    kept = evidence.get("right_by_size")
    per_hour = settings.items_per_hour or pace or ASSUMED
    n_pool = int(items["label"].isna().sum())
    facts = LabelledSet(
        labels=items["label"].reindex(kept.index),
        groups=items["group"].reindex(kept.index),
        right=kept.drop(columns=["given", "unit"]),
        sizes=[float(name) for name in kept.columns[2:]],
        errors=evidence.find("label_errors"),
        recall=_recall(baseline),
        faulty=faulty,
    )

    def learn(changed: list[pd.Series]) -> pd.DataFrame:
        from dsaudit.model.learning_curve import right_by_labels

        def compute() -> pd.DataFrame:
            with context.stage("next hour", folds.n_folds) as tick:
                found = right_by_labels(
                    embedded.table,
                    items["label"],
                    folds,
                    changed,
                    device=settings.device,
                    seed=settings.seed,
                    on_fold=tick,
                )
            return found.rename(columns=str)

        asked = pd.concat([facts.labels, *changed], axis=1, keys=range(1 + len(changed))).fillna("")
        key = (_VERSION, embedded.key, digest_frame(asked), digest_frame(folds.fold.to_frame()), settings.seed)
        return context.kept("next-hour", compute, *key)

    steps = foretold(facts, folds, learn, per_hour=per_hour, n_pool=n_pool, seed=settings.seed)
    source = "option" if settings.items_per_hour else "decisions" if pace else "assumed"
    return {"per_hour": per_hour, "source": source, "steps": steps}


def foretold(
    facts: LabelledSet, folds: Folds, learn: Any, *, per_hour: int, n_pool: int = 0, seed: int = 0
) -> list[dict[str, Any]]:
    """The four steps with what each is expected to bring, those first that bring most.

    Parameters
    ----------
    learn : callable of list of Series to DataFrame
        As ``dsaudit.model.learning_curve.right_by_labels`` of the same items.
    per_hour, n_pool : int
        Items that an hour is enough for, and items without a label; 0: there are none, and new ones are meant.
    """
    from dsaudit.analysis.model.learning_curve import STEEP, gain
    from dsaudit.analysis.model.next_hour import classes_to_collect, gain_of_change, widened

    labels, ids = facts.labels, facts.labels.index
    units = _units(facts)
    weight, reviewed, number, why_not = _reviews(facts, per_hour, seed=seed)
    sizes = labels[labels.isin(folds.classes)].value_counts()
    scarce, n_new = classes_to_collect(sizes, facts.recall, n=per_hour)
    fewer = [_half_of(labels, units, scarce, seed=k) for k in range(_DRAWS)]
    dropped = ids.isin(list(facts.faulty))
    whole = [labels.mask(dropped)] if dropped.any() and not dropped.all() else []
    right = learn([*reviewed, *fewer, *whole]).reindex(ids).to_numpy(dtype=np.float64)
    before, after = right[:, 0], right[:, 1:]

    def step(action: str, n: int, gain: Estimate | None, why_not: str = "", **more: Any) -> dict[str, Any]:
        return {"action": action, "n": n, "classes": (), "gain": gain, "why_not": why_not} | more

    steps = []
    if reviewed:
        found = gain_of_change(before, after[:, : len(reviewed)].mean(axis=1), weight, units, seed=seed)
        steps.append(step("review", min(per_hour, len(ids)), widened(found, number)))
    else:
        steps.append(step("review", 0, None, why_not))
    n_more = min(per_hour, n_pool or per_hour, len(ids))
    times, curve = 1.0 + n_more / len(ids), facts.right.to_numpy(dtype=np.float64)
    last = float((curve[:, -1] - curve[:, -2]).mean()) / np.log2(facts.sizes[-1] / facts.sizes[-2])
    if last * np.log2(times) > STEEP:
        steps.append(step("label", n_more, None, "the learning curve is too steep to tell what comes of so many more"))
    else:
        steps.append(step("label", n_more, gain(curve, facts.sizes, units, times=times, seed=seed)))
    n_own = int(sizes[list(scarce)].sum())
    with_half = after[:, len(reviewed) : len(reviewed) + len(fewer)].mean(axis=1)
    hit = np.stack([with_half, before], axis=1)
    brought = gain(hit, [n_own / 2, n_own], units, times=1.0 + n_new / n_own, seed=seed)
    less = _OF_ONE_CLASS * brought.value
    brought = replace(brought, value=less, low=min(brought.low, less), high=max(brought.high, less))
    steps.append(step("collect", n_new, brought, classes=scarce))
    if whole:
        sound = weight * ~dropped
        steps.append(step("drop", int(dropped.sum()), gain_of_change(before, after[:, -1], sound, units, seed=seed)))
    else:
        steps.append(step("drop", 0, None, "no item with a label is called faulty"))
    return sorted(steps, key=lambda one: -np.inf if one["gain"] is None else one["gain"].value, reverse=True)


def _reviews(facts: LabelledSet, n: int, *, seed: int) -> tuple[np.ndarray, list[pd.Series], Estimate, str]:
    """Probability that each label is right (n,); labels as a review may leave them; wrong ones, and why there are none
    of all that."""
    from dsaudit.analysis.model.next_hour import after_review
    from dsaudit.types import Estimate

    nothing, sure = Estimate(0.0, 0.0, 0.0), np.ones(len(facts.labels))
    if facts.errors is None:
        return sure, [], nothing, "labels were not judged"
    summary, table = facts.errors.summary, facts.errors.table.reindex(facts.labels.index)
    if not summary["known"] or summary["guess"] or summary["n_estimated"] is None:
        return sure, [], nothing, "how many labels are wrong cannot be known yet"
    codes, names = pd.factorize(pd.concat([facts.labels, table["suggestion"]]))
    given, suggested = codes[: len(sure)], codes[len(sure) :]
    made = [
        after_review(given, table["p_wrong"], table["p_suggested"], suggested, n=n, seed=[seed, k])
        for k in range(_DRAWS)
    ]
    lookup = np.array([*names, None], dtype=object)
    reviewed = [pd.Series(lookup[codes], index=facts.labels.index) for codes in made]
    return 1.0 - table["p_wrong"].fillna(0.0).to_numpy(), reviewed, Estimate(**summary["n_estimated"]), ""


def _half_of(labels: pd.Series, units: np.ndarray, classes: tuple[str, ...], *, seed: int) -> pd.Series:
    """Labels without about half of those of these classes, whole units where they can be."""
    from dsaudit.analysis.model.learning_curve import subset_key

    own = labels.isin(classes).to_numpy()
    key = np.zeros(len(labels))
    key[own] = subset_key(units[own], pd.factorize(labels[own])[0], seed=seed)
    return labels.mask(own & (key >= 0.5))


def _units(facts: LabelledSet) -> np.ndarray:
    from dsaudit.model.folds import units_of

    return units_of(facts.labels.index, facts.groups)


def _recall(baseline: Any) -> pd.Series:
    found = baseline.predictions
    hit = found.pred_probs.argmax(axis=1) == found.given
    known = found.given >= 0
    by = pd.Series(hit[known]).groupby(found.given[known]).mean()
    return pd.Series({name: float(by.get(k, 1.0)) for k, name in enumerate(found.classes)})
