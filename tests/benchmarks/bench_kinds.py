"""Wrong, ambiguous or off-topic: kinds of doubt told apart on planted items, and suggested labels.

    python -m tests.benchmarks.bench_kinds [NAME …] [--seeds 3] [--cache DIR]

8 % of the labels are changed; 4 % of the items are mixtures of two (two words at once, two averaged images, two
requests in one) with the label of one of them; 4 % are something else (other sounds, shuffled pixels, requests out of
scope) with a label at random. Nothing tells the method which.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from dsaudit.analysis.label.doubt_kind import doubt_kinds
from dsaudit.analysis.label.label_fit import label_fit
from dsaudit.analysis.label.right_label import judge_labels
from tests.benchmarks.planted_kinds import KINDS, RECIPES, Kinds, planted_kinds


def told_apart(data: Kinds) -> tuple[dict[str, Any], pd.DataFrame]:
    """Figures of one data set, and the table of planted kind by kind said, of candidates."""
    judged = judge_labels(label_fit(data.pred_probs, data.given), data.pred_probs, data.given)
    found = doubt_kinds(data.pred_probs, data.given, judged.suggested, joint=judged.joint, neighbours=data.neighbours)
    candidate = judged.p_wrong >= 0.5
    planted = data.kind > 0
    said = found["kind"].to_numpy()
    names = np.array(KINDS, dtype=object)[data.kind]
    table = pd.crosstab(
        pd.Series(np.where(names == "", "nothing", names), name="planted")[candidate],
        pd.Series(said, name="said")[candidate],
    )
    both = candidate & planted
    figures = {
        "data": data.name,
        "candidates": int(candidate.sum()),
        "planted among them": both.sum() / candidate.sum(),
        "accuracy": (said == names)[both].mean(),
        "AUC ambiguous": roc_auc_score(data.kind[both] == 2, found["p_ambiguous"][both]),
        "AUC off-topic": roc_auc_score(data.kind[both] == 3, found["p_off_topic"][both]),
        "AUC ambiguous, all planted": roc_auc_score(data.kind[planted] == 2, found["p_ambiguous"][planted]),
        "AUC off-topic, all planted": roc_auc_score(data.kind[planted] == 3, found["p_off_topic"][planted]),
        "said ambiguous, right": (data.kind == 2)[both & (said == "ambiguous")].mean(),
        "said off-topic, right": (data.kind == 3)[both & (said == "off-topic")].mean(),
        "mean confidence": found["confidence"][both].mean(),
        "other label of ambiguous right": (judged.suggested == data.right)[(data.kind == 2) & candidate].mean(),
    }
    return figures, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(RECIPES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cache", type=Path)
    chosen = parser.parse_args()
    rows = []
    for name in chosen.names:
        tables = []
        for seed in range(chosen.seeds):
            figures, table = told_apart(planted_kinds(name, seed=seed, cache=chosen.cache))
            rows.append(figures)
            tables.append(table)
        total = sum(tables[1:], tables[0])
        print(f"\n{name}, {chosen.seeds} seeds: candidates by planted kind and kind said\n{total.to_string()}")
    print("\n" + pd.DataFrame(rows).groupby("data").mean().round(3).T.to_string())


if __name__ == "__main__":
    main()
