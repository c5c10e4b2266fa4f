"""Wrong cells of tables that are known; beside a detector of outliers by column.

    python -m tests.benchmarks.bench_table_cells [--data ../shared/data] [--rows 100000]

Prints F1 of detection at the cut, without a label and after 20 rows that were asked for, the share of repairs that are
right, seconds and memory.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.candidate import candidates, suspicion
from dsaudit.analysis.cell.teach import groups, rows_to_ask, taught
from dsaudit.analysis.label.cut import choose_cut
from tests.benchmarks.planted_cells import customers, plant

Right = dict[tuple[int, str], str]


def known(root: Path) -> tuple[pd.DataFrame, Right]:
    dirty, errors = (pd.read_csv(root / f"{k}.csv", dtype=str, keep_default_na=False) for k in ("dirty", "errors"))
    cells = zip(errors["row"].astype(int), errors["column"], strict=True)
    return dirty, dict(zip(cells, errors["clean"], strict=True))


def by_column(frame: pd.DataFrame) -> set[tuple[int, str]]:
    """Outliers of each column alone, as dBoost: three standard deviations, or values of under one row in 200."""
    found = set()
    for column in frame:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        if numbers.notna().mean() > 0.5:
            odd = numbers.isna() | ((numbers - numbers.mean()).abs() > 3 * numbers.std())
        else:
            share = frame[column].map(frame[column].value_counts(normalize=True))
            odd = (share < 0.005) & (frame[column].nunique() < 0.3 * len(frame))
        found |= {(row, column) for row in np.flatnonzero(odd)}
    return found


def scored(named: set[tuple[int, str]], right: Right) -> str:
    hit = len(named & right.keys())
    precision, recall = hit / max(len(named), 1), hit / max(len(right), 1)
    return f"P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}"


def bench(name: str, frame: pd.DataFrame, right: Right) -> None:
    begin = time.perf_counter()
    found = suspicion(frame)
    listed = candidates(found)
    took = time.perf_counter() - begin
    for said, cells in (("no label", listed), ("20 rows", candidates(found, _asked(found, frame, right)))):
        cut = cells.head(choose_cut(cells["p_wrong"]).n)
        named = set(zip(cut["row"], cut["column"], strict=True))
        mended = cut[cut["repair"].notna()]
        mended = mended[[cell in right for cell in zip(mended["row"], mended["column"], strict=True)]]
        good = [right[row, column] == text for row, column, text in mended[["row", "column", "repair"]].to_numpy()]
        sound = len(named - right.keys()) / (frame.size - len(right))
        print(
            f"{name:10s} {said:9s} {scored(named, right)}; named {len(cut)}, expected wrong {cut['p_wrong'].sum():.0f};"
            f" repairs {np.mean(good):.3f} of {len(good)}; sound cells named {sound:.2%}",
            flush=True,
        )
    print(f"{name:10s} by column {scored(by_column(frame), right)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{name:10s} {took:.1f} s, {len(frame) / took:,.0f} rows/s, peak {peak:.2f} GB", flush=True)


def _asked(found, frame: pd.DataFrame, right: Right) -> np.ndarray:
    alike = groups(found)
    rows = rows_to_ask(found.p, alike, 20)
    return taught(found.p, alike, rows, [[(row, column) in right for column in frame] for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rows", type=int, default=0, help="time a table of so many rows, too")
    told = parser.parse_args()
    for name in ("hospital", "beers"):
        if (root := told.data / "tabular_errors" / name).is_dir():
            bench(name, *known(root))
    if told.rows:
        dirty, truth = plant(customers(np.random.default_rng(5), n=told.rows).iloc[:, :8], np.random.default_rng(1))
        bench(f"{told.rows:,}", dirty, {(row, column): text for row, column, _, text in truth})


if __name__ == "__main__":
    main()
