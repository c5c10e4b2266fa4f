"""Fine-tuning of texts: learned on a training part, scored on its test part, beside the probe on frozen features.

    python -m tests.benchmarks.bench_text_tuning FOLDER [--few] [--device cuda] [--set epochs=5 …]

FOLDER holds ``train.csv`` and ``test.csv`` of banking77. ``--few``: 100 and 2,000 labels of its ten largest classes.
"""

from __future__ import annotations

import argparse
import ast
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.media.text.tuning import TUNING
from dsaudit.model.crossfit import fitting
from dsaudit.model.device import one_thread_each, pick_device
from dsaudit.model.finetune import fine_tune
from dsaudit.model.folds import stratified_group_folds


def score(train: pd.DataFrame, test: pd.DataFrame, *, recipe, device: str, seed: int = 0) -> tuple[float, float]:
    """Share of the test part that is told right, by the probe that training starts from and after training.

    As in an audit, few items are trained on once more with those that were set aside.
    """
    classes = sorted(set(train["category"]))
    both = pd.concat([train, test], ignore_index=True)
    given = np.array([classes.index(label) for label in both["category"]], dtype=np.int64)
    where, start = pick_device(device), TUNING.start("minilm", len(classes), seed=seed)
    texts = both["text"].tolist()
    inputs = start.inputs([str(k) for k in range(len(texts))], lambda path: texts[int(str(path))], device=where)
    rows = np.arange(len(train))
    ids = pd.Index([str(k) for k in rows], name="item_id", dtype=object)
    folds = stratified_group_folds(pd.Series(train["category"].to_numpy(), index=ids), n_folds=8, seed=seed)
    aside = folds.fold.reindex(ids).to_numpy() == 0
    recipe = fitting(recipe, start.network)
    held = np.arange(len(train), len(both))
    found = []
    with one_thread_each():
        fed = inputs.ahead(start.network, recipe, seed=seed, device=where).to(where)
        for own in (TUNING.recipe.of("standard", {"epochs": 0}), recipe):
            made = fine_tune(
                start.network,
                fed,
                given,
                train=rows[~aside],
                validation=rows[aside],
                recipe=own,
                seed=seed,
                device=where,
                refit=True,
                on_epoch=lambda epoch: print(
                    f"  epoch {epoch['epoch']}: loss {epoch['loss']:.3f}, validation {epoch['validation_loss']:.3f} "
                    f"{epoch['accuracy']:.3f}, {epoch['items_per_s']:.0f} texts/s",
                    flush=True,
                ),
            )
            found.append(float((made.pred_probs[held].argmax(1) == given[held]).mean()))
    return found[0], found[1]


def few(train: pd.DataFrame, test: pd.DataFrame, n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``n`` texts of the ten largest classes, and all of their test texts."""
    largest = train["category"].value_counts().index[:10]
    some = train[train["category"].isin(largest)]
    part = pd.concat(one.sample(min(n // 10, len(one)), random_state=seed) for _, one in some.groupby("category"))
    return part, test[test["category"].isin(largest)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--set", nargs="*", default=[], help="hyper-parameters, as epochs=5")
    args = parser.parse_args()
    given = {name: ast.literal_eval(value) for name, _, value in (one.partition("=") for one in args.set)}
    recipe = TUNING.recipe.of(args.quality, given)
    train, test = (pd.read_csv(args.folder / f"{name}.csv") for name in ("train", "test"))
    for n, seed in ((100, 0), (100, 1), (100, 2), (100, 3), (2_000, 0)) if args.few else ((0, 0),):
        own = few(train, test, n, seed) if n else (train, test)
        began = time.process_time()
        probe, tuned = score(*own, recipe=recipe, device=args.device, seed=seed)
        print(
            f"{len(own[0]):,} labels, seed {seed}: probe {probe:.3f}, tuned {tuned:.3f}; "
            f"{time.process_time() - began:.0f} CPU s, "
            f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
