"""CPU and wall seconds of `dsaudit gate` on a set that did not change, and with a few new files in it.

    python -m tests.benchmarks.bench_gate [--data DIR] [--times 3] [--new 24]

Beside it, in the same run, what cannot be undercut: a Python that imports pandas and pyarrow. The targets are 2 and 4 s
of a quiet machine; the least of the times is shown, since other work only adds to it.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATA = Path(__file__).parents[3] / "shared" / "data" / "speech_commands"
GATE = ("-m", "dsaudit", "gate", "--select", "FIL,DUP,SPL", "--no-report")


def taken(*arguments: object) -> tuple[float, float]:
    """CPU seconds of a Python and its processes, and seconds by the clock."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    made = subprocess.run([sys.executable, *map(str, arguments)], check=False, capture_output=True, text=True)
    if made.returncode not in (0, 1):
        raise SystemExit(made.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--new", type=int, default=24)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        data, out = Path(work, "data"), Path(work, "out")
        shutil.copytree(given.data, data, copy_function=shutil.copyfile)
        files = sorted(data.rglob("*.wav"))
        taken(*GATE, data, "--out", out)
        rows: dict[str, list[tuple[float, float]]] = {"pandas and pyarrow": [], "unchanged": [], "new": []}
        for k in range(given.times):
            rows["pandas and pyarrow"].append(taken("-c", "import pandas, pyarrow"))
            rows["unchanged"].append(taken(*GATE, data, "--out", out))
            for n in range(given.new):
                one = files[(k * given.new + n) * 7 % len(files)]
                sound = bytearray(one.read_bytes())
                sound[-2:] = bytes([k, n])
                one.with_name(f"new{k}_{n}.wav").write_bytes(sound)
            rows["new"].append(taken(*GATE, data, "--out", out))
        for name, found in rows.items():
            cpu, wall = (min(values) for values in zip(*found, strict=True))
            print(f"{name:20} {len(files):,} files  CPU {cpu:5.2f} s  clock {wall:5.2f} s")


if __name__ == "__main__":
    main()
