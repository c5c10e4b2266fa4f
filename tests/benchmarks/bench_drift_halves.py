"""How often a comparison of two sets raises what is not there, finds what is planted, and foretells accuracy.

    python -m tests.benchmarks.bench_drift_halves NAME.npz … [--halves 200] [--planted 40] [--seed 900] [--most 400]
        [--classes K] [--strength 0.1]

A file holds ``X`` (n, d) embeddings, ``y`` labels and ``group``. Items, of K random classes where it is given, are
dealt to two sets by whole groups, ``--most`` items in all, along 64 principal axes; then the current set is planted: a
third of its classes three times as often (mix), the half of its groups that lies farthest along a main axis (region), a
class that the reference has not, as 5 % of the current items and without labels (kind), noise in the vectors of half
their spread (noise). All is worked out by the product's own functions; measurements, of which such files hold none, are
in ``bench_drift``. A linear probe of one ``--strength`` learns; 0: the product's choice, which takes thrice as long.

Tuned on esc10, speech_commands_v1_mini and clinc150 (15 classes), seeds 100 to 301; scored on the others, seed 900.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dsaudit import catalogue
from dsaudit.analysis.drift.unit import units
from dsaudit.analysis.space.embedding_space import principal_axes
from dsaudit.comparison.drift_told import told
from dsaudit.comparison.measured import Measured
from dsaudit.comparison.two_sets import TwoSets, differences_of
from dsaudit.errors import InconclusiveError
from dsaudit.media import kind_for
from dsaudit.model.probe import Linear

CODE = {"mix": "DRF002", "region": "DRF004", "kind": "DRF005", "noise": "DRF004"}


class Known:
    """A set as arrays."""

    def __init__(self, path: Path) -> None:
        file = np.load(path)
        self.name, self.y = path.stem, file["y"].astype(object)
        self.X = principal_axes(file["X"], n_components=64).apply(file["X"]).astype(np.float32)
        group = pd.Series(file["group"].astype(object))
        self.unit = pd.factorize(group)[0]
        self.group = group.where(group.map(group.value_counts()) > 1, None).to_numpy(dtype=object)

    def halves(self, rng, most: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
        classes = rng.permutation(np.unique(self.y.astype(str)))[: n_classes or None]
        pool = np.flatnonzero(np.isin(self.y.astype(str), classes))
        names = rng.permutation(np.unique(self.unit[pool]))
        names = names[np.bincount(self.unit[pool])[names].cumsum() <= most]
        sides = names[: len(names) // 2], names[len(names) // 2 :]
        return tuple(pool[np.isin(self.unit[pool], side)] for side in sides)

    def pair(self, first, second, *, moved=None, labelled: bool = True) -> TwoSets:
        rows = np.concatenate([first, second])
        X, y = self.X[rows], self.y[rows]
        X[len(first) :] = X[len(first) :] if moved is None else moved
        known = sorted(set(self.y[first]))
        names = (*known, *sorted(set(self.y[second]) - set(known)))
        classes = (y[:, None] == np.array(names, dtype=object)).astype(float) if labelled else None
        given = np.where(labelled | (np.arange(len(rows)) < len(first)), y, None)
        items = pd.DataFrame({"label": given, "group": self.group[rows], "content_hash": rows.astype(str)})
        own = Measured({}, {}, {}, given, names, len(known), classes, frozenset())
        return TwoSets(own, items, X, units(self.group[first], self.group[second]))


def planted(known: Known, first, second, rng):
    """Name and pair of what is planted, one by one; the labels of the current items."""
    y = known.y.astype(str)
    classes = rng.permutation(np.unique(y[first]))
    kept = classes[: max(2, len(classes) // 3)]
    other = second[np.isin(y[second], kept) | (rng.random(len(second)) < 1 / 3)]
    yield "mix", known.pair(first, other), known.y[other]
    axis = rng.integers(3)
    place = pd.Series(known.X[second, axis]).groupby(known.unit[second]).transform("mean").to_numpy()
    other = second[place >= np.median(place)]
    yield "region", known.pair(first, other), known.y[other]
    new, rest = second[y[second] == classes[0]], second[y[second] != classes[0]]
    other = np.concatenate([rest, new[: round(len(rest) / 19)]])
    yield "kind", known.pair(first[y[first] != classes[0]], other, labelled=False), known.y[other]
    noise = known.X[second] + 0.5 * known.X.std() * rng.normal(size=known.X[second].shape)
    yield "noise", known.pair(first, second, moved=noise), known.y[second]


def row(scenario: str, pair: TwoSets, labels, given: argparse.Namespace, seed: int) -> dict[str, Any] | None:
    started = time.process_time()
    head = Linear(given.strength) if given.strength else None
    try:
        both = differences_of(pair, head=head, n_dealt=299, seed=seed)
    except InconclusiveError:
        return None
    names = [str(k) for k in range(len(pair.items))]
    now = pair.found.current
    ids = [[n for n, c in zip(names, now, strict=True) if c == side] for side in (False, True)]
    table = told(both.made, pair.own, pair.found, ids, kind=kind_for("text"), model=both.model)
    rules = [r for r in catalogue.rules() if r.of_two_sets and r.code != "DRF003"]  # a fact, and no chance
    codes = {r.code for r in rules if r.run(drift=table)["flagged"].any()}
    seconds = time.process_time() - started
    found = {"scenario": scenario, "codes": codes, "n": f"{(~now).sum()}/{now.sum()}", "seconds": seconds}
    if both.model:
        m = both.model.model
        true = float(np.mean(both.model.predicted[now] == labels))
        found |= {"true": true, "expected": m.expected.value, "before": m.reference.value}
        found |= {"low": m.expected.low, "high": m.expected.high}
    return found


def shown(name: str, rows: list[dict[str, Any]]) -> None:
    for scenario, own in pd.DataFrame(rows).groupby("scenario", sort=False):
        hit = own["codes"].map(bool) if scenario == "none" else own["codes"].map(lambda c, s=scenario: CODE[s] in c)
        counts = own["codes"].explode().value_counts().to_dict()
        line = f"{name:24} {scenario:7} n {len(own):4} of {own['n'].iloc[-1]:>9} raised {hit.mean():6.1%}"
        if "true" in own and own["true"].notna().any():
            asked = own[own["true"].notna()]
            said = asked[asked["expected"].notna()]
            off = 100 * (said["expected"] - said["true"]).abs()
            within = ((said["low"] - 1e-9 <= said["true"]) & (said["true"] <= said["high"] + 1e-9)).mean()
            line += f"  told {len(said):4} of {len(asked):4}, off by {off.mean():4.1f} most {off.max():4.1f}"
            line += f" (the reference's own {100 * (asked['before'] - asked['true']).abs().mean():4.1f})"
            line += f", within {within:4.0%}, wide {100 * (said['high'] - said['low']).mean():4.1f}"
        print(f"{line}  {own['seconds'].mean():.2f} CPU s  {counts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--halves", type=int, default=200)
    parser.add_argument("--planted", type=int, default=40)
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--most", type=int, default=400)
    parser.add_argument("--classes", type=int, default=0)
    parser.add_argument("--strength", type=float, default=0.1)
    given = parser.parse_args()
    for path in given.sets:
        known, rows = Known(path), []
        for k in range(max(given.halves, given.planted)):
            rng = np.random.default_rng([given.seed, k])
            first, second = known.halves(rng, given.most, given.classes)
            if k < given.halves:
                rows.append(row("none", known.pair(first, second), known.y[second], given, k))
            if k < given.planted:
                rows += [row(*one, given, k) for one in planted(known, first, second, rng)]
        shown(known.name, [r for r in rows if r])


if __name__ == "__main__":
    main()
