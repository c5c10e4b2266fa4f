"""What a first run, a cold and a warm audit cost: processor seconds of the process tree, and memory.

    python -m tests.benchmarks.bench_first_run [--data ../shared/data/speech_commands/labels.csv] [--only map]

Caches are fresh (``XDG_CACHE_HOME``, ``NUMBA_CACHE_DIR``, the results' own). The floor of an audit is a process that
does nothing but read each file with soundfile and encode it; that of a warm one reads the tables of the run before.
The map is compared with umap-learn's on the embeddings of that audit and on scikit-learn's digits: a process each,
from the same start. Linux only: what descendants leave behind is counted by adopting them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_TREE = """
import ctypes, json, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
began = time.monotonic()
first = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
code = None
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    code = os.waitstatus_to_exitcode(status) if pid == first.pid else code
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, time.monotonic() - began]))
"""
_READ_AND_ENCODE = """
import sys
from pathlib import Path
import soundfile
from dsaudit.evidence.encoder import encoder_of
from dsaudit.media import kind_for
kind = kind_for("audio")
encoder = encoder_of(kind, kind.default_encoder, device="auto")
paths = sorted(p for p in Path(sys.argv[1]).rglob("*") if p.suffix in (".wav", ".flac"))
part = []
for k, path in enumerate(paths):
    try:
        part.append(soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1))
    except soundfile.LibsndfileError:
        continue
    if len(part) == 128 or k == len(paths) - 1:
        encoder.encode(part)
        part = []
"""
_READ_TABLES = """
import sys
from pathlib import Path
import pandas
for path in sorted(Path(sys.argv[1]).glob("*.parquet")):
    pandas.read_parquet(path)
"""
_MAP = """
import sys
import numpy as np
from dsaudit.analysis.space import umap
from dsaudit.analysis.space.projection import project
umap.MAX_NUMPY = int(sys.argv[3])
np.save(sys.argv[2], project(np.load(sys.argv[1]))[0])
"""


def spent(command: list[str], folder: Path) -> tuple[float, float]:
    """Processor seconds and MiB of the largest process of a command and all its descendants, with fresh caches."""
    caches = {name: str(folder / name) for name in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR")}
    for path in caches.values():
        Path(path).mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", _TREE, *command],
        cwd=folder, env=os.environ | caches, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True,
    )  # fmt: skip
    code, cpu_s, peak_mib, _ = json.loads(done.stdout)
    if code not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    return cpu_s, peak_mib


def state(what: str, spent_: tuple[float, float], floor: tuple[float, float] | None = None) -> None:
    cpu_s, peak_mib = spent_
    beside = f", {cpu_s / floor[0]:.1f} times the floor of {floor[0]:.1f} s" if floor else ""
    print(f"{what:24} {cpu_s:7.1f} CPU s, largest process {peak_mib:.0f} MiB{beside}", flush=True)


def audits(data: Path, folder: Path, only: set[str]) -> None:
    python = [sys.executable, "-m", "dsaudit"]
    if "demo" in only:
        here, sample = folder / "demo", Path(__file__).parents[2] / "sample_data"
        here.mkdir()
        floor = spent([sys.executable, "-c", _READ_AND_ENCODE, str(sample)], folder)
        state("demo", spent([*python, "demo"], here), floor)
    if "audit" in only:
        out = folder / "out"
        audit = [*python, "audit", str(data), "--out", str(out)]
        floor = spent([sys.executable, "-c", _READ_AND_ENCODE, str(data.parent)], folder)
        state("audit, cold", spent(audit, folder), floor)
        (run,) = (out / "runs").iterdir()
        state("audit, warm", spent(audit, folder), spent([sys.executable, "-c", _READ_TABLES, str(run)], folder))


def maps(folder: Path) -> None:
    import numpy as np
    import pandas as pd
    from sklearn.datasets import load_digits
    from sklearn.manifold import trustworthiness
    from sklearn.neighbors import NearestNeighbors

    from dsaudit.analysis.space.embedding_space import embedding_space

    sets = {"digits": load_digits().data.astype(np.float32)}
    for run in sorted((folder / "out" / "runs").glob("*"))[:1]:
        sets["the audit's set"] = pd.read_parquet(run / "embeddings.parquet").to_numpy(dtype=np.float32)
    for name, vectors in sets.items():
        points = np.asarray(embedding_space(vectors), dtype=np.float32)
        np.save(folder / "points.npy", points)
        near = NearestNeighbors(n_neighbors=14, metric="cosine").fit(points).kneighbors(return_distance=False)
        for whose, most in (("NumPy", 10**9), ("umap-learn", 0)):
            fresh = folder / f"{name}-{whose}"
            fresh.mkdir()
            place = [str(folder / "points.npy"), str(fresh / "xy.npy"), str(most)]
            cpu_s, _ = spent([sys.executable, "-c", _MAP, *place], fresh)
            xy = np.load(fresh / "xy.npy")
            seen = NearestNeighbors(n_neighbors=14).fit(xy).kneighbors(return_distance=False)
            kept = np.mean([len(set(a) & set(b)) / 14 for a, b in zip(near.tolist(), seen.tolist(), strict=True)])
            trust = trustworthiness(points, xy, n_neighbors=14, metric="cosine")
            print(
                f"map of {name}, {whose:10} {cpu_s:6.1f} CPU s, trustworthiness {trust:.4f}, neighbours kept {kept:.3f}"
            )


def main() -> None:
    shared = Path(__file__).parents[3] / "shared" / "data"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=shared / "speech_commands" / "labels.csv")
    parser.add_argument("--only", default="demo,audit,map")
    arguments = parser.parse_args()
    only = set(arguments.only.split(","))
    with tempfile.TemporaryDirectory() as folder:
        audits(arguments.data.resolve(), Path(folder), only)
        if "map" in only:
            maps(Path(folder))


if __name__ == "__main__":
    main()
