"""What verdicts add to the statement: simulated reviews of data sets with wrong labels that are known.

    python -m tests.benchmarks.bench_verdicts [NAME …] [--seeds 1] [--cache DIR] [--real] [--json FILE]

An oracle hears the list from the top, in batches of 20. At 0, 20, 40, 100, 200 and 400 verdicts the statement is
compared with the truth: the share of wrong labels among what is left of the default cut (where 20 items are left), and
the number of wrong labels in the whole set; and how well what is left is ordered (average precision) as it stood and
with the classes weighed by the verdicts, as the queue does. "before" is the statement that no verdict touches.
``--real`` adds ``label_noise``, which nothing here was chosen on.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from dsaudit.analysis.label.recalibration import expected_wrong, recalibration
from dsaudit.relabel.queue.weight import weights
from dsaudit.types import Decision
from tests.benchmarks.planted_statements import Planted, planted, real_noise, stated

MOMENTS = (0, 20, 40, 100, 200, 400)
NAMES = ("digits", "speech_commands", "esc10", "banking77", "clinc150")
LEAST_LEFT = 20


def default_cut(p: np.ndarray) -> int:
    """How many items of a falling list maximise expected F1."""
    expected = np.cumsum(p)
    n = np.arange(1, len(p) + 1)
    return int(np.argmax(2 * expected / (n + p.sum()))) + 1


def ordered(p: np.ndarray, wrong: np.ndarray, given: np.ndarray, n: int) -> dict[str, float]:
    """Average precision of what is left after ``n`` verdicts, as it stood and weighed by class."""
    if not wrong[n:].any():
        return {}
    once = [
        Decision("ana", "relabel" if w else "confirm", "x", "", str(c), rule="LBL001")
        for w, c in zip(wrong[:n], given[:n], strict=True)
    ]
    known = weights({k: [d] for k, d in enumerate(once)})
    weight = np.array([known.get(("LBL001", str(c)), known.get(("LBL001", None), 1.0)) for c in given[n:]])
    orders = {"ap_before": p[n:], "ap_by_class": p[n:] * weight}
    return {name: float(average_precision_score(wrong[n:], score)) for name, score in orders.items()}


def reviewed(data: Planted, p: np.ndarray) -> list[dict[str, Any]]:
    """One row for each moment of one review."""
    order = np.argsort(-p, kind="stable")
    p, wrong, given = p[order], data.wrong[order], data.given[order]
    cut = default_cut(p)
    rows = []
    for n in MOMENTS:
        if n >= len(p):
            break
        fit = recalibration(p, np.where(np.arange(len(p)) < n, wrong, -1))
        started = time.perf_counter()
        whole = expected_wrong(fit, p[n:], n_known=int(wrong[:n].sum()))
        row = {
            "data": data.name,
            "verdicts": n,
            "n_wrong": int(wrong.sum()),
            "set_before": p.sum() / wrong.sum() - 1,
            "set_after": whole.value / wrong.sum() - 1,
            "set_half": (whole.high - whole.low) / 2 / wrong.sum(),
            "set_held": float(whole.low <= wrong.sum() <= whole.high),
            "ms": 1e3 * (time.perf_counter() - started),
        } | ordered(p, wrong, given, n)
        if cut - n >= LEAST_LEFT:
            left = expected_wrong(fit, p[n:cut])
            truth, size = wrong[n:cut].sum(), cut - n
            row |= {
                "left": size,
                "cut_true": truth / size,
                "cut_before": p[n:cut].mean() - truth / size,
                "cut_after": left.value / size - truth / size,
                "cut_half": (left.high - left.low) / 2 / size,
                "cut_held": float(left.low <= truth <= left.high),
            }
        rows.append(row)
    return rows


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over reviews by number of verdicts."""
    shown = rows.assign(**{c: rows[c].abs() for c in ("set_before", "set_after", "cut_before", "cut_after")})
    columns = ["cut_before", "cut_after", "cut_half", "cut_held", "set_before", "set_after", "set_half", "set_held"]
    columns += ["ap_before", "ap_by_class"]
    table = shown.groupby("verdicts")[columns].mean()
    return table.assign(n_reviews=rows.groupby("verdicts").size(), n_cut=rows.groupby("verdicts")["cut_held"].count())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    rows = []
    for name in chosen.names:
        for data in planted(name, seeds=tuple(range(chosen.seeds)), cache=chosen.cache):
            rows += [row | {"set": name, "how": data.name.split()[-2]} for row in reviewed(data, stated(data))]
    for data in real_noise() if chosen.real else ():
        rows += [row | {"set": "label_noise", "how": "real"} for row in reviewed(data, stated(data))]
    table = pd.DataFrame(rows)
    pd.set_option("display.width", 200)
    for keys, title in ((["set"], "by data set"), (["how"], "by kind of flip")):
        for name, part in table.groupby(keys):
            print(f"\n{title}: {name}\n{summary(part).round(3).to_string()}")
    print(f"\nall\n{summary(table).round(3).to_string()}")
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
