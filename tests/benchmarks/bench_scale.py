"""Whole audits of many texts with probabilities and vectors brought along: seconds by stage, memory, report, finds.

    python tests/benchmarks/bench_scale.py [20000 100000 …] [--probe] [--classes 10] [--warm] [--folder DIR]

Texts of a Parquet file have an id, a label, a split and a group; one in 25 has the label of another class, one in 200
is a copy of another. Vectors (64 numbers) lie about their class on a curved sheet of twelve dimensions, with noise;
probabilities are those of a model that knows the classes' middles and spread. ``--probe`` brings vectors only, so
that the linear probe is trained; ``--warm`` audits everything a second time. Every audit is a process of its own.
Seconds of a stage are those of the clock and count what runs inside it twice (class divisions within label quality);
CPU seconds are those of the process and the workers that it waited for. ``found`` is the share of the planted labels
among the candidates, ``right`` the share of planted ones among these.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.store.run import Run

DIMENSIONS, SHEET = 64, 12
FLIPPED, COPIED = 0.04, 0.005
WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima"]


def write(folder: Path, n: int, n_classes: int) -> pd.Index:
    """Texts, vectors and probabilities; ids of the items with a planted label."""
    rng = np.random.default_rng(n)
    names = np.array([f"class {k:03d}" for k in range(n_classes)], dtype=object)
    true = rng.integers(0, n_classes, n)
    middles = rng.normal(size=(n_classes, SHEET)) * 0.9
    on_sheet = middles[true] + rng.normal(size=(n, SHEET))
    bend, spread = rng.normal(size=(SHEET, 96)) / 3.0, rng.normal(size=(96, DIMENSIONS)) / 10.0
    vectors = np.empty((n, DIMENSIONS), dtype=np.float32)
    for start in range(0, n, 50_000):
        part = slice(start, start + 50_000)
        vectors[part] = np.tanh(on_sheet[part] @ bend) @ spread
    vectors += 0.05 * rng.standard_normal(vectors.shape, dtype=np.float32)
    logits = on_sheet @ middles.T - 0.5 * (middles**2).sum(1)
    probs = np.exp(logits - logits.max(1, keepdims=True))
    flipped = rng.random(n) < FLIPPED
    given = np.where(flipped, (true + rng.integers(1, n_classes, n)) % n_classes, true)
    chosen = np.array(WORDS)[rng.integers(0, len(WORDS), (n, 4))]
    texts = [" ".join(words) + f" {k}" for k, words in enumerate(chosen.tolist())]
    for k in rng.choice(n, int(COPIED * n), replace=False).tolist():
        texts[k] = texts[(k + 1) % n]
    groups = rng.integers(0, max(20, n // 500), n)
    table = pd.DataFrame(
        {
            "id": [f"t{k:08d}" for k in range(n)],
            "text": texts,
            "label": names[given],
            "group": [f"g{g:05d}" for g in groups.tolist()],
            "split": np.where(groups % 5 == 0, "test", "train"),
        }
    )
    table.to_parquet(folder / "texts.parquet", index=False)
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "probs.npy", (probs / probs.sum(1, keepdims=True)).astype(np.float32))
    return pd.Index(table["id"][flipped])


def audited(folder: Path, *, probe: bool) -> tuple[float, float, float]:
    """Seconds, CPU seconds and the peak of memory in GiB of one audit."""
    command = [sys.executable, "-m", "dsaudit", "audit", str(folder / "texts.parquet"), "--out", str(folder / "out")]
    command += ["--embeddings", str(folder / "vectors.npy"), "--fail-on", "never"]
    command += [] if probe else ["--pred-probs", str(folder / "probs.npy")]
    started = time.perf_counter()
    with (folder / "log").open("wb") as log:
        streams = [(os.POSIX_SPAWN_DUP2, log.fileno(), k) for k in (1, 2)]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)
        _, status, used = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, (folder / "log").read_text()
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def measure(folder: Path, n: int, *, n_classes: int, probe: bool, warm: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    planted = write(folder, n, n_classes)
    for how in ("cold", "warm") if warm else ("cold",):
        seconds, cpu, peak = audited(folder, probe=probe)
        run = Run.open(folder / "out")
        quality = run.label_quality
        assert quality is not None
        named = quality.index[quality["candidate"].to_numpy(dtype=bool)]
        hits = len(named.intersection(planted))
        estimate = run.metrics.label_errors.n_estimated
        print(
            f"{n:>9,} {how}  {seconds:7.1f} s  CPU {cpu:7.1f} s  peak {peak:5.2f} GiB  "
            f"report {run.report_path.stat().st_size / 2**20:5.1f} MiB  "
            f"planted {len(planted):,}, estimated {estimate.value:,.0f} ({estimate.low:,.0f} to "
            f"{estimate.high:,.0f}), named {len(named):,}: found {hits / len(planted):.2f}, "
            f"right {hits / max(len(named), 1):.2f}"
        )
        stages = run.timings.stages.items()
        print("          " + ", ".join(f"{k} {v:.1f}" for k, v in stages if v >= 0.1), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("items", nargs="*", type=int, default=[20_000, 100_000])
    parser.add_argument("--probe", action="store_true")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for n in options.items:
            folder = (options.folder or Path(scratch)) / str(n)
            measure(folder, n, n_classes=options.classes, probe=options.probe, warm=options.warm)


if __name__ == "__main__":
    main()
