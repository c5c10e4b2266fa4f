"""Encoders of texts: how fast, beside the loop that one writes at first, and how well labels and strangers are told.

    python -m tests.benchmarks.bench_text_encoder DATA [--speed-only | --no-speed] [--keep FOLDER]

DATA holds ``banking77/train.csv`` and ``test.csv``, and ``clinc150/labels.csv``. The first loop encodes batches of 32
texts as they come, padded to the longest, by the same network in the same ONNX Runtime on one thread. ``--keep``:
where vectors are kept, for a run that was cut off.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.media.text import KIND
from dsaudit.media.text.encoders import MINILM_INT8
from dsaudit.media.text.network.wordpiece import pieces
from dsaudit.model.embed import embed_items
from dsaudit.model.encoder import choose_encoder
from dsaudit.model.probe import Linear

ENCODERS = ("minilm", "static", "tfidf")


def embedded(name: str, texts: list[str]) -> tuple[np.ndarray, float]:
    """Vectors of texts as an audit makes them, without its cache, and texts per CPU second, learning included."""
    index = [f"{k:07d}" for k in range(len(texts))]
    uris = pd.Series(index, index=index)
    encoder = choose_encoder(name, own=KIND.encoders, device="cpu")
    if not encoder.fits:
        encoder.encode(["loaded"])
    began = time.process_time()
    table = embed_items(uris, content_hashes=uris, read=lambda path: texts[int(path.name)], encoder=encoder)
    return table.to_numpy(), len(texts) / (time.process_time() - began)


def kept(name: str, data: str, texts: list[str], folder: Path | None) -> np.ndarray:
    """Vectors, read from ``folder`` where they were made before."""
    path = None if folder is None else folder / f"{data}-{name}.npy"
    if path is not None and path.is_file():
        return np.load(path)
    vectors, _ = embedded(name, texts)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    return vectors


def first_loop(texts: list[str]) -> tuple[np.ndarray, float]:
    """Vectors by batches of 32 as they come, and texts per CPU second."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = str(MINILM_INT8.paths()[0])
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    began, found = time.process_time(), []
    for begin in range(0, len(texts), 32):
        read = [pieces(text) for text in texts[begin : begin + 32]]
        numbers = np.zeros((len(read), max(map(len, read))), dtype=np.int64)
        for row, one in zip(numbers, read, strict=True):
            row[: len(one)] = one
        mask = (numbers > 0).astype(np.int64)
        given = {"input_ids": numbers, "attention_mask": mask, "token_type_ids": np.zeros_like(numbers)}
        hidden = session.run(None, given)[0]
        mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        found.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
    return np.concatenate(found), len(texts) / (time.process_time() - began)


def speed(texts: list[str]) -> None:
    some = [texts[k] for k in np.random.default_rng(0).permutation(len(texts))[:2_048]]
    ours, fast = embedded("minilm", some)
    theirs, slow = first_loop(some)
    print(f"minilm: {fast:.0f} texts per CPU s, first loop {slow:.0f}: {fast / slow:.1f} times", end="")
    print(f", vectors differ by at most {np.abs(ours - theirs).max():.1g}", flush=True)
    many = texts * (1 + 100_000 // len(texts))
    _, rate = embedded("static", many)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"static: {rate:,.0f} texts per CPU s, learning included, {len(many):,} texts; peak {peak:.0f} MB", flush=True
    )


def probed(vectors: np.ndarray, labels: pd.Series, train: np.ndarray, asked: np.ndarray) -> tuple[tuple, np.ndarray]:
    classes = tuple(sorted(set(labels[train])))
    column = {name: k for k, name in enumerate(classes)}
    given = np.array([column[label] for label in labels[train]], dtype=np.int64)
    inner = np.random.default_rng(0).random(len(given)) < 0.15
    head = Linear().fit(vectors[train], given, classes=classes, inner=inner, device="cpu", seed=0)
    return classes, head.predict(vectors[asked])


def banking(vectors: np.ndarray, both: pd.DataFrame, n: int) -> float:
    rows = np.arange(len(both))
    classes, probs = probed(vectors, both["category"], rows < n, rows >= n)
    return float((np.array(classes)[probs.argmax(1)] == both["category"][n:].to_numpy()).mean())


def clinc(vectors: np.ndarray, table: pd.DataFrame) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score

    train, test, strange = ((table["split"] == s).to_numpy() for s in ("train", "test", "oos_test"))
    classes, own = probed(vectors, table["label"], train, test)
    _, other = probed(vectors, table["label"], train, strange)
    out = np.repeat([0, 1], [len(own), len(other)])
    asked = vectors[np.concatenate([np.flatnonzero(test), np.flatnonzero(strange)])]
    near = np.sort(asked @ vectors[train].T, axis=1)[:, -5:].mean(axis=1)
    probs = np.concatenate([own, other])
    return {
        "accuracy": float((np.array(classes)[own.argmax(1)] == table["label"][test].to_numpy()).mean()),
        "strangers by 5 neighbours": float(roc_auc_score(out, -near)),
        "by confidence": float(roc_auc_score(out, -probs.max(axis=1))),
        "by entropy": float(roc_auc_score(out, -(probs * np.log(np.maximum(probs, 1e-12))).sum(axis=1))),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    train, test = (pd.read_csv(args.data / "banking77" / f"{name}.csv") for name in ("train", "test"))
    both = pd.concat([train, test], ignore_index=True)
    if not args.no_speed:
        speed(both["text"].tolist())
    if args.speed_only:
        return
    table = pd.read_csv(args.data / "clinc150" / "labels.csv")
    for name in ENCODERS:
        right = banking(kept(name, "banking77", both["text"].tolist(), args.keep), both, len(train))
        print(f"{name}: banking77 {right:.3f}", flush=True)
        told = clinc(kept(name, "clinc150", table["text"].tolist(), args.keep), table)
        print(f"{name}: clinc150 " + ", ".join(f"{what} {value:.3f}" for what, value in told.items()), flush=True)


if __name__ == "__main__":
    main()
