"""The queue and the review at 100,000 items: how long it takes to build, and each request of the page.

python tests/benchmarks/bench_queue.py [--items 100000] [--classes 35] [--decided 20000]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from store.make_schema import write_json

from dsaudit import catalogue
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.queue.filters import Filters
from dsaudit.relabel.queue.queue import build_queue, todo
from dsaudit.relabel.screen.session import Session
from dsaudit.store.run import Run, Store
from dsaudit.types import Decision


def made_run(folder: Path, *, n: int, n_classes: int, seed: int = 0) -> Run:
    """A run with 8 % label-error candidates, 6 % cut or quiet clips and 2 % copies; no recordings behind it."""
    rng = np.random.default_rng(seed)
    classes = np.array([f"word{c:03d}" for c in range(n_classes)], dtype=object)
    code = rng.integers(0, n_classes, n)
    ids = np.array([f"{classes[c]}/{k:07d}.wav" for k, c in enumerate(code)], dtype=object)
    order = np.argsort(ids)
    ids, code = ids[order], code[order]
    index = pd.Index(ids, name="item_id", dtype=object)
    items = pd.DataFrame(
        {
            "uri": [str(folder / "data" / i) for i in ids],
            "label": classes[code],
            "split": rng.choice(np.array(["train", "test"], dtype=object), n, p=[0.9, 0.1]),
            "group": [f"s{g}" for g in rng.integers(0, 2000, n)],
            "content_hash": [f"{k:032x}" for k in range(n)],
        },
        index=index,
        dtype=object,
    )
    logits = rng.normal(0, 1, (n, n_classes)).astype(np.float32)
    logits[np.arange(n), code] += 5
    wrong = rng.random(n) < 0.08
    other = (code + rng.integers(1, n_classes, n)) % n_classes
    logits[wrong, code[wrong]] -= 5
    logits[wrong, other[wrong]] += rng.uniform(3, 7, int(wrong.sum()))
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    predictions = pd.DataFrame(p, index=index, columns=[f"p:{c}" for c in classes])
    predictions.insert(0, "fold", 0)
    predictions.insert(0, "predicted", classes[p.argmax(1)])
    predictions.insert(0, "given", classes[code])
    best = p.argmax(1)
    rows: list[dict[str, Any]] = []
    rules = {r.name: r for r in catalogue.rules()}

    def add(name: str, members: list[str], score: float, suggestion: str = "") -> None:
        rule = rules[name]
        row = {"code": rule.code, "name": name, "scope": rule.scope, "subject": members[0], "item_ids": members}
        row |= {"score": score, "severity": rule.severity, "message": "made up", "suggestion": suggestion}
        rows.append(row | {"evidence": "{}", "fingerprint": f"{rule.code}{members[0]}", "state": "new"})

    for k in np.flatnonzero(best != code):
        own = float(p[k, code[k]])
        add("label-error-candidate", [ids[k]], own / (own + float(p[k, best[k]])), str(classes[best[k]]))
    for k in rng.choice(n, n // 20, replace=False):
        add("truncated-end", [ids[k]], float(rng.random()))
    for k in rng.choice(n, n // 100, replace=False):
        add("quiet-clip", [ids[k]], float(rng.random()))
    for k in rng.choice(n - 1, n // 100, replace=False):
        add("exact-duplicate", [ids[k], ids[k + 1]], 0.0)
    near = rng.integers(0, n, (n, 10))
    neighbours = pd.DataFrame(
        {
            "ids": pd.Series(list(ids[near]), index=index, dtype=object),
            "similarity": pd.Series([[0.5] * 10] * n, index=index, dtype=object),
        }
    )
    with Store(folder / "results").new_run() as writer:
        writer.table("items", items)
        writer.table("predictions", predictions)
        writer.table("neighbours", neighbours)
        writer.table("findings", pd.DataFrame(rows))
        write_json(writer, root=str(folder / "data"))
    return Run(writer.path)


def timed(what: str, do: Callable[[], Any], *, repeats: int = 1) -> Any:
    """Run it and print median and 95th percentile."""
    spent, result = [], None
    for _ in range(repeats):
        started = time.perf_counter()
        result = do()
        spent.append(1e3 * (time.perf_counter() - started))
    tail = f"   95th percentile {np.percentile(spent, 95):8.1f} ms" if repeats > 1 else ""
    print(f"{what:<44} {np.median(spent):9.1f} ms{tail}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=35)
    parser.add_argument("--decided", type=int, default=20_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = made_run(folder, n=chosen.items, n_classes=chosen.classes)
        run = Run(written.path)
        print(f"{chosen.items:,} items, {chosen.classes} classes, {len(run.findings):,} findings")
        timed("read items, predictions, neighbours", lambda: (run.items, run.predictions, run.neighbours))
        queue = timed("build_queue", lambda: build_queue(run), repeats=5)
        print(f"{len(queue):,} items in the queue: {queue['tier'].value_counts().sort_index().to_dict()}")
        timed("build_queue, one rule", lambda: build_queue(run, Filters(rule="LBL001")), repeats=5)
        items = run.items
        with Ledger.open(folder / "ledger.sqlite") as ledger:
            heard = queue.index[: min(chosen.decided, len(queue) // 2)]
            decisions = [
                Decision(
                    f"person{k % 3}",
                    "confirm",
                    items.index[k],
                    items["content_hash"].iloc[k],
                    old_label=items["label"].iloc[k],
                    new_label=items["label"].iloc[k],
                )
                for k in heard
            ]
            timed(f"append {len(decisions):,} decisions", lambda: ledger.append(decisions))
            rows = timed("read the ledger", ledger.rows)
            timed("todo", lambda: todo(queue, Memory(rows), items, actor="ann"))
            session = timed("begin the review", lambda: Session(run, ledger))

            timed("/api/queue less previews, 8 cards", lambda: session.next_cards("ann", 8), repeats=200)
            timed("state", lambda: session.state("ann"), repeats=50)
            timed("/api/grid less previews, 24 cards", lambda: session.grid("ann", 24), repeats=50)
            timed("a filter, first time", lambda: session.queue.view(Filters(class_="word003")))
            timed("a filter, again", lambda: session.queue.view(Filters(class_="word003")), repeats=50)
            timed("search", lambda: session.search("word003/00", 20), repeats=20)

            def decide() -> None:
                (card,) = session.next_cards("ann", 1)[0]
                session.decide("ann", [{name: card[name] for name in ("k", "content_hash")} | {"action": "confirm"}])

            timed("next and decide", decide, repeats=200)
            timed("next, decide and state", lambda: (decide(), session.state("ann")), repeats=50)
            session.close()


if __name__ == "__main__":
    main()
