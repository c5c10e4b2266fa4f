"""Planted axes of embeddings: how many come back and are named, and how often anything else is.

    python -m tests.benchmarks.bench_axes [--seeds 60] [--first 20000]

Two axes in 64 columns of noise, one of them measured with noise; 20 measurements and 40 words that have nothing to do
with either, and with groups much to do with these. Beside it noise alone, of 3, 8, 12 and 64 columns.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from dsaudit.analysis.space.axes import readable_axes
from dsaudit.analysis.space.embedding_space import embedding_space, n_varying

N = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=20_000)
    told = parser.parse_args()
    for n_groups in (0, 40):
        started = time.process_time()
        found = named = false = worlds = noise = 0
        for seed in range(told.first, told.first + told.seeds):
            rng = np.random.default_rng(seed)
            unit = rng.integers(0, n_groups, N) if n_groups else np.arange(N)
            along = rng.normal(size=(N, 2))
            if n_groups:
                along = 0.7 * along + 0.7 * rng.normal(size=(n_groups, 2))[unit]
            X = rng.normal(size=(N, 64))
            X[:, :10] += 1.5 * along[:, :1]
            X[:, 10:16] += 1.5 * along[:, 1:]
            size = along[:, 0] + 0.8 * rng.normal(size=N)
            axes = told_of(X, unit, rng, {"size": size}, seed)
            found += len(axes)
            names = [one["name"] for axis in axes for one in axis["numbers"]]
            named += "size" in names
            wrong = sum(name != "size" for name in names) + sum(len(axis["words"]) for axis in axes)
            false, worlds = false + wrong, worlds + bool(wrong)
            bare = rng.normal(size=(N, (3, 8, 12, 64)[seed % 4]))
            noise += len(told_of(bare, unit, rng, {}, seed))
        print(
            f"{n_groups or 'no'} groups: {found} of {2 * told.seeds} axes come back, {named} of {told.seeds} named;"
            f" {false} false names, in {worlds} of {told.seeds} worlds; {noise} axes in {told.seeds} worlds of noise;"
            f" {time.process_time() - started:.1f} CPU s"
        )


def told_of(X: np.ndarray, unit: np.ndarray, rng: np.random.Generator, numbers: dict, seed: int) -> list[dict]:
    """Axes, with measurements and words that mean nothing beside ``numbers``."""
    n_units = int(unit.max()) + 1
    by_unit = (n_units < N) * rng.normal(size=(n_units, 20))[unit] + rng.normal(size=(N, 20))
    often = rng.uniform(0.05, 0.5, 40) + (n_units < N) * 0.4 * (rng.random((n_units, 40)) < 0.5)[unit]
    words = [{("", f"w{k}") for k in np.flatnonzero(row)} for row in rng.random((N, 40)) < often]
    table = pd.DataFrame(by_unit, columns=[f"noise{k}" for k in range(20)]).assign(**numbers)
    return readable_axes(embedding_space(X), variance=n_varying(X), units=unit, numbers=table, words=words, seed=seed)[
        "axes"
    ]


if __name__ == "__main__":
    main()
