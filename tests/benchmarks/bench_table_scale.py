"""Whole audits of long tables as a user runs them: seconds by stage, CPU seconds, peak memory, planted faults found.

    python -m tests.benchmarks.bench_table_scale [ROWSxCOLUMNS …] [--format parquet] [--no-target] [--folder DIR]

Half of the columns are numbers, the others a number for each row, a date and categories; one row in 500 has a
misspelt town, one in 1,000 is a copy of the row before it, one in 25 the other class. The target is told by two
numbers and a category. Every audit is a process of its own; memory is the peak of the whole of it.
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

TOWNS = np.array(["Aarau", "Basel", "Bern", "Chur", "Genf", "Luzern", "Sion", "Thun", "Uster", "Zug"], dtype=object)
MISSPELT, COPIED, FLIPPED = 0.002, 0.001, 0.04


def write(folder: Path, n: int, n_columns: int, suffix: str) -> Path:
    """A table of ``n_columns`` columns, the target among them."""
    rng = np.random.default_rng(n)
    columns: dict[str, np.ndarray] = {"order_id": np.arange(n) + 100_000}
    columns["ordered"] = (np.datetime64("2019-01-01") + rng.integers(0, 1500, n).astype("timedelta64[D]")).astype(str)
    columns["town"] = TOWNS[(len(TOWNS) * rng.random(n) ** 1.5).astype(int)]
    columns["town"][rng.random(n) < MISSPELT] = "Lucern"
    n_numbers = n_columns // 2
    for k in range(n_numbers):
        columns[f"amount_{k}"] = rng.normal(50, 12, n).round(2)
    for k in range(n_columns - len(columns) - 1):
        columns[f"code_{k}"] = np.char.add("c", rng.integers(0, 4 + 3 * k, n).astype(str))
    told = columns["amount_0"] + columns["amount_1"] * (columns["town"] == "Bern") + rng.normal(0, 3, n)
    columns["label"] = np.where((told > 50) ^ (rng.random(n) < FLIPPED), "yes", "no")
    table = pd.DataFrame(columns)
    copies = np.flatnonzero(rng.random(n - 1) < COPIED) + 1
    table.iloc[copies, 1:] = table.iloc[copies - 1, 1:].to_numpy()
    path = folder / f"table.{suffix}"
    if suffix == "parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)
    return path


def audited(path: Path, *arguments: str) -> tuple[float, float, float]:
    """Seconds, CPU seconds and the peak of memory in GiB of one audit."""
    command = [sys.executable, "-m", "dsaudit", "audit", str(path), "--out", str(path.parent / "out")]
    command += ["--modality", "table", "--fail-on", "never", *arguments]
    started = time.perf_counter()
    with (path.parent / "log").open("wb") as log:
        streams = [(os.POSIX_SPAWN_DUP2, log.fileno(), k) for k in (1, 2)]
        child = os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)
        _, status, used = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, (path.parent / "log").read_text()
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def measure(folder: Path, size: str, suffix: str, *arguments: str) -> None:
    n, n_columns = map(int, size.split("x"))
    folder.mkdir(parents=True, exist_ok=True)
    seconds, cpu, peak = audited(write(folder, n, n_columns, suffix), *arguments)
    run = Run.open(folder / "out")
    found = {rule.code: rule.n_flagged for rule in run.rules if rule.n_flagged}
    report = run.report_path.stat().st_size / 2**20
    print(f"{n:>9,} x {n_columns}  {seconds:7.1f} s  CPU {cpu:7.1f} s  peak {peak:5.2f} GiB  report {report:5.1f} MiB")
    print("          " + ", ".join(f"{k} {v:.1f}" for k, v in run.timings.stages.items() if v >= 0.1))
    print("          " + ", ".join(f"{code} {flagged:,}" for code, flagged in found.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", default=["100000x30", "300000x8"])
    parser.add_argument("--format", default="csv", choices=("csv", "parquet"))
    parser.add_argument("--no-target", action="store_true")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    target = ("--target", "none" if options.no_target else "label")
    with tempfile.TemporaryDirectory() as scratch:
        for size in options.sizes:
            measure((options.folder or Path(scratch)) / size, size, options.format, *target)


if __name__ == "__main__":
    main()
