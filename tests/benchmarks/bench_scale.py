"""Whole audits of many texts with probabilities and vectors brought along: seconds by stage, memory, report, finds.

    python -m tests.benchmarks.bench_scale [20000 100000 …] [--probe] [--dimensions 64] [--classes 10]
        [--manifest parquet] [--warm] [--folder DIR]

Texts of a manifest have an id, a label, a split and a group; one in 25 has the label of another class, one in 200
is a copy of another. Vectors lie about their class on a curved sheet of twelve dimensions, with noise;
probabilities are those of a model that knows the classes' middles and spread. ``--probe`` brings vectors only, so
that the linear probe is trained; ``--warm`` audits everything a second time. Every audit is a process of its own.
A stage is followed by its CPU seconds, those of the process and the workers that it waited for, and by the peaks of
memory in it in GiB, looked at ten times a second: of all, and of what is not mapped from files; what runs inside
another stage counts for the inner one. ``found`` is the share of the planted labels among the candidates, ``right`` the
share of planted ones among these. The run is then opened on the screen, without a browser, and judged by the gate.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.store.run import Run

SHEET = 12
FLIPPED, COPIED = 0.04, 0.005
N_WORDS, PER_TEXT = 20_000, 9


def write(folder: Path, n: int, n_classes: int, n_dimensions: int, suffix: str) -> pd.Index:
    """Texts, vectors and probabilities; ids of the items with a planted label."""
    rng = np.random.default_rng(n)
    names = np.array([f"class {k:03d}" for k in range(n_classes)], dtype=object)
    true = rng.integers(0, n_classes, n)
    middles = rng.normal(size=(n_classes, SHEET)) * 0.9
    on_sheet = middles[true] + rng.normal(size=(n, SHEET))
    bend, spread = rng.normal(size=(SHEET, 96)) / 3.0, rng.normal(size=(96, n_dimensions)) / 10.0
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.dtype(np.float32), (n, n_dimensions))
    for start in range(0, n, 50_000):
        part = slice(start, start + 50_000)
        vectors[part] = np.tanh(on_sheet[part] @ bend) @ spread
        vectors[part] += 0.05 * rng.standard_normal(vectors[part].shape, dtype=np.float32)
    vectors.flush()
    logits = on_sheet @ middles.T - 0.5 * (middles**2).sum(1)
    probs = np.exp(logits - logits.max(1, keepdims=True))
    flipped = rng.random(n) < FLIPPED
    given = np.where(flipped, (true + rng.integers(1, n_classes, n)) % n_classes, true)
    words = np.array(["".join(rng.choice(list("aeioulmnrst"), 6)) for _ in range(N_WORDS)])
    texts = [" ".join(chosen) for chosen in words[rng.integers(0, N_WORDS, (n, PER_TEXT))].tolist()]
    for k in rng.choice(n, int(COPIED * n), replace=False).tolist():
        texts[k] = texts[(k + 1) % n]
    # a copy is of the item behind it: of one group with it nearly always, or copies would join all groups to one
    n_groups = max(20, n // 500)
    groups = rng.permutation(n_groups)[np.arange(n) * n_groups // n]
    table = pd.DataFrame(
        {
            "id": [f"t{k:08d}" for k in range(n)],
            "text": texts,
            "label": names[given],
            "group": [f"g{g:05d}" for g in groups.tolist()],
            "split": np.where(groups % 5 == 0, "test", "train"),
        }
    )
    path = folder / f"texts.{suffix}"
    table.to_parquet(path, index=False) if suffix == "parquet" else table.to_csv(path, index=False)
    np.save(folder / "probs.npy", (probs / probs.sum(1, keepdims=True)).astype(np.float32))
    return pd.Index(table["id"][flipped])


OPEN = """
import sys, tempfile, time
from pathlib import Path
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen.session import Session
from dsaudit.store.run import Run
began, used = time.perf_counter(), time.process_time()
with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
    session = Session(Run.open(sys.argv[1]), ledger, actor="bench")
    opened = time.perf_counter() - began, time.process_time() - used
    seen, took = [], []
    for _ in range(20):
        began = time.perf_counter()
        cards, left = session.next_cards("bench", 1, after=seen)
        took.append(time.perf_counter() - began)
        seen.append(cards[0]["k"])
    session.close()
print(f"screen opens in {opened[0]:.1f} s (CPU {opened[1]:.1f} s), {left:,} to hear, next item in "
      f"{1000 * sorted(took)[10]:.0f} ms (median), {peak()}")
