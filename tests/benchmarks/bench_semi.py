"""Learning from items without a label against labels alone, with few labels a class.

    python -m tests.benchmarks.bench_semi NAME.npz … --labels 4 10 25 --seeds 0 1 2 3 4 [--choose] [--ways NAME …]
    python -m tests.benchmarks.bench_semi FOLDER … --network --labels 4 10 [--classes NAME …] [--quality standard]

A file holds ``X`` (n, d) embeddings, ``y`` labels, ``group`` and perhaps ``split``. Of each set a test part of whole
groups (or the test split, where that has 300 items) is set aside; of the rest, ``--cap`` of a class at most, so many
items a class keep their label. Every way learns from the same labels; ``--choose`` also tells, by folds over these
labels alone, which one ``--semi-supervised`` takes. Steps, noise, weights and thresholds were chosen on digits and a
third of the intents of clinc150 (50 texts each); axes, the members of the vote and how one is chosen on these, esc10
and speech_commands_v1_mini; speech_commands, clothing and banking77 are for
scoring.

``--network`` fine-tunes one network on all labels instead, alone and by each way to learn in the network; folders are
as in ``bench_baseline``. Its steps were chosen on down, go, left, no, off and on of speech_commands, 4 labels, seed
200; the other six classes and seeds are for scoring.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from dsaudit.errors import InconclusiveError
from dsaudit.evidence.semi_supervised import LABELS_ALONE as ALONE
from dsaudit.evidence.semi_supervised import held_against
from dsaudit.kind import named
from dsaudit.media import kind_for, media_for
from dsaudit.model.device import one_thread_each
from dsaudit.model.finetune import fine_tune, predict
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.guessing import GUESSING, Others
from dsaudit.model.head import cross_validated_pred_probs, train_head
from dsaudit.model.semi_supervised import LEARNERS
from tests.benchmarks.bench_baseline import table_of

if TYPE_CHECKING:
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Inputs

_LEAST_TEST = 300


def parts(known: dict[str, np.ndarray], n: int, seed: int, cap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks of items that are learned from, of those with a label among them, and of the test part."""
    draws, (y, group) = np.random.default_rng(seed), (known["y"], known["group"])
    if "split" in known and (known["split"] == "test").sum() >= _LEAST_TEST:
        test = known["split"] == "test"
    else:
        names = np.unique(group)
        test = np.isin(group, draws.permutation(names)[: round(0.3 * len(names))])
    learned, labelled = np.zeros(len(y), dtype=bool), np.zeros(len(y), dtype=bool)
    for name in np.unique(y):
        rows = draws.permutation(np.flatnonzero((y == name) & ~test))
        learned[rows[:cap]] = labelled[rows[:n]] = True
    return learned, labelled, test


def one(
    known: dict[str, np.ndarray], n: int, seed: int, *, cap: int, choose: bool, ways: list[str]
) -> tuple[dict[str, float], str]:
    """Accuracy on the test part by each way and of the one that is chosen, and the name of that one."""
    learned, labelled, test = parts(known, n, seed, cap)
    ids = pd.Index([f"i{k:06d}" for k in range(len(test))])
    X = pd.DataFrame(known["X"], index=ids)[learned]
    labels = pd.Series(known["y"], index=ids, dtype=object).where(labelled)[learned]
    try:
        folds = stratified_group_folds(
            labels, groups=pd.Series(known["group"], index=ids)[learned], n_folds=3, seed=seed
        )
    except InconclusiveError:
        return {}, ""
    free, out, made, first = folds.unlabelled.index, {}, {}, ""
    for name, head in [(ALONE, None), *((way, LEARNERS[way]) for way in ways)]:
        among = free if head else None
        fitted = train_head(X, labels, folds, head=head, learned_from=among, device="cpu", seed=seed)
        names = np.array(fitted.classes)
        out[name] = float((names[fitted.predict(known["X"][test]).argmax(1)] == known["y"][test]).mean())
        if choose:
            made[name] = cross_validated_pred_probs(
                X, labels, folds, head=head, learned_from=among, device="cpu", seed=seed
            )
    if choose:
        first = held_against(made, pd.Series(known["group"], index=ids), seed=seed)[0]["head"]
        out["chosen"] = out[first]
    return out, first


