"""Suggested labels: the share that is right among true errors, and whether its stated probability holds.

    python -m tests.benchmarks.bench_suggestions [NAME …] [--cache DIR] [--real]

Beside the argmax of the other classes, which is what cleanlab's predicted label amounts to where the given label is
wrong. "stated" is the mean of p_suggested over candidates, "true" the share of candidates whose suggestion is right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.analysis.label.ranking import label_quality
from tests.benchmarks.planted_statements import judged_as, planted, real_noise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["digits", "speech_commands", "banking77"])
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--real", action="store_true")
    chosen = parser.parse_args()
    rows = []
    sets = [d for name in chosen.names for d in planted(name, cache=chosen.cache)]
    for data in [*sets, *(real_noise() if chosen.real else ())]:
        table, suggested = judged_as(data)
        best = label_quality(data.pred_probs, data.given)["suggested"].to_numpy()
        predicted = data.pred_probs.argmax(1)
        cut = table["candidate"].to_numpy()
        hit = suggested == data.true
        p = table["p_suggested"].to_numpy()
        bins = np.clip((p * 10).astype(int), 0, 9)
        gaps = [abs(hit[cut & (bins == b)].mean() - p[cut & (bins == b)].mean()) * (cut & (bins == b)).sum()
                for b in range(10) if (cut & (bins == b)).any()]  # fmt: skip
        rows.append(
            {
                "data": data.name,
                "errors": int(data.wrong.sum()),
                "ours": hit[data.wrong].mean(),
                "best other": (best == data.true)[data.wrong].mean(),
                "argmax": (predicted == data.true)[data.wrong].mean(),
                "ours, in the cut": hit[data.wrong & cut].mean(),
                "best other, in the cut": (best == data.true)[data.wrong & cut].mean(),
                "stated": p[cut].mean(),
                "true": hit[cut].mean(),
                "calibration error": sum(gaps) / max(cut.sum(), 1),
            }
        )
    print(pd.DataFrame(rows).set_index("data").round(3).to_string())


if __name__ == "__main__":
    main()
