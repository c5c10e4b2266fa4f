"""What a model that learned from the labelled items says of those without a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import places_of_lists, values_of_lists
from dsaudit.evidence.tables import MissingEvidenceError

if TYPE_CHECKING:
    from dsaudit.evidence.baseline import Baseline
    from dsaudit.evidence.context import Context

COPY_OF_TEST, COPY_OF_LABELLED, NEW_CLASS = "copy of the test set", "copy of a labelled item", "like no class"
"""Why an item gets no prelabel."""
_TYPICAL = 24


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """What is said of items without a label.

    Attributes
    ----------
    table : DataFrame by ``item_id``
        ``predicted``, ``confidence`` (what the model gives it, 0 to 1), ``p_right`` (calibrated on labelled items that
        the model had not seen), ``p_low`` (lower end of the 95 % interval of that), ``far`` (share of labelled items
        that lie as far from the nearest other one; NaN without neighbours), ``new_group`` (number of a group that is
        like no class; -1), ``copy_of`` (labelled item that it is a copy of, or None), ``left_out`` (why it gets no
        prelabel; empty where it does), and ``p:<class>``.
    summary : dict
        Fields of ``dsaudit.store.schema.metrics.UnlabelledFigures``.
    """

    table: pd.DataFrame
    summary: dict[str, Any]


def unlabelled(
    context: Context,
    baseline: Baseline,
    space: pd.DataFrame | None = None,
    neighbours: pd.DataFrame | None = None,
    duplicates: pd.DataFrame | None = None,
) -> Unlabelled:
    """Calibrated predictions of unlabelled items, and which of them are copies of labelled ones or like no class."""
    from dsaudit.analysis.label.prelabel import calibration, class_weights, of_model_mean, stated_lists

    found = baseline.predictions
    if found.unlabelled is None:
        raise MissingEvidenceError("every item that was predicted has a label")
    if not found.out_of_sample:
        raise MissingEvidenceError("the model saw these labels, so that nothing tells how often it is right")
    probs, ids = found.unlabelled, found.unlabelled.index
    confidence = probs.to_numpy(dtype=np.float64).max(axis=1)
    if not (found.given >= 0).any():
        raise MissingEvidenceError("no label is of a class that was learned")
    # an item of a class that was not learned is predicted wrong, as its like will be among the unlabelled
    items, known = context.items, pd.Index(found.item_ids)
    fit = calibration(
        found.pred_probs.max(axis=1),
        found.pred_probs.argmax(axis=1) == found.given,
        weight=class_weights(items["label"].reindex(known).astype(str)),
        units=_units(context, duplicates, known),
    )
    if found.agreement is not None:
        fit = of_model_mean(fit, probs.to_numpy(), found.agreement)
    copies = _copies(context.items, duplicates).reindex(ids)
    far, group = _apart(context, space, neighbours, duplicates, ids)
    left_out = np.where(copies.notna(), COPY_OF_LABELLED, np.where(group >= 0, NEW_CLASS, "")).astype(object)
    of_test = context.items["split"].reindex(copies.dropna()).eq("test").to_numpy()
    left_out[np.flatnonzero(copies.notna())[of_test]] = COPY_OF_TEST
    names = np.array(found.classes, dtype=object)
    table = pd.DataFrame(
        {
            "predicted": names[probs.to_numpy().argmax(axis=1)],
            "confidence": confidence,
            "p_right": fit.probability(confidence),
            "p_low": fit.lower(confidence),
            "far": far,
            "new_group": group,
            "copy_of": copies.astype(object).where(copies.notna(), None),
            "left_out": left_out,
        },
        index=ids.rename("item_id"),
    )
    free = (table["left_out"] == "").to_numpy()
    labels = table.loc[free, "predicted"].value_counts()
    summary = {
        "n": int(context.items["label"].isna().sum()),
        "n_judged": len(table),
        "left_out": table.loc[~free, "left_out"].value_counts().sort_index().to_dict(),
        "precision": fit.precision(confidence[free]) if free.any() else None,
        "lists": stated_lists(fit, confidence[free]),
        "classes": [(str(label), int(n)) for label, n in sorted(labels.items(), key=lambda one: (-one[1], one[0]))],
        "groups": _groups(table),
    }
    return Unlabelled(pd.concat([table, probs.add_prefix("p:").rename_axis("item_id")], axis=1), summary)


def _groups(table: pd.DataFrame) -> list[dict[str, Any]]:
    own = table[table["new_group"] >= 0].sort_values("far", kind="stable")
    return [
        {"n": len(rows), "item_ids": list(rows.index[:_TYPICAL]), "nearest": str(rows["predicted"].mode().iloc[0])}
        for _, rows in own.groupby("new_group")
    ]


def _copies(items: pd.DataFrame, duplicates: pd.DataFrame | None) -> pd.Series:
    """By unlabelled item a labelled one that it is a copy of, of the test set where there is one."""
    if duplicates is None:
        return pd.Series(dtype=object)
    sets = duplicates["near_set"].dropna()
    label, split = items["label"].reindex(sets.index), items["split"].reindex(sets.index)
    known = sets[label.notna().to_numpy()]
    first = known.index[np.argsort((split.reindex(known.index) != "test").to_numpy(), kind="stable")]
    of_set = known.reindex(first).reset_index().drop_duplicates("near_set").set_index("near_set")["item_id"]
    return sets[label.isna().to_numpy()].map(of_set).dropna()


def _apart(
    context: Context,
    space: pd.DataFrame | None,
    neighbours: pd.DataFrame | None,
    duplicates: pd.DataFrame | None,
    ids: pd.Index,
) -> tuple[np.ndarray, np.ndarray]:
    """``far`` and ``new_group`` of the items, see ``Unlabelled``."""
    from dsaudit.analysis.label.prelabel import farness, new_groups

    if space is None or neighbours is None:
        return np.full(len(ids), np.nan), np.full(len(ids), -1)
    index = space.index
    labelled, units = context.items["label"].reindex(index).notna().to_numpy(), _units(context, duplicates, index)
    share, nearest = farness(space.to_numpy(), labelled, units, seed=context.settings.seed)
    rows = neighbours.reindex(index)
    near = places_of_lists(rows["ids"], index)[1].reshape(len(index), -1)
    groups = new_groups(share, nearest, near, values_of_lists(rows["similarity"])[1].reshape(near.shape))
    at = index.get_indexer(ids)
    return share[at], groups[at]


def _units(context: Context, duplicates: pd.DataFrame | None, index: pd.Index) -> np.ndarray:
    from dsaudit.model.folds import units_of

    return units_of(index, context.items["group"], None if duplicates is None else duplicates["scene_set"])