def in_network(
    root: Path, n: int, seed: int, *, cap: int, classes: list[str], quality: str
) -> tuple[dict[str, float], str]:
    """Accuracy on the test part of one network that is fine-tuned on labels alone, and by each way of ``GUESSING``."""
    table = table_of(root)
    table = table[table["label"].isin(classes)] if classes else table
    kind = kind_for("image" if str(table.index[0]).endswith(".jpg") else "audio")
    tunable, read, found, device = named(kind.tuning), media_for(kind.name).read, {}, torch.device("cpu")
    y, group = table["label"].to_numpy(str), table["group"].to_numpy(str)
    learned, labelled, test = parts({"y": y, "group": group}, n, seed, cap)
    names, columns = np.unique(y, return_inverse=True)
    start, recipe = tunable.start(tunable.encoders[0], len(names), seed=seed), tunable.recipe.of(quality, {})

    def inputs(rows: np.ndarray, like: Recipe) -> Inputs:
        made: Inputs = start.inputs([str(root / table.index[k]) for k in rows], read, device=device)
        return made.ahead(start.network, like, seed=seed, device=device)

    own, beside, asked = (np.flatnonzero(mask) for mask in (labelled, learned & ~labelled, test))
    both, judged = inputs(np.concatenate([own, beside]), recipe), inputs(asked, replace(recipe, views=0))
    rows, others = np.arange(len(own)), len(own) + np.arange(len(beside))
    with one_thread_each():
        for name, guessing in {ALONE: None, **GUESSING}.items():
            began = time.process_time()
            tuned = fine_tune(
                *(start.network, both, columns[own]),
                train=rows,
                validation=rows,
                recipe=recipe,
                seed=seed,
                device=device,
                others=Others(others, guessing) if guessing else None,
            )
            right = predict(tuned.network, judged, np.arange(len(asked)), device=device).argmax(1) == columns[asked]
            found[name] = float(right.mean())
            print(f"  {name:20} {found[name]:.3f} of {len(asked)}, {time.process_time() - began:.0f} CPU s", flush=True)
    return found, ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--labels", nargs="+", type=int, default=[4, 10, 25])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--cap", type=int, default=60)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--ways", nargs="+", choices=list(LEARNERS), default=list(LEARNERS))
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--classes", nargs="+", default=[])
    parser.add_argument("--quality", default="standard")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for seed in asked.seeds:
        for path in asked.files:
            for n in asked.labels:
                began = time.process_time()
                if asked.network:
                    how = {"cap": asked.cap, "classes": asked.classes, "quality": asked.quality}
                    found, first = in_network(path, n, seed, **how)
                else:
                    with np.load(path) as file:
                        known = {name: file[name] for name in file.files}
                    found, first = one(known, n, seed, cap=asked.cap, choose=asked.choose, ways=asked.ways)
                gained = {k: 100 * (v - found[ALONE]) for k, v in found.items() if k != ALONE}
                told = {k: f"{v:+.1f}" for k, v in gained.items()}
                seconds = time.process_time() - began
                print(
                    path.stem,
                    n,
                    seed,
                    f"{found.get(ALONE, np.nan):.3f}",
                    told,
                    first,
                    f"{seconds:.0f} CPU s",
                    flush=True,
                )
                rows += [(path.stem, n, k, v) for k, v in gained.items()]
    table = pd.DataFrame(rows, columns=["set", "labels", "way", "points"])
    by = table.groupby(["labels", "set", "way"])["points"]
    for name, part in (("mean", by.mean()), ("standard error", by.sem())):
        print(f"{name} of the difference to labels alone, in points\n{part.unstack().round(1).to_string()}")


if __name__ == "__main__":
    main()
