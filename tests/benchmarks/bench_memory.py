"""Review memory on real recordings: confirm every flagged item, rename every file, train with another seed.

    python tests/benchmarks/bench_memory.py [DATA]

DATA is a folder with ``labels.csv`` (path, label, speaker). Says how many confirmed items are flagged again (should
be 0), and what reading the ledger costs an audit.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

import dsaudit
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.types import Decision


def main(data: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        table = pd.read_csv(data / "labels.csv", dtype=str)
        for path in table["path"]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(data / path, root / path)
        table.to_csv(root / "labels.csv", index=False)
        first = dsaudit.audit(root / "labels.csv", seed=0)
        flagged = first.findings.query("scope == 'item'").drop_duplicates("subject")
        with Ledger.open(first.results / "ledger.sqlite") as ledger:
            ledger.append(
                [
                    Decision(
                        "ana",
                        "confirm",
                        r.subject,
                        first.items["content_hash"][r.subject],
                        first.items["label"][r.subject],
                        first.items["label"][r.subject],
                        cause=r.fingerprint,
                        rule=r.code,
                    )
                    for r in flagged.itertuples()
                ]
            )
        confirmed = set(first.items["content_hash"][flagged["subject"]])
        for k, path in enumerate(table["path"]):
            new = f"renamed/{k:05d}{Path(path).suffix}"
            (root / new).parent.mkdir(exist_ok=True)
            (root / path).rename(root / new)
            table.loc[k, "path"] = new
        table.to_csv(root / "labels.csv", index=False)
        started = time.monotonic()
        second = dsaudit.audit(root / "labels.csv", seed=1)
        took = time.monotonic() - started
        again = set(second.items["content_hash"][second.findings.query("scope == 'item'")["subject"].unique()])
        new_only = len(again - confirmed)
        print(f"{len(first.items):,} items, {len(flagged):,} flagged and confirmed, all renamed, seed 1 instead of 0")
        print(f"confirmed items flagged again: {len(again & confirmed)}; others newly flagged: {new_only}")
        print(f"findings silenced: {len(second.silenced):,}; second audit {took:.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data/speech_commands"))
