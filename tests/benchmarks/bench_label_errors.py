"""Average precision of label-error candidates with planted flips, against cleanlab on the same probabilities.

    python -m tests.benchmarks.bench_label_errors [SPEECH_COMMANDS_FOLDER]

A tenth of the labels is changed to another class at random, a baseline is trained on what results, and
items are ranked by each score; the planted flips are the truth (so what was wrong before counts as a
false alarm for everybody).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from sklearn.datasets import load_digits

from dsaudit.analysis.label.ranking import candidates_by_rank, label_quality
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from tests.fabric import average_precision

SEEDS = (0, 1, 2, 3, 4)
METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def planted(labels: pd.Series, share: float, seed: int) -> tuple[pd.Series, pd.Series]:
    """Labels with ``share`` of them changed to another class, and which ones."""
    rng = np.random.default_rng(seed)
    classes = np.array(sorted(labels.unique()), dtype=object)
    flipped = pd.Series(False, index=labels.index)
    flipped.iloc[rng.choice(len(labels), round(share * len(labels)), replace=False)] = True
    noisy = labels.astype(object).copy()
    for item in labels.index[flipped]:
        noisy[item] = rng.choice(classes[classes != labels[item]])
    return noisy, flipped


def score(name: str, X: pd.DataFrame, labels: pd.Series, groups: pd.Series | None) -> pd.DataFrame:
    rows = []
    for seed in SEEDS:
        noisy, flipped = planted(labels, 0.10, seed)
        folds = stratified_group_folds(noisy, groups=groups, seed=seed)
        predictions = cross_validated_pred_probs(X, noisy, folds, seed=seed)
        truth = flipped.reindex(list(predictions.item_ids)).to_numpy()
        ours = label_quality(predictions.pred_probs, predictions.given)
        row: dict[str, object] = {"data": name, "seed": seed, "candidates": int(ours["candidate"].sum())}
        probs = predictions.pred_probs.astype(np.float64)
        probs /= probs.sum(1, keepdims=True)
        for method in METHODS:
            row[f"ours {method}"] = average_precision(truth, ours[method])
            theirs = get_label_quality_scores(predictions.given, probs, method=method)
            row[f"cleanlab {method}"] = average_precision(truth, theirs)
        row["ours pairwise_confidence"] = average_precision(truth, ours["pairwise_confidence"])
        flagged = ours["candidate"].to_numpy()
        row["joint precision"], row["joint recall"] = truth[flagged].mean(), flagged[truth].mean()
        # the cut of label-error-candidate: as many as the confident joint counts, by pairwise confidence
        cut = candidates_by_rank(ours)
        row["cut precision"], row["cut recall"] = truth[cut].mean(), cut[truth].mean()
        chosen = find_label_issues(predictions.given, probs)
        row["cleanlab precision"], row["cleanlab recall"] = truth[chosen].mean(), chosen[truth].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def digits() -> tuple[pd.DataFrame, pd.Series]:
    data = load_digits()
    ids = [f"digit{i:04d}" for i in range(len(data.target))]
    return pd.DataFrame(data.data.astype(np.float32), index=ids), pd.Series(data.target.astype(str), index=ids)


def main() -> None:
    X, labels = digits()
    tables = [score("digits", X, labels, None)]
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data/speech_commands")
    if root.is_dir():
        from tests.benchmarks.bench_baseline import embedded

        X, table = embedded(root)
        tables.append(score(root.name, X, table["label"], table["group"]))
    result = pd.concat(tables, ignore_index=True)
    print(result.round(4).T.to_string())
    print(result.groupby("data").mean().round(4).T.to_string())


if __name__ == "__main__":
    main()
