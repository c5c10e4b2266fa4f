"""Prelabels of sets whose labels are hidden in part, beside the labels that were hidden.

    python -m tests.benchmarks.bench_prelabel precision RUN …  # stated and true precision of lists, 5 seeds
    python -m tests.benchmarks.bench_prelabel new RUN …        # one class that only the unlabelled part has, by class

Runs are audits of labelled sets with embeddings. Whole groups are hidden. The form of the calibration, its prior and
the rule of new groups were chosen on ``speech_commands_v1_mini`` and every third class of ``clinc150`` (50 texts each);
clothing, esc10, banking77 (40 texts of each intent) and speech_commands are for scoring.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from dsaudit.analysis.label.prelabel import THRESHOLDS, calibration, farness, new_groups
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours
from dsaudit.errors import InconclusiveError
from dsaudit.model.folds import stratified_group_folds, units_of
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.store.run import Run


def hidden_part(items: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    units = units_of(items.index, items["group"])
    drawn = np.random.default_rng(seed).permutation(units.max() + 1) < share * (units.max() + 1)
    return drawn[units]


def precision(run: Run, *, shares: tuple[float, ...] = (0.3, 0.6), seeds: int = 5) -> None:
    vectors, items = run.embeddings, run.items.reindex(run.embeddings.index)
    for share in shares:
        rows = []
        for seed in range(seeds):
            hidden = hidden_part(items, share, seed)
            labels = items["label"].astype(object).mask(hidden, None)
            try:
                folds = stratified_group_folds(labels, groups=items["group"], seed=seed)
            except InconclusiveError:
                continue
            made = cross_validated_pred_probs(vectors, labels, folds, device="cpu", seed=seed)
            fit = calibration(made.pred_probs.max(1), made.pred_probs.argmax(1) == made.given)
            said = made.unlabelled
            right = (said.idxmax(axis=1) == items["label"].reindex(said.index)).to_numpy()
            confidence = said.to_numpy().max(1)
            p = fit.probability(confidence)
            for least in THRESHOLDS:
                listed = p >= least
                if listed.sum() >= 10:
                    stated, true = fit.precision(confidence[listed]), right[listed].mean()
                    inside = stated.low <= true <= stated.high
                    rows.append((least, listed.sum(), stated.value, true, abs(true - stated.value) <= 0.03, inside))
        table = pd.DataFrame(rows, columns=["least", "n", "stated", "true", "within 3 points", "in its interval"])
        print(f"{run.path.parents[1].name}, {share:.0%} hidden\n{table.groupby('least').mean().round(3).to_string()}")


def new(run: Run) -> None:
    vectors, items = run.embeddings, run.items.reindex(run.embeddings.index)
    space = embedding_space(vectors.to_numpy())
    ids, similarity = nearest_neighbours(space, k=10)
    units, rows = units_of(items.index, items["group"]), []
    for k, name in enumerate([None, *sorted(items["label"].dropna().unique())[:10]]):
        own = (items["label"] == name).to_numpy()
        hidden = hidden_part(items, 0.5, k) | own
        share, nearest = farness(space, ~hidden, units)
        group = new_groups(share, nearest, ids, similarity)
        inside = group >= 0
        rows.append((name or "none", own.sum(), (inside & own).sum() / max(own.sum(), 1),
                     inside[hidden & ~own].mean(), group.max() + 1))  # fmt: skip
    table = pd.DataFrame(rows, columns=["new class", "n", "found", "others left out", "groups"])
    print(f"{run.path.parents[1].name}\n{table.round(3).to_string(index=False)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["precision", "new"])
    parser.add_argument("runs", nargs="+")
    options = parser.parse_args()
    for path in options.runs:
        {"precision": precision, "new": new}[options.part](Run.open(path))
