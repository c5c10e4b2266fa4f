"""What is said of the dataset as a whole, for ``metrics.json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from dsaudit.evidence.columns import telling
from dsaudit.evidence.terms import topics
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence


def metrics(context: Context, evidence: Evidence) -> dict[str, Any]:
    """What metrics.json holds, but for the causes of errors."""
    from dsaudit.analysis.describe import class_table, measurement_table, split_table
    from dsaudit.analysis.model.baseline_metrics import baseline_metrics
    from dsaudit.analysis.model.cost import costs_of
    from dsaudit.analysis.space.clusters import cluster_summary

    items, measurements, seed = context.items, context.measurements, context.settings.seed
    projection, baseline = evidence.find("projection"), evidence.find("baseline")
    clusters, figures, people = [], None, None
    if projection is not None:
        space = evidence.get("space").reindex(projection.index)
        clusters = cluster_summary(projection["cluster"], space.to_numpy(), labels=items["label"])
    named = evidence.find("terms")
    if named is not None and clusters:
        clusters = _with_terms(clusters, "cluster", topics(named, projection["cluster"]))
    if baseline is not None:
        ids = list(baseline.predictions.item_ids)
        figures = baseline_metrics(
            baseline.predictions,
            groups=items["group"].reindex(ids),
            measurements=measurements.reindex(ids),
            costs=costs_of(context.settings.costs, baseline.predictions.classes, context.dataset.classes),
            seed=seed,
        )
    if (annotations := evidence.find("annotations")) is not None:
        from dsaudit.analysis.people.summary import people_summary

        people = people_summary(annotations, agreed=evidence.get("consensus"), seed=seed)
    label_errors = evidence.find("label_errors")
    classes = class_table(items, measurements, [c.name for c in context.kind.columns if c.total])
    return {
        "baseline": figures,
        "training": baseline.training if baseline else None,
        "semi_supervised": baseline.semi_supervised if baseline else None,
        "label_errors": label_errors.summary if label_errors else None,
        "agreement": people,
        "clusters": clusters,
        "splits": split_table(items),
        "classes": _with_terms(classes, "label", named.counts.typical()) if named is not None else classes,
        "measurements": measurement_table(measurements),
        "unlabelled": found.summary if (found := evidence.find("unlabelled")) is not None else None,
        "learning_curve": evidence.find("learning_curve"),
        "axes": evidence.find("axes"),
        "category_axes": evidence.find("category_axes") or [],
    }


def _with_terms(
    table: list[dict[str, Any]], name: str, terms: Mapping[Any, Sequence[Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    return [row | {"terms": list(terms.get(row[name], ()))} for row in table]


def culprits(
    context: Context, evidence: Evidence, flagged: Mapping[tuple[str, str], Sequence[str]]
) -> list[dict[str, Any]]:
    """Groups with a fault of their own, with or without a baseline; parameters as of ``causes``."""
    from dsaudit.analysis.cause.culprit import culprits as groups_with_faults

    baseline, wrong = evidence.find("baseline"), None
    if baseline is not None:
        found = baseline.predictions
        known = found.given >= 0
        off = found.pred_probs.argmax(axis=1) != found.given
        wrong = pd.Series(off, index=list(found.item_ids))[known]
    return groups_with_faults(
        context.items["label"], context.groups, flagged=flagged, measurements=_measured(context), wrong=wrong
    )


def _measured(context: Context) -> pd.DataFrame:
    """Measurements that may explain errors."""
    return context.measurements[[c for c in context.measurements if context.kind.column(str(c)).cause]]


def causes(
    context: Context,
    evidence: Evidence,
    flagged: Mapping[tuple[str, str], Sequence[str]],
    *,
    culprits: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """What goes along with the baseline's errors; empty without a baseline.

    Parameters
    ----------
    flagged : mapping of (code, rule name) to item ids
        Items flagged by rules that do not look at predictions.
    culprits : sequence of str
        Groups with a fault of their own.
    """
    baseline = evidence.find("baseline")
    if baseline is None:
        return []
    found, parts = baseline.predictions, context.dataset.items[["group", "split"]]
    measured = telling(context, evidence)

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.cause.causes import cause_statements

        told = cause_statements(
            found,
            flagged=flagged,
            groups=parts["group"],
            splits=parts["split"],
            measurements=measured,
            culprits=culprits,
            seed=context.settings.seed,
        )
        return pd.DataFrame({"statement": [json.dumps(statement) for statement in told]}, dtype=object)

    # a thousand permutations, for the same answer as last time where nothing has changed
    asked = [[*rule, *map(str, ids)] for rule, ids in sorted(flagged.items())]
    seen = (found.item_ids, found.classes, found.pred_probs.tobytes(), found.given.tobytes(), asked, list(culprits))
    kept = context.kept("causes", compute, *seen, digest_frame(parts), digest_frame(measured), context.settings.seed)
    return [json.loads(statement) for statement in kept["statement"]]
