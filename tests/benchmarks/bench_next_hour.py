"""What an hour of reviewing, labelling, collecting or dropping brings: foretold, then done, judged on held-back data.

    python -m tests.benchmarks.bench_next_hour SET.npz … [--sizes 300 600] [--seeds 4] [--wrong .1] [--faulty .1]

Sets as of ``bench_next``. Of every set two fifths of the groups are held back to be judged on, with their true labels;
of the rest so many items are the dataset, the others what could be labelled or collected. In the dataset a share of the
labels is exchanged, half of them for the likeliest other class, and a share of the items is spoilt (its embedding is
half of another's), which is what checks would call faulty. An hour is a tenth or a quarter of the dataset. What is
labelled or collected anew has wrong labels as often.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from dsaudit.analysis.label.label_errors import find_label_errors
from dsaudit.evidence.next_hour import LabelledSet, foretold
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.model.learning_curve import TOLERANCE, right_by_labels, right_by_size
from dsaudit.model.probe import fit_probe
from tests.benchmarks.bench_next import read


def exchanged(x: np.ndarray, y: np.ndarray, share: float, draws: np.random.Generator) -> np.ndarray:
    """Labels of which a share is another one: half of these drawn, half that of the nearest item of another class."""
    told, unit = y.copy(), x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    for k, row in enumerate(draws.permutation(len(y))[: round(share * len(y))]):
        like = np.where(y == y[row], -2.0, unit @ unit[row])
        told[row] = y[like.argmax()] if k % 2 else draws.choice(np.setdiff1d(np.unique(y), y[row]))
    return told


def trial(
    x: np.ndarray, y: np.ndarray, units: np.ndarray, *, size: int, part: float, wrong: float, faulty: float, seed: int
) -> list[dict[str, object]]:
    draws = np.random.default_rng([seed, size])
    back = np.isin(units, draws.permutation(units.max() + 1)[: round(0.4 * (units.max() + 1))])
    rank = np.argsort(draws.permutation(units.max() + 1)[units[~back]], kind="stable")
    rest = np.flatnonzero(~back)[rank]
    own, more = rest[:size], rest[size:]
    if len(more) < part * size:
        return []
    told, spoilt = exchanged(x, y, wrong, draws), x.copy()
    bad = draws.permutation(own)[: round(faulty * size)]
    spoilt[bad] = (x[bad] + x[draws.permutation(own)[: len(bad)]]) / 2
    names = pd.Index([f"i{k:06d}" for k in range(len(y))], name="item_id")
    vectors = pd.DataFrame(spoilt[own], names[own])
    labels, groups = (pd.Series(v[own].astype(str), names[own]) for v in (told, units))
    folds = stratified_group_folds(labels, groups=groups, seed=seed)
    made = cross_validated_pred_probs(vectors, labels, folds, device="cpu", seed=seed)
    probs = pd.DataFrame(made.pred_probs, list(made.item_ids), list(made.classes))
    errors = find_label_errors(probs, labels, together=(groups,), seed=seed)
    by_size = right_by_size(vectors, labels, folds, groups=groups, device="cpu", seed=seed)
    hit = pd.Series(made.pred_probs.argmax(1) == made.given).groupby(made.given).mean()
    facts = LabelledSet(
        labels=labels.reindex(by_size.ids),
        groups=groups.reindex(by_size.ids),
        right=pd.DataFrame(by_size.right, by_size.ids),
        sizes=by_size.sizes.tolist(),
        errors=errors,
        recall=pd.Series({c: float(hit.get(k, 1.0)) for k, c in enumerate(folds.classes)}),
        faulty=set(names[bad]),
    )
    steps = foretold(
        facts,
        folds,
        lambda changed: right_by_labels(vectors, labels, folds, changed, device="cpu", seed=seed),
        per_hour=round(part * size),
        n_pool=len(more),
        seed=seed,
    )
    column = {c: k for k, c in enumerate(folds.classes)}
    code = np.array([column.get(str(label), -1) for label in told])
    true = np.array([column.get(str(label), -1) for label in y])
    learned = own[code[own] >= 0]

    def accuracy(rows: np.ndarray, label: np.ndarray) -> float:
        rows = rows[label[rows] >= 0]
        head = fit_probe(
            spoilt[rows],
            label[rows],
            classes=folds.classes,
            strength=by_size.strength,
            device="cpu",
            tolerance=TOLERANCE,
        )
        judged = back & (true >= 0)
        return float((head.predict(x[judged]).argmax(axis=1) == true[judged]).mean())

    base, rows = accuracy(learned, code), []
    for step in steps:
        if step["gain"] is None:
            continue
        if step["action"] == "review":
            order = errors.table["p_wrong"].sort_values(ascending=False, kind="stable").index[: step["n"]]
            heard = np.where(np.isin(names, order), true, code)
            after = accuracy(learned, heard)
        elif step["action"] == "drop":
            after = accuracy(np.setdiff1d(learned, bad), code)
        else:
            free = more if step["action"] == "label" else more[np.isin(y[more].astype(str), step["classes"])]
            if len(free) < step["n"]:
                continue
            after = accuracy(np.concatenate([learned, free[: step["n"]]]), code)
        said, gained = step["gain"], after - base
        rows.append(
            {
                "labels": len(learned),
                "action": step["action"],
                "n": step["n"],
                "foretold": 100 * said.value,
                "low": 100 * said.low,
                "high": 100 * said.high,
                "true": 100 * gained,
                "holds": said.low <= gained <= said.high,
                "wide": 100 * (said.high - said.low),
            }
        )
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--sizes", type=int, nargs="+", default=[300, 600])
    parser.add_argument("--parts", type=float, nargs="+", default=[0.1, 0.25])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--wrong", type=float, default=0.1)
    parser.add_argument("--faulty", type=float, default=0.1)
    parser.add_argument("--classes", type=int, default=25)
    asked = parser.parse_args()
    rows: list[dict[str, object]] = []
    for seed in asked.seeds:
        for path in asked.sets:
            name, x, y, units = read(path, 150)
            few = y < asked.classes
            x, y, units = x[few], y[few], np.unique(units[few], return_inverse=True)[1]
            for size in asked.sizes:
                for part in asked.parts:
                    started = time.process_time()
                    told = trial(
                        x, y, units, size=size, part=part, wrong=asked.wrong, faulty=asked.faulty, seed=seed
                    )  # fmt: skip
                    own = [{"set": name, "seed": seed, "hour": f"{part:g} of {size}", **row} for row in told]
                    rows += own
                    if own:
                        print(pd.DataFrame(own).round(2).to_string(index=False, header=len(rows) == len(own)))
                        print(f"{time.process_time() - started:.0f} CPU s", flush=True)
    table = pd.DataFrame(rows)
    table["off"] = (table["foretold"] - table["true"]).abs()
    shown = table.groupby("action")[["foretold", "true", "off", "wide", "holds"]].mean().round(2)
    print(shown.assign(n=table.groupby("action").size()).to_string())
    best = [
        one.loc[one["foretold"].idxmax(), "true"] - one["true"].max()
        for _, one in table.groupby(["set", "seed", "hour"])
        if len(one) > 1
    ]
    print(f"the first of the list against the best: {np.mean(best):.2f} points, {len(best)} lists")
