"""What one half of a table lets expect of the other: false alarms where it is clean, planted faults that are caught.

    python -m tests.benchmarks.bench_expect [TABLE …] [--margin 0.25] [--data ../shared/data] [--seeds 3]

Needs pandera. A fault counts as caught where a check that fails in its row names its column, of a pair either.
``--data`` adds the clean tables of ``tabular_errors``, without faults planted.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.expectation import expectations
from dsaudit.media.table.column import infer_columns
from dsaudit.media.table.schema_file import schema_file
from tests.benchmarks.planted_cells import bundled, customers, plant, sensors


def schema(frame: pd.DataFrame, margin: float) -> dict[str, Any]:
    """The names of the file that is written of a table."""
    none = np.zeros(frame.shape, bool)
    told = {column.name: str(column.type) for column in infer_columns(frame)}
    held = expectations(frame, none, none, margin=margin, told=told)
    names: dict[str, Any] = {"__name__": "expected", "n": held.n}
    exec(schema_file(held, name="half", n_rows=len(frame)), names)
    return names


def caught(found: pd.DataFrame) -> set[tuple[int, str]]:
    """Rows and columns that failing checks name."""
    told = set()
    for check, row in found[["check", "row"]].dropna().itertuples(index=False):
        column, _, words = check.partition(": ")
        told.add((int(row), column))
        for before, after in (("not what ", " tells"), ("above ", ";")):
            if words.startswith(before):
                told.add((int(row), words.removeprefix(before).split(after)[0]))
    return told


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--margin", type=float, default=0.25)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    tables = bundled() | {"customers": customers(rng), "sensors": sensors(rng)}
    whole = []
    for name in ("beers", "hospital") if given.data else ():
        clean = given.data / "tabular_errors" / name / "clean.csv"
        tables[name] = pd.read_csv(clean, dtype=str, keep_default_na=False)
        whole.append(name)
    print(f"{'table':<10} checks  cells failing of clean  checks failing  caught of planted, by kind")
    for name, frame in tables.items() if not given.tables else ((name, tables[name]) for name in given.tables):
        alarms, cells, failing, checks, kinds = 0, 0, 0, 0, dict[str, list[bool]]()
        for seed in range(given.seeds):
            own = np.random.default_rng(seed)
            order = own.permutation(len(frame))
            first, second = (frame.iloc[np.sort(half)].reset_index(drop=True) for half in np.array_split(order, 2))
            names = schema(first, given.margin)
            found = names["failures"](second)
            alarms, cells = alarms + len(found), cells + second.size
            failing, checks = failing + found["check"].nunique(), checks + names["n"]
            if name in whole:
                continue
            dirty, truth = plant(second, own)
            told = caught(names["failures"](dirty))
            for row, column, kind, _ in truth:
                kinds.setdefault(kind, []).append((row, column) in told)
        every = [one for some in kinds.values() for one in some]
        by_kind = "  ".join(f"{kind} {np.mean(some):.2f}" for kind, some in kinds.items())
        share = f"{np.mean(every):.2f}" if every else "–"
        line = f"{name:<10} {checks / given.seeds:>6.0f}  {alarms / cells:>22.3%}  {failing / checks:>14.1%}"
        print(f"{line}  {share}  {by_kind}", flush=True)


if __name__ == "__main__":
    main()
