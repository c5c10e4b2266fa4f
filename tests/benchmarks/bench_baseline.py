"""Embedding speed and out-of-fold accuracy of the baseline on folders of labelled recordings or pictures.

    python tests/benchmarks/bench_baseline.py FOLDER [FOLDER …]

Each folder has a ``labels.csv`` with ``path``, ``label`` and maybe a column that names the group: ``speaker`` or
``freesound_id``.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr

from dsaudit.analysis.model.baseline_metrics import baseline_metrics
from dsaudit.analysis.space.clusters import find_clusters
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours
from dsaudit.analysis.space.projection import project
from dsaudit.analysis.space.split_class import split_classes
from dsaudit.media.audio.encoders import SPEECH_ENCODER
from dsaudit.media.image.encoders import LITE0_ENCODER
from dsaudit.media.image.media import MEDIA
from dsaudit.model.embed import embed_items
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs


def read(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(1)
    return mono if rate == 16_000 else soxr.resample(mono, rate, 16_000)


def table_of(root: Path) -> pd.DataFrame:
    table = pd.read_csv(root / "labels.csv", dtype=str).set_index("path")
    group = next((table[name] for name in ("speaker", "freesound_id") if name in table.columns), None)
    return table.assign(group=table.index if group is None else group)[["label", "group"]]


def embedded(root: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = table_of(root)
    uris = pd.Series([str(root / name) for name in table.index], index=table.index)
    unknown = pd.Series(None, index=table.index, dtype=object)
    pictures = str(table.index[0]).endswith(".jpg")
    encoder = LITE0_ENCODER() if pictures else SPEECH_ENCODER()
    start = time.perf_counter()
    X = embed_items(uris, content_hashes=unknown, read=MEDIA.read if pictures else read, encoder=encoder)
    seconds = time.perf_counter() - start
    print(f"{root.name}: {len(X)} items embedded in {seconds:.1f} s, {len(X) / seconds:.0f} items/s, {X.shape[1]} d")
    return X, table


def main() -> None:
    for root in map(Path, sys.argv[1:] or ["../shared/data/speech_commands", "../shared/data/esc10"]):
        X, table = embedded(root)
        for seed in (0, 1, 2):
            start = time.perf_counter()
            folds = stratified_group_folds(table["label"], groups=table["group"], seed=seed)
            predictions = cross_validated_pred_probs(X, table["label"], folds, seed=seed)
            probed = time.perf_counter()
            figures = baseline_metrics(predictions, groups=table["group"], seed=seed)
            accuracy = figures["accuracy"]
            print(
                f"  seed {seed}: accuracy {accuracy['value']:.4f} [{accuracy['low']:.4f}, {accuracy['high']:.4f}] "
                f"macro F1 {figures['macro_f1']['value']:.4f} ECE {figures['ece']:.4f}; "
                f"probe {probed - start:.1f} s, metrics {time.perf_counter() - probed:.1f} s"
            )
        marks = [time.perf_counter()]
        space = embedding_space(X.to_numpy())
        marks.append(time.perf_counter())
        nearest_neighbours(space)
        marks.append(time.perf_counter())
        clusters = find_clusters(space)
        marks.append(time.perf_counter())
        project(space)
        marks.append(time.perf_counter())
        split_classes(space, table["label"].reindex(X.index), groups=table["group"])
        marks.append(time.perf_counter())
        names = ("space", "neighbours", "clusters", "projection", "split classes")
        steps = ", ".join(f"{name} {s:.2f} s" for name, s in zip(names, np.diff(marks), strict=True))
        print(f"  {steps}; {clusters.max() + 1} clusters, {np.mean(clusters < 0):.0%} of the items in none")


if __name__ == "__main__":
    main()
