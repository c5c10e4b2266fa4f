"""What twice the labels bring, foretold from half of them and done with the other half.

    python -m tests.benchmarks.bench_learning_curve SET … [--sizes 10 20] [--seeds 0 1 2 3]

Sets as of ``bench_next``. Of every set two parts of about so many items per class are drawn, whole groups of them; what
the first foretells is held against what its held-out items are predicted as once the second is learned from as well.
The law and where it is not trusted were chosen on banking77 and esc10; the other sets are for scoring.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from dsaudit.analysis.model.learning_curve import learning_curve
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.learning_curve import TOLERANCE, right_by_size
from dsaudit.model.probe import fit_probe
from tests.benchmarks.bench_next import read


def two_parts(y: np.ndarray, units: np.ndarray, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two parts with whole units each, about ``size`` items per class."""
    n, parts = size * (y.max() + 1), [np.empty(0, dtype=int), np.empty(0, dtype=int)]
    for unit in np.random.default_rng(seed).permutation(units.max() + 1):
        least = int(len(parts[1]) < len(parts[0]))
        if len(parts[least]) < n:
            parts[least] = np.concatenate([parts[least], np.flatnonzero(units == unit)])
    return parts[0], parts[1]


def trial(x: np.ndarray, y: np.ndarray, units: np.ndarray, *, size: int, seed: int) -> dict[str, object] | None:
    own, other = two_parts(y, units, size, seed)
    if len(other) < 0.9 * len(own):
        return None
    names = pd.Index([f"i{k:06d}" for k in own], name="item_id")
    labels, groups = (pd.Series(v[own].astype(str), names) for v in (y, units))
    folds = stratified_group_folds(labels, groups=groups, seed=seed)
    found = right_by_size(pd.DataFrame(x[own], names), labels, folds, groups=groups, device="cpu", seed=seed)
    said = learning_curve(found.right, found.sizes, found.given, found.units, classes=folds.classes, seed=seed)
    column = {name: k for k, name in enumerate(folds.classes)}
    more = np.array([column.get(str(label), -1) for label in y[other]])
    at = pd.Index(names).get_indexer(found.ids)
    hit = np.zeros(len(at), dtype=bool)
    for held in np.unique(found.fold):
        train, test = np.flatnonzero(found.fold != held), np.flatnonzero(found.fold == held)
        beside = np.flatnonzero(more >= 0)[: len(train)]
        both = np.concatenate([x[own[at[train]]], x[other[beside]]])
        label = np.concatenate([found.given[train], more[beside]])
        head = fit_probe(both, label, classes=folds.classes, strength=found.strength, device="cpu", tolerance=TOLERANCE)
        hit[test] = head.predict(x[own[at[test]]]).argmax(axis=1) == found.given[test]
    told, true = said["doubled"], hit.mean()
    own_class = [(row["doubled"], hit[found.given == column[row["label"]]].mean()) for row in said["classes"]]
    return {
        "labels": len(at),
        **{f"at {n}": a for n, a in zip(("1/8", "1/4", "1/2"), found.right.mean(axis=0), strict=False)},
        "now": said["now"].value,
        "foretold": told.value,
        "low": told.low,
        "high": told.high,
        "true": true,
        "within 1.5": abs(told.value - true) <= 0.015,
        "in its interval": told.low <= true <= told.high,
        "trusted": said["trusted"],
        "sure": said["sure"],
        "classes in theirs": np.mean([d.low <= t <= d.high for d, t in own_class]) if own_class else np.nan,
        "classes off": np.mean([abs(d.value - t) for d, t in own_class]) if own_class else np.nan,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    options = parser.parse_args()
    rows = []
    for path in options.sets:
        name, x, y, units = read(path, 150)
        for size in options.sizes:
            for seed in options.seeds:
                started = time.process_time()
                if (row := trial(x, y, units, size=size, seed=seed)) is not None:
                    rows.append({"set": name, **row, "CPU s": time.process_time() - started})
                    print(
                        pd.DataFrame(rows[-1:]).round(3).to_csv(index=False, header=len(rows) == 1), end="", flush=True
                    )
    table = pd.DataFrame(rows)
    sure = table["trusted"] & table["sure"]
    for name, part in (("all", table), ("trusted", table[table["trusted"]]), ("and sure", table[sure])):
        shares = part[["within 1.5", "in its interval", "classes in theirs"]].astype(float).mean().round(2).to_dict()
        print(name, len(part), shares)
