"""Heads and their averages: accuracy, log loss, calibration, ranking of planted label errors, and seconds.

    python -m tests.benchmarks.bench_heads [--data digits FOLDER …] [--shares .05 .1 .2] [--seeds 0 1 2] [--csv FILE]

Labels are flipped (uniformly, or each class to the one the linear probe confuses it with most), every head is
cross-validated on what results, and items are ranked by three scores; the planted flips are the truth of the
ranking, the labels before the truth of the accuracy. An average of heads is the mean of their probabilities,
which is what the head ``ensemble`` gives.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.analysis.label.ranking import label_quality
from dsaudit.analysis.model.metrics import expected_calibration_error
from dsaudit.model.folds import Folds, stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.model.heads import HEADS, head_of
from dsaudit.model.probe import log_loss
from tests.fabric import average_precision

AVERAGES = {
    "linear+knn": ("linear", "knn"),
    "linear+forest": ("linear", "forest"),
    "ensemble": ("linear", "knn", "forest"),
    "ensemble+boosting": ("linear", "knn", "forest", "boosting"),
}
SCORES = ("pairwise_confidence", "self_confidence", "normalized_margin")


def data_named(name: str, kept: Path | None) -> tuple[pd.DataFrame, pd.Series, pd.Series | None]:
    """Embeddings, labels and groups; embeddings of recordings are kept in a folder where one is given."""
    if name == "digits":
        from tests.benchmarks.bench_label_errors import digits

        return (*digits(), None)
    from tests.benchmarks.bench_baseline import embedded, table_of

    root = Path(name)
    file = kept / f"{root.name}.parquet" if kept else None
    if file and file.exists():
        X, table = pd.read_parquet(file), table_of(root)
    else:
        X, table = embedded(root)
        X.columns = X.columns.astype(str)
        if file:
            X.to_parquet(file)
    table = table.reindex(X.index)
    return X, table["label"], table["group"]


def rivals(X: pd.DataFrame, labels: pd.Series, groups: pd.Series | None) -> dict[str, str]:
    """For each class the one that the linear probe gives the most probability besides."""
    made = cross_validated_pred_probs(X, labels, stratified_group_folds(labels, groups=groups), device="cpu")
    mean = np.array([made.pred_probs[made.given == k].mean(0) for k in range(len(made.classes))])
    np.fill_diagonal(mean, -1)
    return {name: made.classes[k] for name, k in zip(made.classes, mean.argmax(1), strict=True)}


def flipped(labels: pd.Series, share: float, seed: int, rival: dict[str, str] | None) -> tuple[pd.Series, pd.Series]:
    """Labels with ``share`` of them changed, and which ones."""
    rng = np.random.default_rng(seed)
    classes = np.array(sorted(labels.unique()), dtype=object)
    wrong = pd.Series(False, index=labels.index)
    wrong.iloc[rng.choice(len(labels), round(share * len(labels)), replace=False)] = True
    noisy = labels.astype(object).copy()
    for item in labels.index[wrong]:
        noisy[item] = rival[labels[item]] if rival else rng.choice(classes[classes != labels[item]])
    return noisy, wrong


def measured(
    X: pd.DataFrame, labels: pd.Series, noisy: pd.Series, wrong: pd.Series, folds: Folds, heads: list[str], seed: int
) -> list[dict[str, object]]:
    made, seconds = {}, {}
    for name in heads:
        start = time.perf_counter()
        made[name] = cross_validated_pred_probs(X, noisy, folds, head=head_of({"head": name}), device="cpu", seed=seed)
        seconds[name] = time.perf_counter() - start
    first = next(iter(made.values()))
    ids, classes = list(first.item_ids), np.array(first.classes, dtype=object)
    probs = {name: m.pred_probs for name, m in made.items()}
    for name, members in AVERAGES.items():
        if set(members) <= set(heads):
            probs[name] = np.mean([probs[m] for m in members], axis=0)
            seconds[name] = sum(seconds[m] for m in members)
    truth, right = wrong.reindex(ids).to_numpy(), labels.reindex(ids).to_numpy()
    rows: list[dict[str, object]] = []
    for name, p in probs.items():
        quality = label_quality(p, first.given)
        hit = classes[p.argmax(1)] == right
        rows.append(
            {
                "head": name,
                "accuracy": hit.mean(),
                "log_loss": log_loss(p, first.given),
                "ece": expected_calibration_error(p.max(1), p.argmax(1) == first.given),
                **{f"ap_{score}": average_precision(truth, quality[score]) for score in SCORES},
                "seconds": seconds[name],
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--data", nargs="+", default=["digits", "../shared/data/esc10", "../shared/data/speech_commands"]
    )
    parser.add_argument("--shares", nargs="+", type=float, default=[0.05, 0.1, 0.2])
    parser.add_argument("--kinds", nargs="+", default=["uniform", "confusable"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--heads", nargs="+", default=[h for h in HEADS if h != "ensemble"])
    parser.add_argument("--keep", type=Path, help="folder that keeps embeddings of recordings")
    parser.add_argument("--csv", type=Path)
    a = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in a.data:
        X, labels, groups = data_named(name, a.keep)
        rival = rivals(X, labels, groups)
        for share in a.shares:
            for kind in a.kinds:
                for seed in a.seeds:
                    noisy, wrong = flipped(labels, share, seed, rival if kind == "confusable" else None)
                    folds = stratified_group_folds(noisy, groups=groups, seed=seed)
                    where = {"data": Path(name).name, "flips": share, "kind": kind, "seed": seed}
                    rows += [where | row for row in measured(X, labels, noisy, wrong, folds, a.heads, seed)]
                    if a.csv:
                        pd.DataFrame(rows).to_csv(a.csv, index=False)
    table = pd.DataFrame(rows)
    order = list(dict.fromkeys(table["head"]))
    for by in (["data", "flips", "kind", "head"], ["data", "head"]):
        mean = table.groupby(by, sort=False)[list(table.columns[5:])].mean()
        print(mean.round(4).to_string(), "\n")
    spread = table.groupby(["data", "head"], sort=False)["ap_pairwise_confidence"].std().unstack()[order]
    print("standard deviation of ap_pairwise_confidence over everything\n", spread.round(4).to_string())


if __name__ == "__main__":
    main()
