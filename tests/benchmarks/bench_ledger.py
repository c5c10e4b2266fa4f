"""The ledger's speed: decisions one by one, and a large ledger opened, read, checked and remembered.

    python -m tests.benchmarks.bench_ledger [--rows 100000] [--appends 1000] [--postgres postgresql://…/empty_database]

Appends are durable: each is a transaction that is on the disk when it returns, so the disk decides. A place on a
memory disk gives flattering figures; name another one with --folder. Memory is what the process grew by.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path

from dsaudit.relabel.ledger.interchange import export_rows, import_rows
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory
from dsaudit.types import Decision


def decision(k: int) -> Decision:
    action = ("confirm", "relabel", "exclude")[k % 3]
    label = {"confirm": "up", "relabel": "off", "exclude": None}[action]
    return Decision(
        f"person {k % 3}",
        action,  # type: ignore[arg-type]
        f"up/{k:08x}_nohash_0.wav",
        f"{k * 0x9E3779B97F4A7C15 % 2**128:032x}",
        "up",
        label,
        cause=f"{k:032x}",
        rule="LBL001",
        score=k % 100 / 100,
        suggestion="off",
        run_id="20261121-080000-000000",
    )


def one_by_one(where: str, n: int) -> None:
    with Ledger.open(where) as ledger:
        times = []
        for k in range(n):
            start = time.perf_counter()
            ledger.append([decision(k)])
            times.append(time.perf_counter() - start)
        start = time.perf_counter()
        for _ in range(50):
            ledger.history().undoable("person 1")
        state = (time.perf_counter() - start) / 50
        start = time.perf_counter()
        for _ in range(50):
            ledger.undo("person 1")
        undo = (time.perf_counter() - start) / 50
        times.sort()
        print(
            f"{ledger.where}\n  one by one: {n / sum(times):,.0f}/s, median {statistics.median(times) * 1e3:.2f} ms,"
            f" p95 {times[int(n * 0.95)] * 1e3:.2f} ms; undoable {state * 1e3:.2f} ms; undo {undo * 1e3:.2f} ms"
        )


def large(where: str, n: int) -> None:
    def megabytes() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

    with Ledger.open(where) as ledger:
        start = time.perf_counter()
        ledger.append([decision(k) for k in range(n)])
        print(f"  {n:,} rows in one transaction: {time.perf_counter() - start:.1f} s")
    before = megabytes()
    start = time.perf_counter()
    with Ledger.open(where, read_only=True) as ledger:
        opened = time.perf_counter()
        rows = ledger.rows()
        read = time.perf_counter()
        held = megabytes() - before
        memory = Memory(rows)
        built = time.perf_counter()
        found = memory.resolve({d.item_id: d.content_hash for d in rows})
        asked = time.perf_counter()
        print(
            f"  opened in {(opened - start) * 1e3:.0f} ms, {len(rows):,} rows read in {read - opened:.2f} s,"
            f" Memory in {built - read:.2f} s, {len(found):,} items resolved in {asked - built:.2f} s"
        )
        print(f"  memory: rows {held:.0f} MB, with Memory and what it resolved {megabytes() - before:.0f} MB")
        start = time.perf_counter()
        ledger.history().undoable("person 1")
        first = time.perf_counter()
        ledger.history().undoable("person 1")
        print(f"  undoable: first {first - start:.2f} s, then {(time.perf_counter() - first) * 1e3:.2f} ms")
        start = time.perf_counter()
        assert ledger.verify().ok
        print(f"  verified in {time.perf_counter() - start:.2f} s")


def carried(where: str, folder: Path) -> None:
    with Ledger.open(where, read_only=True) as ledger, Ledger.open(folder / "copy.sqlite") as copy:
        start = time.perf_counter()
        export_rows(ledger, folder / "rows.jsonl")
        exported = time.perf_counter()
        n = len(import_rows(copy, folder / "rows.jsonl").added)
        imported = time.perf_counter()
        assert copy.head() == ledger.head()
        print(f"  {n:,} rows exported in {exported - start:.1f} s, imported in {imported - exported:.1f} s")
        print(f"  file: {(folder / 'copy.sqlite').stat().st_size / 1e6:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--appends", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to be measured; default: temporary")
    parser.add_argument("--postgres", default="", help="address of an empty database")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        one_by_one(str(folder / "small.sqlite"), arguments.appends)
        large(str(folder / "large.sqlite"), arguments.rows)
        carried(str(folder / "large.sqlite"), folder)
        if arguments.postgres:
            one_by_one(arguments.postgres, arguments.appends)
            large(arguments.postgres, arguments.rows)


if __name__ == "__main__":
    main()