"""
GATE = """
import runpy, sys
sys.argv = ["dsaudit", "gate", sys.argv[1], "--fail-on", "never"]
try:
    runpy.run_module("dsaudit", run_name="__main__")
finally:
    print(peak())
"""
PEAK = """
def peak():
    lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return f"peak {int(lines['VmHWM'].split()[0]) / 2**20:.2f} GiB"
"""
"""Of the process alone: what is waited for counts the peak of whoever started it, too."""


def opened(folder: Path) -> None:
    """What the screen and the gate take on a finished run, each in a process of its own."""
    print("          ", end="", flush=True)
    os.waitpid(os.posix_spawn(sys.executable, [sys.executable, "-c", PEAK + OPEN, str(folder / "out")], os.environ), 0)
    started = time.perf_counter()
    command = [sys.executable, "-c", PEAK + GATE, str(folder / "out")]
    with (folder / "gate.log").open("wb") as log:
        streams = [(os.POSIX_SPAWN_DUP2, log.fileno(), k) for k in (1, 2)]
        _, status, used = os.wait4(os.posix_spawn(sys.executable, command, os.environ, file_actions=streams), 0)
    print(
        f"          gate in {time.perf_counter() - started:.1f} s (CPU {used.ru_utime + used.ru_stime:.1f} s), "
        f"{(folder / 'gate.log').read_text().splitlines()[-1]}, exit code {os.waitstatus_to_exitcode(status)}",
        flush=True,
    )


class Watch(threading.Thread):
    """CPU seconds and the peak of memory of a process by the stage that it says it is in."""

    def __init__(self, pid: int, results: Path) -> None:
        super().__init__(daemon=True)
        self.pid, self.results, self.going = pid, results, True
        self.cpu: dict[str, float] = defaultdict(float)
        self.peak: dict[str, float] = defaultdict(float)
        self.own: dict[str, float] = defaultdict(float)

    def run(self) -> None:
        last, tick, page = 0.0, os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
        while self.going:
            try:
                used = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
                held = Path(f"/proc/{self.pid}/statm").read_text().split()
                told = [json.loads(p.read_text()) for p in (self.results / "runs").glob(f".status-*-{self.pid}.json")]
            except (OSError, ValueError):
                continue
            cpu = sum(map(int, used[11:15])) / tick
            stage = told[0]["stage"] if told else "before and after"
            self.cpu[stage] += cpu - last
            self.peak[stage] = max(self.peak[stage], int(held[1]) * page / 2**30)
            self.own[stage] = max(self.own[stage], (int(held[1]) - int(held[2])) * page / 2**30)
            last = cpu
            time.sleep(0.1)


def audited(folder: Path, manifest: Path, *, probe: bool) -> tuple[float, float, float, Watch]:
    """Seconds, CPU seconds and the peak of memory in GiB of one audit, and both by stage."""
    command = [sys.executable, "-m", "dsaudit", "audit", str(manifest), "--out", str(folder / "out")]
    command += ["--embeddings", str(folder / "vectors.npy"), "--fail-on", "never"]
    command += [] if probe else ["--pred-probs", str(folder / "probs.npy")]
    started = time.perf_counter()
    with (folder / "log").open("wb") as log:
        streams = [(os.POSIX_SPAWN_DUP2, log.fileno(), k) for k in (1, 2)]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)
        watch = Watch(child, folder / "out")
        watch.start()
        _, status, used = os.wait4(child, 0)
        watch.going = False
    assert os.waitstatus_to_exitcode(status) == 0, (folder / "log").read_text()
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20, watch


def measure(folder: Path, n: int, options: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    planted = write(folder, n, options.classes, options.dimensions, options.manifest)
    for how in ("cold", "warm") if options.warm else ("cold",):
        seconds, cpu, peak, watch = audited(folder, folder / f"texts.{options.manifest}", probe=options.probe)
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
        for stage, own in watch.cpu.items():
            told = f"{own:18.1f} CPU s {watch.peak[stage]:6.2f} GiB, {watch.own[stage]:.2f} of its own"
            print(f"{told}  {stage or 'between stages'}", flush=True)
    opened(folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("items", nargs="*", type=int, default=[20_000, 100_000])
    parser.add_argument("--probe", action="store_true")
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--dimensions", type=int, default=64)
    parser.add_argument("--manifest", default="parquet", choices=("parquet", "csv"))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for n in options.items:
            folder = (options.folder or Path(scratch)) / str(n)
            measure(folder, n, options)


if __name__ == "__main__":
    main()
