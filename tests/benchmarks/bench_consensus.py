"""Consensus labels: ours, majority vote and cleanlab's on planted people and on three real annotators.

    python -m tests.benchmarks.bench_consensus [DATA]

DATA is a folder with ``cifar10n_three_annotators.csv.gz`` and the predictions of two networks; without it only the
planted people are run. Choices were made on planted people; the real file is only scored.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tests.crowd import planted, score

BLOCK = 100
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def show(name: str, scores: list[dict[str, float]]) -> None:
    mean = pd.DataFrame(scores).mean()
    print(
        f"{name:<34}" + "  ".join(f"{k} {v:.4f}" if not k.endswith("_s") else f"{k} {v:.1f}" for k, v in mean.items())
    )


def main(data: Path) -> None:
    for kind in ("good", "spammer", "adversary", "swapper", "sparse"):
        show(f"planted {kind}, 5 seeds", [score(*planted(kind, seed)) for seed in range(5)])
    if not (data / "cifar10n_three_annotators.csv.gz").is_file():
        print(f"no annotators in {data}")
        return
    table = pd.read_csv(data / "cifar10n_three_annotators.csv.gz").sort_values("item")
    code = {name: k for k, name in enumerate(CLASSES)}
    truth = table["true_label"].map(code).to_numpy()
    labels = np.stack([table[f"annotator_{k}"].map(code).to_numpy() for k in (1, 2, 3)])
    for network in ("resnet18", "efficientnet_b1"):
        stored = np.load(data / f"cifar10n_aggregate_{network}.npz")
        # some stretches of the two files are in another order: keep whole blocks in which every true label agrees
        agree = (stored["true_labels"] == truth)[: len(truth) // BLOCK * BLOCK].reshape(-1, BLOCK).all(axis=1)
        kept = np.flatnonzero(np.repeat(agree, BLOCK))
        print(f"{network}: {len(kept):,} of {len(truth):,} rows lie in blocks of {BLOCK} in the same order")
        show(f"three annotators + {network}", [score(truth[kept], labels[:, kept], stored["pred_probs"][kept])])
    show("three annotators, all items", [score(truth, labels, None)])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data/label_noise"))
