"""What following a model's flags does to an out-of-fold score, where the truth is known.

    python -m tests.benchmarks.bench_following [--rounds 8]

A made-up set of 800 items is audited; then what the model flags is dropped, or relabelled as the model says, or
relabelled by somebody who knows the truth, or dropped by them where it is wrong. ``compare`` measures the difference on
the set itself; beside it stands the difference on 20,000 fresh items with labels as noisy as the originals. Where the
first is larger, the test labels have leaked into the training data by way of the flags.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from comparison.make_pair import CLASSES, world, write_run

from dsaudit.comparison.compare import compare_runs
from dsaudit.model.probe import fit_probe, select_strength

FEATURES = [f"x{c}" for c in range(12)]


def fresh_accuracy(train: pd.DataFrame, test: pd.DataFrame) -> float:
    columns = pd.Index(CLASSES)
    X, y = train[FEATURES].to_numpy(), columns.get_indexer(train["label"])
    held = np.random.default_rng(0).random(len(y)) < 0.2
    probe = fit_probe(X, y, classes=CLASSES, strength=select_strength(X, y, held, classes=CLASSES))
    said = probe.predict(test[FEATURES].to_numpy()).argmax(1)
    return float((said == columns.get_indexer(test["label"])).mean())


def changed(kind: str, items: pd.DataFrame, said: pd.Series) -> pd.DataFrame:
    flagged, wrong = items["label"] != said, items["label"] != items["truth"]
    if kind == "drop all flagged":
        return items[~flagged]
    if kind == "take the model's word":
        return items.assign(label=said)
    heard = items.assign(given_label=items["label"], decided_by=np.where(flagged, "ann", None))
    if kind == "hear and relabel":
        return heard.assign(label=items["label"].where(~flagged, items["truth"]))
    return heard[~(flagged & wrong)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    for wrong in (0.0, 0.15):
        test = world(20_000, wrong=wrong, seed=999)
        for kind in ("drop all flagged", "take the model's word", "hear and relabel", "hear and drop the wrong"):
            if not wrong and kind.startswith("hear"):
                continue  # nothing would change
            rows, outcomes = [], Counter()
            for seed in range(rounds):
                with tempfile.TemporaryDirectory() as folder:
                    items = world(800, wrong=wrong, seed=seed)
                    first = write_run(Path(folder) / "before", items)
                    after = changed(kind, items, first.predictions["predicted"].reindex(items.index))
                    review = {"n_excluded": len(items) - len(after)} if kind.startswith("hear") else {}
                    found = compare_runs(first, write_run(Path(folder) / "after", after, review=review))
                outcomes[found.verdict.outcome] += 1
                fresh = fresh_accuracy(after, test) - fresh_accuracy(items, test)
                rows.append((100 * found.original.difference.value, 100 * fresh))
            measured, true = np.mean(rows, axis=0)
            error = np.std(rows, axis=0, ddof=1)[0] / np.sqrt(rounds)
            print(
                f"wrong labels {wrong:.0%}  {kind:24} measured {measured:+.2f} ± {error:.2f} points, on fresh items "
                f"{true:+.2f}; {dict(outcomes)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
