"""The figures of a made-up run, as ``metrics.json`` holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from store.make_schema import metrics

from dsaudit.store.schema.metrics import (
    BandErrors,
    BaselineFigures,
    ClassFigures,
    ClassSize,
    ClusterFigures,
    ConfusedPair,
    Confusion,
    Distribution,
    GroupErrors,
    Histogram,
    Metrics,
    ReliabilityBin,
    SplitFigures,
)
from dsaudit.types import Estimate

if TYPE_CHECKING:
    import pandas as pd


def estimate(value: float, half: float = 0.03) -> Estimate:
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def metrics_of(
    ids: list[str], names: Any, code: Any, predicted: Any, confusion: Any, measurements: pd.DataFrame
) -> Metrics:
    labels, n = [str(x) for x in names], len(ids)
    size = [int((code == i).sum()) for i in range(len(labels))]
    level = measurements["loudest_rms_dbfs"]
    counts, edges = np.histogram(level, 30)
    return metrics(
        baseline=baseline_of(ids, labels, code, predicted, confusion),
        clusters=tuple(
            ClusterFigures(c, size[c], ((label, size[c]),), tuple(ids[j] for j in np.flatnonzero(code == c)[:5]))
            for c, label in enumerate(labels)
        ),
        splits=tuple(SplitFigures(s, n // 3, 10, dict.fromkeys(labels, 3)) for s in ("train", "validation", "test")),
        classes=tuple(
            ClassSize(c, size[i], 10, size[i] / n, totals={"duration_s": 30.0}, medians={"duration_s": 0.4})
            for i, c in enumerate(labels)
        ),
        measurements={
            "loudest_rms_dbfs": Distribution(
                *(float(level.quantile(q)) for q in (0.0, 0.05, 0.5, 0.95, 1.0)),
                Histogram(tuple(edges.tolist()), tuple(counts.tolist())),
            )
        },
    )


def baseline_of(ids: list[str], labels: list[str], code: Any, predicted: Any, confusion: Any) -> BaselineFigures:
    recall = confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    precision = confusion.diagonal() / np.maximum(confusion.sum(0), 1)
    members: dict[tuple[int, int], list[str]] = {}
    for j in np.flatnonzero(code != predicted):
        members.setdefault((int(code[j]), int(predicted[j])), []).append(ids[j])
    accuracy = float((code == predicted).mean())
    wrong = tuple(ids[j] for j in np.flatnonzero(code != predicted)[:50])
    return BaselineFigures(
        accuracy=estimate(accuracy, 0.015),
        balanced_accuracy=estimate(accuracy - 0.01),
        macro_f1=estimate(accuracy - 0.02),
        interval="made up",
        ece=0.021,
        n=len(ids),
        n_folds=5,
        model_card={"encoder": "speech-embedding", "head": "linear probe"},
        confusion=Confusion(tuple(labels), tuple(map(tuple, confusion.tolist())), tuple(range(len(labels)))),
        per_class=tuple(
            ClassFigures(c, int(confusion[i].sum()), *map(estimate, (precision[i], recall[i], recall[i])))
            for i, c in enumerate(labels)
        ),
        confused_pairs=tuple(
            ConfusedPair(
                given=labels[g],
                predicted=labels[p],
                count=len(found),
                share_of_given=len(found) / max(int(confusion[g].sum()), 1),
                item_ids=tuple(found[:50]),
            )
            for (g, p), found in sorted(members.items(), key=lambda e: -len(e[1]))
        ),
        reliability=tuple(
            ReliabilityBin(b / 10, (b + 1) / 10, 20 + 10 * b, b / 10 + 0.05, min(1.0, b / 10 + 0.01))
            for b in range(3, 10)
        ),
        groups=tuple(GroupErrors(f"speaker{g}", 9, 4, estimate(0.44, 0.2)) for g in range(8)),
        bands=(band(),) if wrong else (),
        hardest=wrong,
        overconfident=wrong[::-1],
    )


def band(high: float = -38.2) -> BandErrors:
    """Quiet clips, which are wrong 3.1 times as often as the rest."""
    return BandErrors("loudest_rms_dbfs", "low", -90.0, high, 44, 15, estimate(0.34, 0.08), 0.11, 3.1, 2.2, 4.3)
