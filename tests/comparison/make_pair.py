"""Runs on disk made by code: embeddings in which the true class can be told, labels and splits as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from store.make_schema import write_json

from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.store.run import Run, Store

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("cat", "dog", "owl", "pig")


def world(n: int = 400, *, n_groups: int = 40, wrong: float = 0.15, noise: float = 1.6, seed: int = 0) -> pd.DataFrame:
    """Items with features ``x0`` …, their ``truth``, a ``label`` that is sometimes wrong, ``group`` and ``hash``."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, len(CLASSES), n)
    X = rng.normal(0, noise, (n, 12))
    X[np.arange(n), truth] += 3.0
    table = pd.DataFrame(X.astype(np.float32), columns=[f"x{c}" for c in range(12)])
    given = np.where(rng.random(n) < wrong, (truth + rng.integers(1, len(CLASSES), n)) % len(CLASSES), truth)
    names = np.array(CLASSES, dtype=object)
    table["truth"], table["label"] = names[truth], names[given]
    table["group"] = [f"s{g:03d}" for g in rng.integers(0, n_groups, n)]
    table["hash"] = [f"{seed:08x}{k:024x}" for k in range(n)]
    table["split"] = None
    table.index = pd.Index([f"item/{k:05d}.wav" for k in range(n)], name="item_id")
    return table


def write_run(
    folder: Path, table: pd.DataFrame, *, encoder: str = "fake-1", seed: int = 0, flag: bool = True, **meta: Any
) -> Run:
    """A run folder over such a table: predictions as the audit makes them, findings where the argmax disagrees."""
    table = table.sort_index()
    columns = [c for c in ("label", "split", "group", "given_label", "decided_by", "decision") if c in table]
    items = table[columns].astype(object).where(table[columns].notna(), None)
    items.insert(0, "uri", [f"/nowhere/{i}" for i in table.index])
    items["content_hash"] = table["hash"]
    X = table[[c for c in table if str(c).startswith("x")]].astype(np.float32)
    X.columns = [str(c) for c in range(X.shape[1])]
    X.attrs["encoder"] = encoder
    folds = stratified_group_folds(items["label"], groups=items["group"], seed=seed)
    made = cross_validated_pred_probs(X, items["label"], folds, seed=seed)
    ids = list(made.item_ids)
    predicted = np.array(made.classes, dtype=object)[made.pred_probs.argmax(1)]
    predictions = pd.DataFrame(
        {"given": items["label"].reindex(ids), "predicted": predicted, "fold": made.fold}
        | {f"p:{c}": made.pred_probs[:, k] for k, c in enumerate(made.classes)},
        index=pd.Index(ids, name="item_id"),
    )
    wrong = predictions.index[(predictions["given"] != predictions["predicted"]) & flag]
    findings = pd.DataFrame(
        {
            "code": "LBL001",
            "scope": "item",
            "subject": list(wrong),
            "item_ids": [[i] for i in wrong],
            "suggestion": list(predictions.loc[wrong, "predicted"]),
        }
    )
    measurements = pd.DataFrame(
        {"status": "ok", "sample_hash": table["hash"], "perceptual_hash": ""}, index=table.index
    )
    with Store(folder).new_run() as writer:
        for name, frame in (
            ("items", items),
            ("embeddings", X),
            ("predictions", predictions),
            ("measurements", measurements),
            ("findings", findings),
        ):
            writer.table(name, frame)
        write_json(writer, **{"root": str(folder.parent)} | meta)
    return Run(writer.path)
