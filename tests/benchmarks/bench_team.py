"""A team at one ledger in PostgreSQL: from a decision to the next item, doubled items, a database that is restarted.

    python -m tests.benchmarks.bench_team [100000] [--reviewers 20] [--screens 2] [--seconds 30] [--think 1.0]
        [--settle 0] [--restart] [--run FOLDER]

A run of so many texts is written by code (``--run`` keeps it, or takes the one that is there): one item in fifty is a
candidate, one in fifty more is doubted. PostgreSQL is started for it with its own settings, so that a transaction is on
the disk when it returns. Each screen is a process of its own, ``dsaudit relabel RUN --ledger postgresql://…``, and the
reviewers are spread over them, in one process more. A reviewer asks for the next item, thinks for a time about
``--think``, decides, and asks again. What is told is the time from sending the decision to having the next item, with
nothing fetched ahead: two requests, each with its transaction. ``--restart`` kills the database in the middle
(``pg_ctl restart -m immediate``); what is refused is sent again with the same request id, as the page does it.

Told at the end: whether every decision that was answered stands in the ledger once, whether an item was decided or
handed out twice, and CPU seconds by process.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.analysis.row_lists import column_of_lists
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.store.run import Run, Store

sys.path.insert(0, str(Path(__file__).parents[1]))

from relabel.make_postgres import started_postgres
from relabel.make_review import finding
from store.make_schema import write_json

CLASSES = tuple(f"class {k}" for k in range(10))
EACH = 50
"""One item in so many is a candidate."""
NEAR = 10
"""Neighbours of each item."""


def write_run(folder: Path, n: int) -> Path:
    rng = np.random.default_rng(n)
    k = np.arange(n)
    ids = pd.Index(pd.array([f"t{j:08d}" for j in range(n)], dtype="string[pyarrow]"), name="item_id")
    labels = np.array(CLASSES, dtype=object)
    given, other = labels[k % 10], labels[(k + 1) % 10]
    items = pd.DataFrame({"text": [f"text number {j}" for j in range(n)]}, index=ids, dtype="string[pyarrow]")
    items["uri"] = pd.array([None] * n, dtype="string[pyarrow]")
    items["label"] = pd.array(given, dtype="string[pyarrow]")
    items["split"] = pd.array(np.where(k % 5 == 0, "test", "train"), dtype="string[pyarrow]")
    items["group"] = pd.array([None] * n, dtype="string[pyarrow]")
    items["content_hash"] = pd.array([f"{j:032x}" for j in range(n)], dtype="string[pyarrow]")
    measured = pd.DataFrame({"status": "ok", "error": None}, index=ids, dtype="string[pyarrow]")
    p = np.where(k % EACH == 0, rng.uniform(0.02, 0.3, n), np.where(k % EACH == 1, 0.45, 0.9)).astype(np.float32)
    probs = np.full((n, 10), 0.01, dtype=np.float32)
    probs[k, k % 10], probs[k, (k + 1) % 10] = p, 0.92 - p
    predictions = pd.DataFrame(probs, index=ids, columns=[f"p:{c}" for c in CLASSES])
    predictions.insert(0, "fold", (k % 5).astype(np.int8))
    predictions.insert(0, "predicted", pd.array(np.where(p > 0.5, given, other), dtype="string[pyarrow]"))
    predictions.insert(0, "given", pd.array(given, dtype="string[pyarrow]"))
    found = [
        finding("LBL001", [f"t{j:08d}"], float(p[j]), suggestion=str(other[j]), fingerprint=f"{j:032x}")
        for j in range(0, n, EACH)
    ]
    doubted = k % EACH < 2
    quality = pd.DataFrame(index=ids)
    for name in ("self_confidence", "pairwise_confidence", "normalized_margin", "quality"):
        quality[name] = p / np.float32(0.92)
    quality["p_wrong"] = np.where(k % EACH == 0, 1.0 - p, np.where(doubted, 0.5, 0.01))
    quality["suggestion"] = pd.array(other, dtype="string[pyarrow]")
    quality["p_suggested"] = 0.9 * quality["p_wrong"]
    quality["candidate"] = k % EACH == 0
    away = rng.integers(1, n, NEAR)
    near = pd.DataFrame(index=ids)
    near["ids"] = column_of_lists(((k[:, None] + away) % n).astype(np.int32), names=ids)
    near["similarity"] = column_of_lists(np.broadcast_to(np.linspace(0.9, 0.7, NEAR, dtype=np.float32), (n, NEAR)))
    tables = {"items": items, "measurements": measured, "predictions": predictions, "neighbours": near}
    with Store(folder).new_run() as writer:
        for name, table in (tables | {"label_quality": quality}).items():
            writer.table(name, table)
        writer.table("findings", pd.DataFrame(found))
        from dsaudit.media import kind_for

        write_json(
            writer, root=str(folder), source="manifest", modality="text", kind=kind_for("text").appearance, n_items=n
        )
    return writer.path


@dataclass
class Reviewer:
    """One person with one connection, and what happened to them."""

    name: str
    port: int
    think_s: float
    until: float
    handed: list[int] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)
    took: list[tuple[float, float, bool]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    failure: Exception | None = None

    def ask(self, method: str, path: str, body: object = None) -> tuple[dict, bool]:
        """The answer, and whether it took more than one try."""
        again = False
        while True:
            try:
                connection = self._connection
            except AttributeError:
                connection = self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
            try:
                headers = {"X-Dsaudit": "1", "Content-Type": "application/json"}
                connection.request(method, path, None if body is None else json.dumps(body), headers)
                response = connection.getresponse()
                answer = json.loads(response.read())
                if response.status == 200:
                    return answer, again
                self.refused[f"{response.status} {answer['error']}"] += 1
                if response.status != 503:
                    raise AssertionError(answer)
            except (OSError, http.client.HTTPException) as error:
                self.refused[type(error).__name__] += 1
                del self._connection
            again = True
            time.sleep(1.0)

    def next_item(self) -> tuple[dict | None, bool]:
        answer, again = self.ask("GET", f"/api/queue?actor={self.name}&n=1")
        return (answer["cards"][0] if answer["cards"] else None), again

    def work(self) -> None:
        try:
            rng = random.Random(self.name)
            card, _ = self.next_item()
            while card is not None and time.monotonic() < self.until:
                self.handed.append(card["k"])
                time.sleep(self.think_s * rng.uniform(0.5, 1.5))
                request = uuid.uuid4().hex
                said = {"k": card["k"], "content_hash": card["content_hash"], "cause": card["cause"]}
                said |= {"action": "confirm", "label": card["label"], "request_id": request}
                began = time.monotonic()
                _, once = self.ask("POST", "/api/decide", {"actor": self.name, "decisions": [said]})
                self.answered[request] = card["k"]
                card, twice = self.next_item()
                self.took.append((began, time.monotonic() - began, once or twice))
        except Exception as error:
            self.failure = error


def screen(run: Path, address: str, log: Path) -> tuple[subprocess.Popen, int, float]:
    """A screen in a process of its own, its port, and the seconds until it was up."""
    began = time.monotonic()
    command = [sys.executable, "-m", "dsaudit", "relabel", str(run), "--no-browser", "--port", "0", "--ledger", address]
    process = subprocess.Popen(command, stdout=log.open("w"), stderr=subprocess.STDOUT)
    while "Screen" not in (told := log.read_text()):
        if process.poll() is not None:
            raise SystemExit(told)
        time.sleep(0.2)
    return process, int(told.partition("Screen")[2].split("/")[2].rpartition(":")[2]), time.monotonic() - began


def cpu_and_peak(pid: int) -> tuple[float, float]:
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return sum(map(int, used[11:13])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 2**20


def told(people: list[Reviewer], ledger: Ledger) -> None:
    rows = Counter(row.request_id for row in ledger.rows())
    answered = {request: k for person in people for request, k in person.answered.items()}
    lost = [request for request in answered if request not in rows]
    doubled = sum(n > 1 for n in rows.values())
    twice = sum(n > 1 for n in Counter(row.item_id for row in ledger.rows()).values())
    handed = sum(n > 1 for n in Counter(k for person in people for k in set(person.handed)).values())
    took = sorted(s for person in people for _, s, again in person.took if not again)
    late = sorted(s for person in people for _, s, again in person.took if again)
    print(
        f"{len(answered):,} decisions answered, {len(rows):,} in the ledger: {len(lost)} lost, {doubled} stored twice,"
    )
    print(f"  {twice} items decided twice, {handed} items handed to two people; chain holds: {ledger.verify().ok}")
    if not took:
        return
    p50, p95, p99 = (1000 * took[min(len(took) - 1, int(q * len(took)))] for q in (0.5, 0.95, 0.99))
    print(f"decision to next item: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, most {1000 * took[-1]:.0f} ms")
    if late:
        print(f"{len(late)} that the restart met: median {late[len(late) // 2]:.1f} s, most {late[-1]:.1f} s")
    for words, n in sum((person.refused for person in people), Counter()).most_common(8):
        print(f"  {n} × {words}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("items", type=int, nargs="?", default=100_000)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--screens", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--settle", type=float, default=0.0, help="seconds between the screens being up and the first")
    parser.add_argument("--restart", action="store_true")
    parser.add_argument("--run", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, started_postgres(settings="") as server:
        folder = asked.run or Path(scratch) / "results"
        there = sorted((folder / "runs").glob("[!.]*")) if (folder / "runs").is_dir() else []
        run = there[-1] if there else write_run(folder, asked.items)
        screens = []
        try:
            for j in range(asked.screens):
                screens.append(screen(run, server.address, Path(scratch) / f"screen-{j}.log"))
            print(f"{Run.open(run).meta.n_items:,} items, {asked.screens} screens, {asked.reviewers} reviewers", end="")
            print(f"; up after {', '.join(f'{s:.1f} s' for _, _, s in screens)}", flush=True)
            for process, _, _ in screens:
                print("opened with {:.1f} CPU s, peak {:.2f} GiB".format(*cpu_and_peak(process.pid)), flush=True)
            time.sleep(asked.settle)
            before = [cpu_and_peak(process.pid)[0] for process, _, _ in screens]
            until = time.monotonic() + asked.seconds
            people = [
                Reviewer(f"person-{j}", screens[j % len(screens)][1], asked.think, until)
                for j in range(asked.reviewers)
            ]
            threads = [threading.Thread(target=person.work) for person in people]
            for thread in threads:
                thread.start()
            if asked.restart:
                time.sleep(asked.seconds / 2)
                server.control("-m", "immediate", "restart")
            for thread in threads:
                thread.join(asked.seconds + 120)
            for (process, _, _), cpu in zip(screens, before, strict=True):
                now, peak = cpu_and_peak(process.pid)
                print(f"screen: {now - cpu:.1f} CPU s at work, peak {peak:.2f} GiB")
            with Ledger.open(server.address) as ledger:
                told(people, ledger)
            if failed := [person.failure for person in people if person.failure]:
                raise SystemExit(f"{len(failed)} reviewers failed: {failed[0]!r}")
        finally:
            for process, _, _ in screens:
                process.terminate()
                process.wait(20)


if __name__ == "__main__":
    main()
