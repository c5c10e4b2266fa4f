"""What a search for the head's values gains over the defaults, on items that the search never saw.

    python -m tests.benchmarks.bench_tune [FOLDER] [--trials 20] [--heads any linear knn] [--keep FOLDER]

The honest figure rotates: every fold in turn is held out of a whole search of its own, then looked at once.
Beside it stands what ``dsaudit train --tune`` does, one search with the first fold held out, and the score over
all folds with its values: the difference between the two is what choosing on the folds flatters.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.model.folds import Folds, stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.model.heads import head_of
from dsaudit.model.probe import log_loss
from dsaudit.model.tuning import Found, HeadTrials, head_space, tune
from tests.benchmarks.bench_heads import data_named


def searched(X: pd.DataFrame, y: pd.Series, folds: Folds, *, named: str | None, held: int, n: int, seed: int) -> Found:
    trials = HeadTrials.of(X, y, folds, held=held, device="cpu", seed=seed)
    default = {"head": named or "linear"}
    return tune(head_space(named), trials.score, defaults=default, held_out=trials.held_out, n_trials=n, seed=seed)


def over_all_folds(X: pd.DataFrame, y: pd.Series, folds: Folds, values: dict[str, object]) -> tuple[float, float]:
    made = cross_validated_pred_probs(X, y, folds, head=head_of(values), device="cpu")
    return log_loss(made.pred_probs, made.given), float((made.pred_probs.argmax(1) == made.given).mean())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default="../shared/data/speech_commands")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--heads", nargs="+", default=["linear", "any"])
    parser.add_argument("--folds", nargs="+", type=int, default=[0, 1, 2, 3, 4], help="held out in turn")
    parser.add_argument("--keep", type=Path)
    a = parser.parse_args()
    X, labels, groups = data_named(a.folder, a.keep)
    folds = stratified_group_folds(labels, groups=groups)
    for name in a.heads:
        named = None if name == "any" else name
        default = over_all_folds(X, labels, folds, {"head": named or "linear"})
        rows, first = [], {}
        for held in a.folds:
            start = time.perf_counter()
            found = searched(X, labels, folds, named=named, held=held, n=a.trials, seed=held)
            table = found.table
            trials = table["trials"]
            rows.append(
                {
                    "held": held,
                    "n": table["held_out"]["n"],
                    "validation default": trials[0]["loss"],
                    "validation best": trials[table["best"]]["loss"],
                    "loss default": table["held_out"]["default"]["loss"],
                    "loss best": table["held_out"]["best"]["loss"],
                    "accuracy default": table["held_out"]["default"]["accuracy"],
                    "accuracy best": table["held_out"]["best"]["accuracy"],
                    "minutes": (time.perf_counter() - start) / 60,
                    "values": found.values,
                }
            )
            print(f"{name}, fold {held} held out:", rows[-1], flush=True)
            first = first or found.values
        table = pd.DataFrame(rows)
        weight = table["n"] / table["n"].sum()
        figures = table.drop(columns=["held", "n", "values"])
        print(f"\n{name}: {a.trials} trials, mean over items never seen by their search")
        print((figures.mul(weight, axis=0)).sum().round(4).to_string())
        gain = table["loss default"] - table["loss best"]
        print(f"gain in log loss per fold {np.round(gain.to_numpy(), 4)}")
        tuned = over_all_folds(X, labels, folds, first)
        print(f"all folds: default loss {default[0]:.4f} accuracy {default[1]:.4f}", end="; ")
        print(f"values of the first search {first}: loss {tuned[0]:.4f} accuracy {tuned[1]:.4f}\n", flush=True)


if __name__ == "__main__":
    main()
