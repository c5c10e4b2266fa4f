"""The figures of a made-up run, as ``metrics.json`` holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def estimate(value: float, half: float = 0.03) -> dict[str, float]:
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def metrics_of(
    ids: list[str], names: Any, code: Any, predicted: Any, confusion: Any, measurements: pd.DataFrame
) -> dict[str, Any]:
    k, n = len(names), len(ids)
    labels = [str(x) for x in names]
    recall = confusion.diagonal() / np.maximum(confusion.sum(1), 1)
    precision = confusion.diagonal() / np.maximum(confusion.sum(0), 1)
    pairs = []
    members: dict[tuple[int, int], list[str]] = {}
    for j in np.flatnonzero(code != predicted):
        members.setdefault((int(code[j]), int(predicted[j])), []).append(ids[j])
    for (g, p), found in sorted(members.items(), key=lambda e: -len(e[1])):
        part = len(found) / max(int(confusion[g].sum()), 1)
        pairs.append(
            {
                "given": labels[g],
                "predicted": labels[p],
                "count": len(found),
                "share_of_given": part,
                "item_ids": found[:50],
            }
        )
    accuracy = float((code == predicted).mean()) if n else 0.0
    wrong = [ids[j] for j in np.flatnonzero(code != predicted)[:50]]
    histogram, edges = np.histogram(measurements["loudest_rms_dbfs"], 30)
    level = measurements["loudest_rms_dbfs"]
    return {
        "baseline": {
            "accuracy": estimate(accuracy, 0.015),
            "balanced_accuracy": estimate(accuracy - 0.01),
            "macro_f1": estimate(accuracy - 0.02),
            "ece": 0.021,
            "n": n,
            "n_folds": 5,
            "model_card": {"encoder": "speech-embedding", "head": "linear probe"},
            "confusion": {"classes": labels, "counts": confusion.tolist(), "order": list(range(k))},
            "per_class": [
                {
                    "label": c,
                    "n": int(confusion[i].sum()),
                    "precision": estimate(float(precision[i])),
                    "recall": estimate(float(recall[i])),
                    "f1": estimate(float(recall[i])),
                }
                for i, c in enumerate(labels)
            ],
            "confused_pairs": pairs,
            "reliability": [
                {
                    "low": b / 10,
                    "high": (b + 1) / 10,
                    "n": 20 + 10 * b,
                    "confidence": b / 10 + 0.05,
                    "accuracy": min(1.0, b / 10 + 0.01),
                }
                for b in range(3, 10)
            ],
            "groups": [
                {"group": f"speaker{g}", "n": 9, "n_wrong": 4, "error_rate": estimate(0.44, 0.2)} for g in range(8)
            ],
            "bands": [
                {
                    "measurement": "loudest_rms_dbfs",
                    "band": "low",
                    "low": None,
                    "high": -38.2,
                    "n": 44,
                    "error_rate": estimate(0.34, 0.08),
                    "ratio": 3.1,
                }
            ]
            if wrong
            else [],
            "hardest": wrong,
            "overconfident": wrong[::-1],
        },
        "clusters": [
            {
                "cluster": c,
                "n": int((code == c).sum()),
                "labels": [[labels[c], int((code == c).sum())]],
                "typical": [ids[j] for j in np.flatnonzero(code == c)[:5]],
            }
            for c in range(k)
        ],
        "splits": [
            {"split": s, "n": n // 3, "n_groups": 10, "per_class": dict.fromkeys(labels, 3)}
            for s in ("train", "validation", "test")
        ],
        "classes": [
            {
                "label": c,
                "n": int((code == i).sum()),
                "n_groups": 10,
                "share": float((code == i).mean()),
                "totals": {"duration_s": 30.0},
                "medians": {"duration_s": 0.4},
            }
            for i, c in enumerate(labels)
        ],
        "measurements": {
            "loudest_rms_dbfs": {
                "min": float(level.min()),
                "p5": float(level.quantile(0.05)),
                "median": float(level.median()),
                "p95": float(level.quantile(0.95)),
                "max": float(level.max()),
                "histogram": {"edges": edges.tolist(), "counts": histogram.tolist()},
            }
        },
    }
