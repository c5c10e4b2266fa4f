"""Average precision of label-error candidates with planted flips, against cleanlab on the same probabilities.

    python -m tests.benchmarks.bench_label_errors esc10 clothing --seeds 10         # two minutes of processor time
    python -m tests.benchmarks.bench_label_errors speech_commands clinc150 --seeds 1
    python -m tests.benchmarks.bench_label_errors banking77:minilm --share .05 .1 .2 --seeds 1   # all 77 classes

A share of the labels is changed, to another class at random or to the one that theirs is most often taken for; the
probe of an audit is trained on what results, and items are ranked by each score, ours with neighbours as an audit has
them and by the model alone. The planted flips are the truth, so what was wrong before counts as a false alarm for
everybody. ``lead`` is ours above cleanlab's best, seed by seed, with half of its 95 % interval by Student's t.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from scipy import stats
from sklearn.datasets import load_digits

from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours
from tests.benchmarks.bench_cut import ours
from tests.benchmarks.planted_statements import features, flipped, probed
from tests.fabric import average_precision

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def planted(labels: pd.Series, share: float, seed: int) -> tuple[pd.Series, pd.Series]:
    """Labels with ``share`` of them changed to another class, and which ones."""
    rng = np.random.default_rng(seed)
    classes = np.array(sorted(labels.unique()), dtype=object)
    flipped = pd.Series(False, index=labels.index)
    flipped.iloc[rng.choice(len(labels), round(share * len(labels)), replace=False)] = True
    noisy = labels.astype(object).copy()
    for item in labels.index[flipped]:
        noisy[item] = rng.choice(classes[classes != labels[item]])
    return noisy, flipped


def digits() -> tuple[pd.DataFrame, pd.Series]:
    data = load_digits()
    ids = [f"digit{i:04d}" for i in range(len(data.target))]
    return pd.DataFrame(data.data.astype(np.float32), index=ids), pd.Series(data.target.astype(str), index=ids)


def scores(name: str, hows: list[str], seeds: int, shares: list[float]) -> Iterator[dict[str, object]]:
    """Average precision and cuts, one row a seed."""
    X, true, groups = features(name)
    clean = probed(X, true, groups, 0)
    near = nearest_neighbours(embedding_space(X.to_numpy()))[0]
    if groups is not None:  # those of its own group share its mistakes
        near = np.where(groups.to_numpy()[near] == groups.to_numpy()[:, None], -1, near)
    for how, share, seed in product(hows, shares, range(seeds)):
        given = flipped(true, clean, how=how, share=share, seed=seed)
        wrong = given != true
        probs = probed(X, given, groups, seed).astype(np.float64)
        probs /= probs.sum(1, keepdims=True)
        ids = np.array([f"{i:07d}" for i in range(len(given))], dtype=object)
        table, said = ours(probs, given, neighbours=pd.Series([list(ids[row[row >= 0]]) for row in near], index=ids))
        chosen, theirs = table["candidate"].to_numpy(), find_label_issues(given, probs, n_jobs=1)
        row: dict[str, object] = {"set": name, "how": how, "share": share, "seed": seed, "wrong": int(wrong.sum())}
        row["AP"] = average_precision(wrong, table["quality"])
        row["AP model alone"] = average_precision(wrong, ours(probs, given)[0]["quality"])
        for method in METHODS:
            row[f"AP cleanlab {method}"] = average_precision(
                wrong, get_label_quality_scores(given, probs, method=method)
            )
        row["precision"], row["recall"] = wrong[chosen].mean() if chosen.any() else np.nan, chosen[wrong].mean()
        row["precision stated"] = said["cut"]["precision"]["value"] if chosen.any() else np.nan
        number = said["n_estimated"]
        row["number / true"] = number["value"] / wrong.sum()
        row["interval holds"] = number["low"] <= wrong.sum() <= number["high"]
        row["precision cleanlab"], row["recall cleanlab"] = wrong[theirs].mean(), theirs[wrong].mean()
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--how", nargs="+", default=["uniform", "confusable"])
    parser.add_argument("--share", type=float, nargs="+", default=[0.10])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--csv", type=Path, help="where every row is kept")
    options = parser.parse_args()
    rows = []
    for name in options.sets:
        for row in scores(name, options.how, options.seeds, options.share):
            rows.append(row)
            told = f"{name} {row['how']} {row['share']:.0%}, seed {row['seed']}: AP {row['AP']:.3f}"
            print(told, file=sys.stderr, flush=True)
            if options.csv is not None:
                pd.DataFrame(rows).to_csv(options.csv, index=False)
    table = pd.DataFrame(rows)
    cells = table.drop(columns="seed").groupby(["how", "set", "share"], sort=False)
    mean, rivals = cells.mean(), [f"AP cleanlab {method}" for method in METHODS]
    mean["AP cleanlab's best"] = mean[rivals].max(axis=1)
    mean["lead"] = mean["AP"] - mean["AP cleanlab's best"]
    error = {at: (cell["AP"] - cell[mean.loc[at, rivals].idxmax()]).sem() for at, cell in cells}
    mean["lead ±"] = pd.Series(error).reindex(mean.index) * stats.t.ppf(0.975, max(options.seeds - 1, 1))
    print(mean.round(3).T.to_string())


if __name__ == "__main__":
    main()
