"""Fine-tuning against the probe: accuracy, minutes, memory, label errors found, and speed on a CPU or a GPU.

    python -m tests.benchmarks.bench_finetune accuracy [FOLDER …] [--quality standard] [--folds 5] [NAME=VALUE …]
    python -m tests.benchmarks.bench_finetune errors [FOLDER] [NAME=VALUE …]
    python -m tests.benchmarks.bench_finetune speed [N_CLIPS] [--device cuda] [--layers 2]

Folders are as in ``bench_baseline``. ``errors`` changes a tenth of the labels and ranks them with the probabilities of
either quality. ``speed`` makes N synthetic clips of one second; beside seconds it gives the ratio to the plain
forward pass of the same network in the same run, because seconds depend on who else is at work.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from dsaudit.analysis.label.ranking import label_quality
from dsaudit.cli.options import read_entries
from dsaudit.media.audio.encoders import SPEECH_ENCODER
from dsaudit.media.audio.recipe import AudioRecipe
from dsaudit.media.audio.tuning import TUNING
from dsaudit.model.crossfit import cross_fit, parts_of, read_material
from dsaudit.model.device import one_thread_each, pick_device
from dsaudit.model.finetune import fine_tune, predict
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.settings import SETTINGS
from dsaudit.types import Predictions
from tests.benchmarks.bench_baseline import embedded, read
from tests.benchmarks.bench_label_errors import planted
from tests.fabric import average_precision


def peak_gib(device: str) -> str:
    """Most memory in use so far."""
    text = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB of memory"
    return f"{text}, {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB of the GPU's" if device == "cuda" else text


def said(predictions: Predictions) -> tuple[float, float]:
    """Accuracy and log loss."""
    own = predictions.pred_probs[np.arange(len(predictions.given)), predictions.given]
    right = predictions.pred_probs.argmax(1) == predictions.given
    return float(right.mean()), float(-np.log(np.maximum(own, 1e-12)).mean())


def both(root: Path, options: argparse.Namespace, *, flips: float = 0.0) -> None:
    X, table = embedded(root)
    uris = pd.Series([str(root / name) for name in table.index], index=table.index)
    none = pd.Series(None, index=table.index, dtype=object)
    for seed in range(options.seeds):
        labels, flipped = planted(table["label"], flips, seed)
        folds = stratified_group_folds(labels, groups=table["group"], n_folds=options.folds, seed=seed)
        marks = [(time.perf_counter(), time.process_time())]
        quick = cross_validated_pred_probs(X, labels, folds, seed=seed, device=options.device)
        marks.append((time.perf_counter(), time.process_time()))
        material = read_material(
            *(TUNING, uris, read, labels, folds),
            groups=table["group"],
            together=none,
            encoder="speech",
            device=options.device,
            seed=seed,
        )
        recipe = AudioRecipe.of(options.quality, read_entries(SETTINGS["training"], options.values))
        tuned = cross_fit(material, folds, recipe, device=options.device, seed=seed)
        marks.append((time.perf_counter(), time.process_time()))
        truth = flipped.reindex(list(quick.item_ids)).to_numpy()
        for name, made, (begin, end) in (
            ("quick", quick, marks[0:2]),
            (options.quality, tuned.predictions, marks[1:3]),
            ("mean of both", mean_of(quick, tuned.predictions), marks[1:3]),
        ):
            accuracy, loss = said(made)
            text = f"{root.name} seed {seed} {name:12}: accuracy {accuracy:.4f}, log loss {loss:.3f}"
            if flips:
                scores = label_quality(made.pred_probs, made.given)
                for score in ("self_confidence", "normalized_margin"):
                    text += f", AP by {score} {average_precision(truth, scores[score]):.4f}"
            print(f"{text}; {end[0] - begin[0]:.0f} s, {end[1] - begin[1]:.0f} s of CPU", flush=True)
        if flips:
            aum = tuned.dynamics["aum"].reindex(list(quick.item_ids)).fillna(1.0)
            print(f"  AP by aum alone {average_precision(truth, aum):.4f}")
        print(f"  epochs kept {tuned.predictions.model_card['epochs_kept']}; {peak_gib(options.device)}", flush=True)


def mean_of(one: Predictions, other: Predictions) -> Predictions:
    from dataclasses import replace

    return replace(one, pred_probs=(one.pred_probs + other.pred_probs) / 2)


def speed(n: int, options: argparse.Namespace) -> None:
    device = pick_device(options.device)
    rng = np.random.default_rng(0)
    sounds = [rng.normal(0, 0.1, 16_000).astype(np.float32) for _ in range(64)]
    labels = pd.Series([f"c{k % 10}" for k in range(n)], index=[f"{k:07d}" for k in range(n)], dtype=object)
    none = pd.Series(None, index=labels.index, dtype=object)
    uris = pd.Series(labels.index, index=labels.index)

    def clip(path: Path) -> np.ndarray:
        return sounds[int(path.name) % 64]

    def told(name: str, items: int, begin: tuple[float, float]) -> float:
        wall, cpu = time.perf_counter() - begin[0], time.process_time() - begin[1]
        print(f"{name:34} {items / wall:10.0f} clips/s   {1e3 * cpu / items:7.3f} ms of CPU per clip", flush=True)
        return wall / items

    def now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    encoder, few = SPEECH_ENCODER(device=options.device), min(n, 20_000)
    begin = now()
    encoder.encode([sounds[k % 64] for k in range(few)])
    told("embedding", few, begin)
    folds = stratified_group_folds(labels)
    begin = now()
    material = read_material(
        TUNING, uris, clip, labels, folds, groups=none, together=none, encoder="speech", device=options.device
    )
    told("log-mel frames", n, begin)
    frames, network, everything = material.inputs.to(device), material.network.to(device), np.arange(n)
    with one_thread_each():
        begin = now()
        predict(network, frames, everything[:few], device=device)
        forward = told("forward pass, all layers", few, begin)
        for layers in options.layers:
            recipe = AudioRecipe.of(
                "standard", {"layers": layers, "epochs": 2, "views": 1, "unfreeze_epochs": 0, "patience": 9}
            )
            begin = now()
            inputs = material.inputs.ahead(network, recipe, seed=0, device=device).to(device)
            told(f"frozen layers, {layers} tuned", n * (recipe.views + 1), begin)
            train, validation = parts_of(material, everything)
            batch_size = 32 if device.type == "cpu" else 512
            recipe = AudioRecipe.of("standard", {**recipe.described(), "batch_size": batch_size})
            parts = {"train": train, "validation": validation[: max(n // 100, 50)]}
            tuned = fine_tune(network, inputs, material.given, **parts, recipe=recipe, seed=0, device=device)
            rate = tuned.history[-1]["items_per_s"]
            print(f"training, {layers} groups tuned {rate:13.0f} clips/s, {1 / rate / forward:.2f} forward passes")
    print(peak_gib(device.type))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["accuracy", "errors", "speed"])
    parser.add_argument("values", nargs="*")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--layers", type=int, nargs="*", default=[2, 5])
    options = parser.parse_args()
    plain = [value for value in options.values if "=" not in value]
    options.values = [value for value in options.values if "=" in value]
    if options.what == "speed":
        speed(int(plain[0]) if plain else 512, options)
        return
    for root in map(Path, plain or ["../shared/data/speech_commands"]):
        both(root, options, flips=0.1 if options.what == "errors" else 0.0)


if __name__ == "__main__":
    main()
