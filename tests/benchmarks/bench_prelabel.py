"""Prelabels of sets whose labels are hidden in part, beside the labels that were hidden.

    python -m tests.benchmarks.bench_prelabel precision SET … [--seeds 0 1 2]  # stated and true precision of lists
    python -m tests.benchmarks.bench_prelabel new SET …       # one class that only the unlabelled part has, by class

Sets as of ``bench_next``. Whole groups are hidden. The form of the calibration, its prior and
the rule of new groups were chosen on ``speech_commands_v1_mini`` and every third class of ``clinc150`` (50 texts each),
class weights and intervals on these and esc10; clothing, banking77 (40 texts of each intent) and speech_commands are
for scoring.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from dsaudit.analysis.label.prelabel import THRESHOLDS, calibration, class_weights, farness, new_groups, of_model_mean
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours
from dsaudit.errors import InconclusiveError
from dsaudit.model.folds import stratified_group_folds, units_of
from dsaudit.model.head import cross_validated_pred_probs
from tests.benchmarks.bench_next import read


def hidden_part(items: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    units = units_of(items.index, items["group"])
    drawn = np.random.default_rng(seed).permutation(units.max() + 1) < share * (units.max() + 1)
    return drawn[units]


def opened(path: str, cap: int) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """Name, embeddings and items (``label``, ``group``) by id; at most ``cap`` items of a class."""
    name, x, y, units = read(path, cap)
    ids = pd.Index([f"i{k:06d}" for k in range(len(y))], name="item_id")
    items = pd.DataFrame({"label": [f"c{k:03d}" for k in y], "group": units.astype(str)}, ids, dtype=object)
    return name, pd.DataFrame(x, ids), items


def precision(
    name: str, vectors: pd.DataFrame, items: pd.DataFrame, *, shares: tuple[float, ...] = (0.3, 0.6), seeds: list[int]
) -> None:
    units = pd.Series(units_of(items.index, items["group"]), items.index)
    for share in shares:
        rows = []
        for seed in seeds:
            hidden = hidden_part(items, share, seed)
            labels = items["label"].astype(object).mask(hidden, None)
            try:
                folds = stratified_group_folds(labels, groups=items["group"], seed=seed)
            except InconclusiveError:
                continue
            made = cross_validated_pred_probs(vectors, labels, folds, device="cpu", seed=seed)
            known = list(made.item_ids)
            fit = calibration(
                made.pred_probs.max(1),
                made.pred_probs.argmax(1) == made.given,
                weight=class_weights(labels[known].astype(str)),
                units=units[known],
            )
            said = made.unlabelled
            fit = of_model_mean(fit, said.to_numpy(), made.agreement)
            right = (said.idxmax(axis=1) == items["label"].reindex(said.index)).to_numpy()
            confidence = said.to_numpy().max(1)
            p = fit.probability(confidence)
            for least in THRESHOLDS:
                listed = p >= least
                if listed.sum() >= 10:
                    stated, true = fit.precision(confidence[listed]), right[listed].mean()
                    inside = stated.low <= true <= stated.high
                    off = abs(true - stated.value) <= 0.03
                    rows.append((least, listed.sum(), stated.value, true, off, inside, stated.high - stated.low))
        columns = ["least", "n", "stated", "true", "within 3 points", "in its interval", "its width"]
        by = pd.DataFrame(rows, columns=columns).groupby("least")
        shown = by.mean().assign(lists=by.size()).round(3)
        print(f"{name}, {share:.0%} hidden\n{shown.to_string()}", flush=True)


def new(name: str, vectors: pd.DataFrame, items: pd.DataFrame) -> None:
    space = embedding_space(vectors.to_numpy())
    ids, similarity = nearest_neighbours(space, k=10)
    units, rows = units_of(items.index, items["group"]), []
    for k, label in enumerate([None, *sorted(items["label"].dropna().unique())[:10]]):
        own = (items["label"] == label).to_numpy()
        hidden = hidden_part(items, 0.5, k) | own
        share, nearest = farness(space, ~hidden, units)
        group = new_groups(share, nearest, ids, similarity)
        inside = group >= 0
        rows.append((label or "none", own.sum(), (inside & own).sum() / max(own.sum(), 1),
                     inside[hidden & ~own].mean(), group.max() + 1))  # fmt: skip
    table = pd.DataFrame(rows, columns=["new class", "n", "found", "others left out", "groups"])
    print(f"{name}\n{table.round(3).to_string(index=False)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["precision", "new"])
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--cap", type=int, default=150)
    options = parser.parse_args()
    for path in options.sets:
        known = opened(path, options.cap)
        if options.part == "new":
            new(*known)
        else:
            precision(*known, seeds=options.seeds)
