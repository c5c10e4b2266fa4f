"""The main job as a user meets it: start-up, cold and warm audit, demo; seconds, peak memory, report size.

    python tests/benchmarks/bench_audit.py [MANIFEST] [--group-column NAME]

Every command is a process of its own; peak memory is that of the largest process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dsaudit.store.run import Run

COMMAND = [sys.executable, "-m", "dsaudit"]


def timed(*arguments: str) -> float:
    started = time.perf_counter()
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return time.perf_counter() - started


def main(arguments: list[str]) -> None:
    data = arguments or ["../shared/data/speech_commands/labels.csv", "--group-column", "speaker"]
    print(f"--help               best of 5  {min(timed('--help') for _ in range(5)) * 1000:6.0f} ms  (target 300)")
    with tempfile.TemporaryDirectory() as folder:
        cold = timed("audit", *data, "--out", folder)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        run = Run.open(folder)
        print(f"audit cold  {run.meta.n_items:>7,} items  {cold:6.1f} s  (target 60), peak {peak:.2f} GiB")
        print("  " + ", ".join(f"{k} {v:.1f}" for k, v in run.timings.stages.items() if v >= 0.1))
        warm = [timed("audit", *data, "--out", folder) for _ in range(3)]
        print(f"audit warm  best of 3          {min(warm):6.1f} s  (target 8)")
        print(f"report      {Run.open(folder).report_path.stat().st_size / 2**20:.1f} MiB")
    with tempfile.TemporaryDirectory() as folder:
        print(f"demo                           {timed('demo', '--out', str(Path(folder))):6.1f} s  (target 60)")


if __name__ == "__main__":
    main(sys.argv[1:])
