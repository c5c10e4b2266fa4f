"""Planted people in a pilot: how often one who answers at random is named, and somebody else; and whether the interval
of the difference between two rounds holds.

    python -m tests.benchmarks.bench_pilot [--seeds 60] [--first 20000]
"""

from __future__ import annotations

import argparse

import numpy as np

from dsaudit.analysis.people.agreement import Ratings, alpha_change, beyond_chance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--first", type=int, default=20_000)
    told = parser.parse_args()
    seeds = range(told.first, told.first + told.seeds)
    for k in (2, 4, 12):
        for n in (24, 48):
            for beside in (False, True):
                for rates in ((0.85,), (0.85, 0.7), (0.6, 0.5)):
                    random_named = false = 0
                    for seed in seeds:
                        named, others = one_world(np.random.default_rng(seed), k, n, rates, beside=beside)
                        random_named, false = random_named + named, false + others
                    voices = "with model and data" if beside else "people alone"
                    print(
                        f"{k} answers, {n} items, {voices}, right {rates}: at random named {random_named} of"
                        f" {told.seeds}, somebody else in {false} of {2 * told.seeds} worlds"
                    )
    held = sum(interval_holds(seed) for seed in seeds)
    print(f"the interval of the difference in alpha (.36 to .81, 3 people, 48 items) holds {held} of {told.seeds}")


def one_world(rng: np.random.Generator, k: int, n: int, rates: tuple[float, ...], *, beside: bool) -> tuple[bool, int]:
    """Whether one at random beside people right so often is named; and whether somebody else is, with and without."""
    true = rng.integers(0, k, n)

    def person(rate: float) -> np.ndarray:
        return np.where(rng.random(n) < rate, true, rng.integers(0, k, n))

    good = [person(rate) for rate in rates]
    voices = np.stack([person(0.8), person(0.9)]) if beside else None

    def named(last: np.ndarray) -> np.ndarray:
        labels = np.stack([*good, last])
        people, items = (tuple(map(str, range(m))) for m in labels.shape)
        found = Ratings(labels, people, items, tuple(map(str, range(k))))
        return beyond_chance(found, voices)["at_random"].to_numpy()

    with_random = named(rng.integers(0, k, n))
    return bool(with_random[-1]), int(with_random[:-1].any()) + int(named(person(0.75)).any())


def interval_holds(seed: int, *, n: int = 48, k: int = 4) -> bool:
    """Alpha of people who are right with probability r, and else at random, is r squared."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    rounds = []
    for rate in (0.6, 0.9):
        counts = np.zeros((n, k), dtype=int)
        for _ in range(3):
            said = np.where(rng.random(n) < rate, true, rng.integers(0, k, n))
            counts[np.arange(n), said] += 1
        rounds.append(counts)
    found = alpha_change(*rounds, n_bootstrap=400, seed=seed)
    return found.low <= 0.9**2 - 0.6**2 <= found.high


if __name__ == "__main__":
    main()
