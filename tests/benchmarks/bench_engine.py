"""What an engine costs: start-up, rate and processor time of measuring short recordings, on one machine and on Ray.

    python -m tests.benchmarks.bench_engine WORK [--items 20000] [--engines local:1 local:2 ray:1 ray:2] [--embed]

``WORK`` takes the recordings, half a second each, made from seed 7, and the results. Each engine runs in a Python of
its own with an empty cache. Processor seconds are those of all processes below it, Ray's own included, from the end of
the start-up on; where other work runs beside it they say more than the rate.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

SEED = 7
RATE_HZ, N_SAMPLES, N_CLASSES = 16_000, 8_000, 4


def make(folder: Path, n: int) -> None:
    import numpy as np
    import soundfile

    rng = np.random.default_rng(SEED)
    t = np.arange(N_SAMPLES) / RATE_HZ
    for k in range(n):
        c = k % N_CLASSES
        path = folder / f"class{c}" / f"{k:06d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        pitch_hz = 200 + 150 * c + rng.uniform(0, 40)
        x = 0.2 * np.sin(2 * np.pi * pitch_hz * t) * np.hanning(N_SAMPLES) + rng.normal(0, 0.01, N_SAMPLES)
        soundfile.write(path, x.astype(np.float32), RATE_HZ, subtype="PCM_16")


def below(pid: int) -> tuple[float, float]:
    """Processor seconds and resident MiB of a process and all below it."""
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(path.parent.name)] = fields
    known, grown = {pid}, True
    while grown:
        more = {p for p, f in stats.items() if int(f[1]) in known} - known
        known, grown = known | more, bool(more)
    seconds = sum(sum(map(int, stats[p][11:15])) for p in known) / os.sysconf("SC_CLK_TCK")
    return seconds, sum(int(stats[p][21]) for p in known) * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(source: Path, name: str, jobs: int, out: Path, *, embed: bool) -> dict[str, float]:
    from dsaudit.dataset import open_dataset
    from dsaudit.engine.mapping import engine, map_items
    from dsaudit.evidence.embeddings import embedder
    from dsaudit.media import kind_for, media_for
    from dsaudit.media.scan import measure_items
    from dsaudit.settings import load_settings
    from dsaudit.store.run import Store

    kind, media, store = kind_for("audio"), media_for("audio"), Store(out)
    items = open_dataset(source, kind).items
    with engine(name, jobs=jobs):
        started = time.monotonic()
        list(map_items(abs, range(64), jobs=jobs))
        start_up_s, (before_s, _) = time.monotonic() - started, below(os.getpid())
        own = SimpleNamespace(embeddings=None)
        sink = embedder(media, load_settings(None), own, store.cache) if embed else None  # type: ignore[arg-type]
        started, peak_mib = time.monotonic(), 0.0

        def tick(n: int) -> None:
            nonlocal peak_mib
            if n > 1 and time.monotonic() - started > tick.at:  # type: ignore[attr-defined]
                tick.at += 2.0  # type: ignore[attr-defined]
                peak_mib = max(peak_mib, below(os.getpid())[1])

        tick.at = 0.0  # type: ignore[attr-defined]
        table = measure_items(items, media, cache=store.cache, jobs=jobs, sink=sink, progress=tick)
        seconds = time.monotonic() - started
        cpu_s = below(os.getpid())[0] - before_s
    assert (table["status"] == "ok").all()
    table.to_pickle(out / "measured.pkl")
    n = len(items)
    return {"start_up_s": start_up_s, "per_s": n / seconds, "cpu_ms": 1000 * cpu_s / n, "peak_mib": peak_mib}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--engines", nargs="+", default=["local:1", "local:2", "ray:1", "ray:2"])
    parser.add_argument("--embed", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    source = asked.work / f"clips-{asked.items}"
    out = asked.work / f"out-{(asked.one or '').replace(':', '-')}"
    if asked.one:
        name, _, jobs = asked.one.rpartition(":")
        shutil.rmtree(out, ignore_errors=True)
        print(json.dumps(measure(source, name, int(jobs), out, embed=asked.embed)))
        return
    if not source.exists():
        make(source, asked.items)
    for one in asked.engines:
        options = [str(asked.work), "--items", str(asked.items), "--one", one, *(["--embed"] if asked.embed else [])]
        command = [sys.executable, "-m", "tests.benchmarks.bench_engine", *options]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(told.stdout.splitlines()[-1])
        print(
            f"{one:10} start-up {found['start_up_s']:5.1f} s, {found['per_s']:6.0f} items per second, "
            f"{found['cpu_ms']:6.2f} ms of processor time each, {found['peak_mib']:,.0f} MiB in all its processes",
            flush=True,
        )


if __name__ == "__main__":
    main()
