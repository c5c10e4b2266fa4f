"""Planted people who label planted items: truth is known, so every way to a consensus can be scored."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from cleanlab.multiannotator import get_label_quality_multiannotator

from dsaudit.analysis.people.consensus import consensus


def planted(kind: str, seed: int, n: int = 2000, k: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth (n,), labels (people, n; -1 for none) and a model's probabilities (n, k)."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    accuracy = {
        "good": [0.9, 0.85, 0.8],
        "spammer": [0.85, 0.8, 1 / k, 0.75],
        "adversary": [0.85, 0.8, 0.8, 0.05],
        "swapper": [0.85, 0.8, 0.8],
        "sparse": [0.9, 0.85, 0.8, 0.7, 0.6, 0.9, 0.75],
    }[kind]
    labels = np.empty((len(accuracy), n), dtype=int)
    for person, right in enumerate(accuracy):
        labels[person] = np.where(rng.random(n) < right, truth, (truth + rng.integers(1, k, n)) % k)
    if kind == "swapper":
        labels[2] = np.where(truth == 0, 1, np.where(truth == 1, 0, labels[2]))
    if kind == "sparse":
        labels[rng.random(labels.shape) < 0.6] = -1
    logits = rng.normal(0, 1.2, (n, k))
    logits[np.arange(n), truth] += 2.5
    probs = np.exp(logits / 2)
    return truth, labels, probs / probs.sum(1, keepdims=True)


def long(labels: np.ndarray) -> pd.DataFrame:
    people, items = np.nonzero(labels >= 0)
    return pd.DataFrame(
        {
            "item_id": [f"{i:06d}" for i in items],
            "annotator": [f"p{p}" for p in people],
            "label": [f"{v:02d}" for v in labels[people, items]],
        }
    )


def score(truth: np.ndarray, labels: np.ndarray, probs: np.ndarray | None) -> dict[str, float]:
    """Accuracy of every method on the items that anybody labelled; seconds of ours and cleanlab's."""
    seen = (labels >= 0).any(axis=0)
    truth, labels, probs = truth[seen], labels[:, seen], None if probs is None else probs[seen]
    ids = [f"{i:06d}" for i in range(len(truth))]
    k = int(max(labels.max(), truth.max())) + 1
    table = None if probs is None else pd.DataFrame(probs, index=ids, columns=[f"{c:02d}" for c in range(k)])
    annotations = long(labels)
    started = time.perf_counter()
    people = consensus(annotations)
    with_model = None if table is None else consensus(annotations, pred_probs=table)
    ours_s = time.perf_counter() - started
    result = {
        "majority": float((people.labels["majority"].astype(int).to_numpy() == truth).mean()),
        "people": float((people.labels["label"].astype(int).to_numpy() == truth).mean()),
        "ours_s": ours_s,
    }
    if with_model is not None and probs is not None:
        result["people + model"] = float((with_model.labels["label"].astype(int).to_numpy() == truth).mean())
        result["model"] = float((probs.argmax(1) == truth).mean())
        matrix = np.where(labels.T >= 0, labels.T, np.nan).astype(float)
        started = time.perf_counter()
        theirs = get_label_quality_multiannotator(matrix, probs, verbose=False)["label_quality"]
        result["cleanlab_s"] = time.perf_counter() - started
        result["cleanlab"] = float((theirs["consensus_label"].to_numpy() == truth).mean())
    return result
