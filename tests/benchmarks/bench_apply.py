"""How long ``dsaudit apply`` takes on many rows, and how much memory.

    python tests/benchmarks/bench_apply.py [--rows 100000] [--tree hardlink]

Rows point at small files made here. "cached" is the usual case: an audit has seen the files, so that none is opened.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dsaudit.media.identity import content_hashes
from dsaudit.media.scan import stamp_of
from dsaudit.relabel.apply.apply import apply_decisions
from dsaudit.store.cache import Cache
from dsaudit.types import Decision

CLASSES = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")


def make(root: Path, n: int) -> Path:
    for name in CLASSES:
        (root / "data" / name).mkdir(parents=True)
    rows = ["path,label,speaker,remark\n"]
    for k in range(n):
        path = f"data/{CLASSES[k % 10]}/{k:06d}.wav"
        (root / path).write_bytes(b"%08d" % k * 4)
        rows.append(f'{path},{CLASSES[k % 10]},sp{k % 500},"a, {k}"\n')
    (root / "labels.csv").write_text("".join(rows))
    return root / "labels.csv"


def decide(manifest: Path, share: int) -> list[Decision]:
    """A decision on every ``share``-th item; their hashes go into the cache, as an audit leaves them."""
    import pandas as pd

    lines = manifest.read_text().splitlines()[1:]
    ids = [line.split(",")[0] for line in lines]
    uris = [str(manifest.parent / i) for i in ids]
    cache = Cache(manifest.parent / ".dsaudit" / "cache")
    started = time.perf_counter()
    hashes = content_hashes(uris, cache=cache)
    print(f"hashing every file, not cached  {time.perf_counter() - started:6.2f} s")
    stamps = pd.Index([stamp_of(u) for u in uris], dtype=object)
    cache.add_rows("files", pd.DataFrame({"content_hash": [hashes[u] for u in uris]}, index=stamps))
    made = []
    for k in range(0, len(ids), share):
        action = ("confirm", "relabel", "exclude", "relabel", "unsure")[k // share % 5]
        given, other = CLASSES[k % 10], CLASSES[(k + 1) % 10]
        new = {"confirm": given, "relabel": other}.get(action)
        content_hash = hashes[uris[k]] or ""
        made.append(
            Decision(
                f"p{k % 4}", action, ids[k], content_hash, given, new, rule="LBL001", note="heard", seq=len(made) + 1
            )
        )
    return made


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--every", type=int, default=10, help="one decision per so many rows")
    options.add_argument("--tree", default="hardlink", help="how files get into a tree; empty for none")
    options.add_argument("--one", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        folder, suffix = chosen.one.rsplit(":", 1)
        run_one(Path(folder), suffix, chosen)
        return
    with tempfile.TemporaryDirectory() as place:
        manifest = make(Path(place), chosen.rows)
        decisions = decide(manifest, chosen.every)
        from dsaudit.relabel.ledger.ledger import Ledger

        with Ledger.open(manifest.parent / ".dsaudit" / "ledger.sqlite") as ledger:
            ledger.append(decisions)
        print(f"{chosen.rows:,} rows, {len(decisions):,} decisions in the ledger; every case in a process of its own")
        for suffix in (".csv", ".jsonl", ".parquet", *(["tree"] if chosen.tree else [])):
            subprocess.run([sys.executable, __file__, "--one", f"{place}:{suffix}", "--tree", chosen.tree], check=True)


def run_one(folder: Path, suffix: str, chosen: argparse.Namespace) -> None:
    started = time.perf_counter()
    if suffix == "tree":
        done = apply_decisions(folder / "labels.csv", tree=folder.parent / f"{folder.name}-tree", link=chosen.tree)
    else:
        done = apply_decisions(folder / "labels.csv", output=folder / f"new{suffix}")
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = f"tree by {chosen.tree}" if suffix == "tree" else f"manifest {suffix}"
    print(f"{what:<24} {seconds:6.2f} s  {peak:6.0f} MiB at most  {len(done.kept):,} rows kept", flush=True)
    if suffix == "tree" and done.tree is not None:
        import shutil

        shutil.rmtree(done.tree)


if __name__ == "__main__":
    main()
