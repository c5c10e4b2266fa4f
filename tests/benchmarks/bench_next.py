"""Labels needed to reach what randomly chosen ones reach with the whole budget; random is drawn beside every other.

    python -m tests.benchmarks.bench_next SET … [--seeds 0 1 2 3 4] [--cap 60]

A set is a run (an audit of a labelled set with embeddings), or an .npz with ``X``, ``y`` and ``group``. A third of the
groups is held out to be judged on. All start from the same random labels, one per class, and add one per class and
round, eight times, or until three in five of the others have one; what is learned each time is a logistic regression
on the embedding space. The sharpness and how much a model's doubt says were chosen on esc10, speech_commands_v1_mini
and two dozen intents of banking77; clinc150, clothing and speech_commands are for scoring.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from dsaudit.analysis.label.labelling_order import doubts, labelling_order, says, worth
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.model.folds import units_of
from dsaudit.store.run import Run

ROUNDS = 8
_C = 0.03


@dataclass
class State:
    """What a way of choosing sees: points of all items, labels so far, rows to choose from and their probabilities."""

    points: np.ndarray
    labelled: np.ndarray
    free: np.ndarray
    probs: np.ndarray
    units: np.ndarray
    n_classes: int
    rng: np.random.Generator

    @property
    def unit(self) -> np.ndarray:
        return self.points / np.maximum(np.linalg.norm(self.points, axis=1, keepdims=True), 1e-12)


def random(s: State, n: int) -> np.ndarray:
    return s.rng.permutation(len(s.free))[:n]


def margin(s: State, n: int) -> np.ndarray:
    return np.argsort(-doubts(s.probs), kind="stable")[:n]


def entropy(s: State, n: int) -> np.ndarray:
    return np.argsort((s.probs * np.log(np.maximum(s.probs, 1e-12))).sum(axis=1), kind="stable")[:n]


def badge(s: State, n: int) -> np.ndarray:
    """k-means++ on gradients of the last layer for the predicted class (J. Ash et al., ICLR 2020)."""
    error = -s.probs.copy()
    error[np.arange(len(error)), s.probs.argmax(axis=1)] += 1.0
    x = s.points[s.free]
    square = (error**2).sum(axis=1) * (x**2).sum(axis=1)
    chosen = [int(square.argmax())]
    far = np.full(len(x), np.inf)
    while len(chosen) < n:
        j = chosen[-1]
        far = np.minimum(far, np.maximum(square + square[j] - 2 * (error @ error[j]) * (x @ x[j]), 0.0))
        far[chosen] = 0.0
        p = far if far.sum() > 0 else np.where(np.isin(np.arange(len(x)), chosen), 0.0, 1.0)
        chosen.append(int(s.rng.choice(len(x), p=p / p.sum())))
    return np.array(chosen)


def k_centre(s: State, n: int) -> np.ndarray:
    """Farthest first (O. Sener & S. Savarese, ICLR 2018)."""
    x, chosen = s.unit[s.free], []
    near = (x @ s.unit[s.labelled].T).max(axis=1)
    for _ in range(n):
        chosen.append(int(near.argmin()))
        near = np.maximum(near, x @ x[chosen[-1]])
        near[chosen] = np.inf
    return np.array(chosen)


def typical(s: State, n: int) -> np.ndarray:
    return _ours(s, n, 0.0)


def ours(s: State, n: int) -> np.ndarray:
    return _ours(s, n, says(len(s.labelled), s.n_classes))


def _ours(s: State, n: int, say: float) -> np.ndarray:
    at = np.concatenate([s.labelled, s.free])
    weight = np.concatenate([np.zeros(len(s.labelled)), worth(doubts(s.probs), say)])
    known = np.arange(len(at)) < len(s.labelled)
    return labelling_order(s.points[at], known, n=n, weight=weight, groups=s.units[at]).rows - len(s.labelled)


WAYS = (random, margin, entropy, badge, k_centre, typical, ours)


def read(path: str, cap: int) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """Name, embeddings, numbers of class and group; at most ``cap`` items of a class, as drawn once."""
    if path.endswith(".npz"):
        with np.load(path) as kept:
            x, label, group = kept["X"], kept["y"].astype(str), kept["group"].astype(str)
        group = pd.Series(group).where(~np.isin(group, ["", "nan", "None"]), None)
        name = Path(path).stem
    else:
        run = Run.open(path)
        items = run.items.reindex(run.embeddings.index)
        x, label, group = run.embeddings.to_numpy(), items["label"].fillna("").to_numpy(str), items["group"]
        name = run.path.parents[1].name
    drawn = np.random.default_rng(9).permutation(len(label))
    rank = pd.Series(label[drawn]).groupby(label[drawn]).cumcount().to_numpy()
    kept_rows = np.sort(drawn[(rank < cap) & ~np.isin(label[drawn], ["", "nan", "None", "oos"])])
    units = units_of(pd.RangeIndex(len(label)), pd.Series(group).reset_index(drop=True))
    classes, groups = (np.unique(v[kept_rows], return_inverse=True)[1] for v in (label, units))
    return name, x[kept_rows], classes, groups


def fitted(points: np.ndarray, y: np.ndarray, n_classes: int, asked: np.ndarray) -> np.ndarray:
    model = LogisticRegression(C=_C, max_iter=60, tol=1e-3).fit(points, y)
    probs = np.zeros((len(asked), n_classes))
    probs[:, model.classes_] = model.predict_proba(asked)
    return probs


def curves(points: np.ndarray, y: np.ndarray, units: np.ndarray, *, seeds: list[int]) -> dict[str, np.ndarray]:
    """Accuracy by way, seed and round; labels are n_classes · (1 + round)."""
    k, out = int(y.max()) + 1, {way.__name__: [] for way in WAYS}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        held = np.isin(units, rng.permutation(units.max() + 1)[: (units.max() + 1) // 3])
        test, pool = np.flatnonzero(held), np.flatnonzero(~held)
        start = rng.permutation(pool)[:k]
        for way in WAYS:
            labelled, line, own = start, [], np.random.default_rng([seed, 1])
            rounds = min(ROUNDS, int(0.6 * len(pool) / k) - 1)
            for number in range(rounds + 1):
                free = np.setdiff1d(pool, labelled)
                probs = fitted(points[labelled], y[labelled], k, points[np.concatenate([test, free])])
                line.append((probs[: len(test)].argmax(axis=1) == y[test]).mean())
                if number < rounds:
                    state = State(points, labelled, free, probs[len(test) :], units, k, own)
                    labelled = np.concatenate([labelled, free[way(state, k)]])
            out[way.__name__].append(line)
    shortest = min(len(line) for line in out["random"])
    return {name: np.array([line[:shortest] for line in lines]) for name, lines in out.items()}


def needed(line: np.ndarray, target: float) -> float:
    """Share of the budget at which a mean curve first reaches the target, between rounds on a straight line."""
    for number in range(1, len(line)):
        if line[number] >= target:
            rise = max(line[number] - line[number - 1], 1e-9)
            return (number - 1 + max(0.0, target - line[number - 1]) / rise) / (len(line) - 1)
    return np.inf


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--cap", type=int, default=60)
    options = parser.parse_args()
    for path in options.sets:
        started = time.process_time()
        name, x, y, units = read(path, options.cap)
        found = curves(embedding_space(x), y, units, seeds=options.seeds)
        drawn = found["random"]
        rows = {
            way: {
                "share of budget": needed(lines.mean(axis=0), drawn.mean(axis=0)[-1]),
                "points over random": 100 * (lines - drawn)[:, 1:].mean(),
                "worst round": 100 * (lines - drawn).mean(axis=0)[1:].min(),
                **{f"{1 + n}": 100 * a for n, a in enumerate(lines.mean(axis=0))},
            }
            for way, lines in found.items()
        }
        told = f"{name}: {len(y)} items, {y.max() + 1} classes, {len(options.seeds)} seeds"
        print(
            f"{told}, {time.process_time() - started:.0f} CPU s\n{pd.DataFrame(rows).T.round(2).to_string()}",
            flush=True,
        )
