"""Advice about classes on digits: what is planted is found, and noise that has no cause gets none.

python -m tests.benchmarks.bench_advice [--seeds 6]
"""

from __future__ import annotations

import argparse

import numpy as np

from dsaudit.analysis.label.advice import Doubts, pair_advice
from dsaudit.analysis.label.label_fit import label_fit
from dsaudit.analysis.label.ranking import label_quality
from dsaudit.analysis.label.right_label import judge_labels
from tests.benchmarks.planted_statements import features, flipped, probed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6)
    seeds = parser.parse_args().seeds
    X, true, groups = features("digits")
    clean = probed(X, true, groups, 99)

    def advised(name: str, given: np.ndarray) -> None:
        probs = probed(X, given, groups, 0)
        judged = judge_labels(label_fit(probs, given), probs, given)
        pairwise = label_quality(probs, given)["pairwise_confidence"].to_numpy()
        classes = [str(c) for c in range(probs.shape[1])]
        doubts = Doubts(
            given,
            judged.suggested,
            judged.p_wrong,
            judged.p_suggested,
            pairwise,
            [str(j) for j in range(len(given))],
            classes,
        )
        table = pair_advice(doubts)
        found = table[table["advice"] != ""]
        print(f"{name}: {len(found)} of {len(table)} pairs with advice")
        for advice, text in zip(found["advice"], found["text"], strict=True):
            print(f"    {advice}: {text}")

    advised("no noise", true)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for share in (0.1, 0.2):
            advised(f"uniform {share:.0%}, seed {seed}", flipped(true, clean, how="uniform", share=share, seed=seed))
        advised(f"hard items 10%, seed {seed}", flipped(true, clean, how="instance", share=0.1, seed=seed))
        halves = np.where((true == 3) & (rng.random(len(true)) < 0.5), 10, true)
        advised(f"class 3 under two names, seed {seed}", halves)
        for n in (15, 30, 45):
            one_way = true.copy()
            one_way[rng.permutation(np.flatnonzero(true == 4))[:n]] = 9
            advised(f"{n} of class 4 labelled 9, seed {seed}", one_way)


if __name__ == "__main__":
    main()
