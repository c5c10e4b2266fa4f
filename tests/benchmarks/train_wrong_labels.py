"""Train what tells wrong labels from a model's own doubts: ``dsaudit/analysis/label/wrong_labels.npz``.

    python -m tests.benchmarks.train_wrong_labels            # about half an hour on two cores

Thousands of small worlds are made, in each of which labels go wrong in one way by a share from 0 to half, and a model
is trained on them out of sample: Gaussian classes of 2 to 25 kinds, balanced or not, items easy or hard, seen by the
model in part and by the people who label them in another; handwritten digits and bank queries. No figure is published
on any of these. Two small networks then learn from what ``item_features`` says of an item and its set whether its label
is wrong. How far they are off for a whole set is learned from networks that did not see it.
"""

from __future__ import annotations

import argparse
import warnings
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit, softmax

from dsaudit.analysis.label.label_fit import ITEM_FEATURES, item_features, label_fit

OUT = Path("dsaudit/analysis/label/wrong_labels.npz")
SHARES = (0.003, 0.006, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
HOWS = ("uniform", "confusable", "doubt", "swapped", "people", "none")
DISAGREEING, AGREEING = 300, 100
"""Items of a world that are learned from."""


class Family(NamedTuple):
    """A kind of world: ranges of its size, dimensions and distance between classes, how labels go wrong, models."""

    n: tuple[int, int]
    dims: tuple[int, int]
    apart: tuple[float, float]
    slope: tuple[float, float]
    how: tuple[float, ...]
    model: tuple[float, ...]


MODELS = ("linear", "cautious", "lda", "forest", "network", "neighbours")
FAMILIES = {
    "wide": Family(
        (400, 3000), (3, 40), (0.6, 2.2), (0.3, 1.5),
        how=(0.18, 0.15, 0.15, 0.14, 0.3, 0.08), model=(0.3, 0.15, 0.1, 0.15, 0.15, 0.15),
    ),
    "people": Family(
        (400, 9000), (3, 16), (1.0, 3.5), (0.1, 1.6),
        how=(0.12, 0.12, 0.12, 0.1, 0.48, 0.06), model=(0.3, 0.15, 0.25, 0.1, 0.2, 0.0),
    ),
    "sure": Family(
        (1000, 9000), (3, 16), (1.8, 4.0), (0.5, 3.0),
        how=(0.1, 0.1, 0.12, 0.05, 0.58, 0.05), model=(0.3, 0.15, 0.25, 0.1, 0.2, 0.0),
    ),
    "small": Family(
        (120, 900), (8, 60), (0.7, 2.5), (0.1, 1.6),
        how=(0.2, 0.18, 0.17, 0.14, 0.25, 0.06), model=(0.5, 0.15, 0.1, 0.1, 0.15, 0.0),
    ),
}  # fmt: skip


class World(NamedTuple):
    """Items as the model sees them, right labels, and what people who label them would think, (n, k)."""

    x: np.ndarray
    true: np.ndarray
    thought: np.ndarray


class Learned(NamedTuple):
    """Features, whether wrong, and weight of the chosen items; features, size and number of wrong labels of the set."""

    X: np.ndarray
    wrong: np.ndarray
    weight: np.ndarray
    n: int
    n_wrong: int


def gaussian(family: Family, rng: np.random.Generator) -> World:
    k = int(rng.choice([2, 3, 4, 5, 8, 10, 10, 12, 20, 25]))
    n = max(int(np.exp(rng.uniform(*np.log(family.n)))), (15 if family.n[0] < 400 else 30) * k)
    dims = int(rng.integers(*family.dims))
    share = rng.dirichlet(np.full(k, 2.0)) if rng.random() < 0.35 else np.full(k, 1 / k)
    share = np.maximum(share, 0.3 / k) / np.maximum(share, 0.3 / k).sum()
    true = rng.choice(k, n, p=share)
    centre = rng.normal(size=(k, dims)) * rng.uniform(*family.apart) * (8 / dims) ** 0.5
    if rng.random() < 0.5:  # classes that resemble each other two by two
        for c in range(0, k - 1, 2):
            centre[c + 1] = centre[c] + rng.normal(size=dims) * rng.uniform(0.4, 1.2) * (8 / dims) ** 0.5
    hard = rng.gamma(rng.uniform(1, 6), 1, size=(n, 1))
    spread = np.sqrt(hard / hard.mean())
    x = centre[true] + rng.normal(size=(n, dims)) * spread
    shared, own = rng.uniform(0.2, 0.9), rng.uniform(0.2, 0.8)
    seen = centre[true] + shared * (x - centre[true]) + own * rng.normal(size=(n, dims)) * spread
    far = ((seen[:, None] - centre) ** 2).sum(2)
    thought = softmax(-0.5 * far * rng.uniform(0.3, 1.0) + np.log(share), axis=1)
    keep = int(rng.choice([dims, dims, max(2, dims // 2), max(2, dims // 4)]))
    return World(x[:, :keep], true, thought)


def real(name: str, rng: np.random.Generator) -> World:
    """Some classes of a set in a few principal components."""
    from sklearn.decomposition import PCA

    from tests.benchmarks.planted_statements import features

    if name not in _REAL:
        X, y, _ = features(name)
        _REAL[name] = (X.to_numpy(), y)
    x, true = _REAL[name]
    k = int(rng.integers(2, min(int(true.max()) + 2, 30)))
    kept = np.sort(rng.choice(true.max() + 1, k, replace=False))
    rows = np.flatnonzero(np.isin(true, kept))
    rows = np.sort(rng.choice(rows, min(len(rows), 2000), replace=False))
    x, true = x[rows], np.searchsorted(kept, true[rows])
    x = PCA(min(80, *x.shape), random_state=0).fit_transform((x - x.mean(0)) / (x.std(0) + 1e-6))
    thought = predicted(x, true, "linear", k)
    keep = int(rng.choice([x.shape[1], x.shape[1] // 4, x.shape[1] // 10, max(3, x.shape[1] // 20)]))
    return World(x[:, :keep], true, thought)


_REAL: dict[str, tuple[np.ndarray, np.ndarray]] = {}


def predicted(x: np.ndarray, given: np.ndarray, model: str, k: int) -> np.ndarray:
    """Out-of-sample probabilities (n, k)."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

    made = {
        "linear": lambda: LogisticRegression(max_iter=50, tol=1e-3),
        "cautious": lambda: LogisticRegression(C=0.01, max_iter=50, tol=1e-3),
        "lda": LinearDiscriminantAnalysis,
        "forest": lambda: RandomForestClassifier(50, min_samples_leaf=3, random_state=0),
        "network": lambda: MLPClassifier((48,), max_iter=30, random_state=0),
        "neighbours": lambda: KNeighborsClassifier(15),
    }[model]
    probs = np.full((len(x), k), 1e-4)
    for train, test in StratifiedKFold(4, shuffle=True, random_state=0).split(x, given):
        fitted = made().fit(x[train], given[train])
        probs[np.ix_(test, fitted.classes_)] = np.maximum(fitted.predict_proba(x[test]), 1e-4)
    return probs / probs.sum(1, keepdims=True)


def damaged(world: World, how: str, share: float, slope: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Given labels."""
    true, thought = world.true, world.thought
    n, k = thought.shape
    given, row = true.copy(), np.arange(n)
    rest = thought.copy()
    rest[row, true] = 0.0
    taken = np.stack([rest[true == c].mean(0) if (true == c).any() else np.ones(k) for c in range(k)])
    np.fill_diagonal(taken, 0.0)
    if how == "uniform":
        wrong = rng.random(n) < share
        given[wrong] = (true[wrong] + rng.integers(1, k, int(wrong.sum()))) % k
    elif how == "confusable":
        wrong = rng.random(n) < share
        given[wrong] = taken.argmax(1)[true[wrong]]
    elif how == "doubt":
        doubt = 1.02 - thought[row, true]
        wrong = rng.choice(n, int(share * n), replace=False, p=doubt / doubt.sum())
        given[wrong] = rest[wrong].argmax(1)
    elif how == "swapped":
        some = rng.permutation(k)[: max(2, 2 * (k // 6))]
        partner = np.arange(k)
        partner[some[::2]], partner[some[1::2]] = some[1::2], some[::2]
        at_stake = np.flatnonzero(partner[true] != true)
        wrong = at_stake[rng.random(len(at_stake)) < min(share * n / max(len(at_stake), 1), 0.45)]
        given[wrong] = partner[true[wrong]]
    elif how == "people":  # more often where it is hard, by class, to what is plausible or usual
        z = -logit(np.clip(thought[row, true], 1e-4, 1 - 1e-4))
        z = np.clip((z - z.mean()) / max(z.std(), 1e-6), -3, 3) * rng.uniform(*slope)
        z += (rng.normal(size=k) * rng.uniform(0, 0.7))[true]
        least = brentq(lambda b: expit(b + z).mean() - share, -30, 15)
        wrong = rng.random(n) < np.minimum(expit(least + z), 0.75)
        plausible = np.maximum(rest, 1e-9) ** rng.uniform(0.2, 1.0)
        usual = taken ** rng.uniform(0.3, 1.0) + 1e-9
        for table, to in ((plausible, true), (usual, np.arange(k))):
            table[np.arange(len(table)), to] = 0.0
            np.divide(table, table.sum(1, keepdims=True), out=table)
        mixed = rng.uniform(0, 0.6)
        chance = (1 - mixed) * plausible + mixed * usual[true]
        picked = (chance.cumsum(1) / chance.sum(1, keepdims=True) > rng.random(n)[:, None]).argmax(1)
        given[wrong] = picked[wrong]
    return given


def worlds(job: tuple[str, int, int]) -> list[Learned]:
    """A few settings on one world."""
    warnings.filterwarnings("ignore")
    name, seed, number = job
    rng = np.random.default_rng([seed, number, sum(name.encode())])
    family = FAMILIES.get(name, FAMILIES["wide"])
    world = gaussian(family, rng) if name in FAMILIES else real(name, rng)
    found = []
    k = world.thought.shape[1]
    for _ in range(4):
        how = str(rng.choice(HOWS, p=family.how))
        share = 0.0 if how == "none" else float(rng.choice(SHARES))
        share = min(share, 0.5 if how == "uniform" and k > 2 else 0.42)
        given = damaged(world, how, share, family.slope, rng)
        model = str(rng.choice(MODELS, p=family.model))
        if len(given) > 4000 and model in ("network", "forest"):
            model = "linear"
        if np.bincount(given, minlength=k).min() < 6:
            continue
        probs = predicted(world.x, given, model, k)
        if rng.random() < 0.4:
            probs = probs ** np.exp(rng.uniform(np.log(1 / 3), np.log(2)))
            probs /= probs.sum(1, keepdims=True)
        if (probs.argmax(1) == world.true).mean() >= 0.45:
            found.append(learned(probs, given, given != world.true, rng))
    return found


def learned(probs: np.ndarray, given: np.ndarray, wrong: np.ndarray, rng: np.random.Generator) -> Learned:
    X = item_features(label_fit(probs, given), probs, given)
    agrees = X[:, ITEM_FEATURES.index("agrees")] > 0
    parts, weights = [], []
    for rows, most in ((np.flatnonzero(~agrees), DISAGREEING), (np.flatnonzero(agrees), AGREEING)):
        chosen = rng.permutation(rows)[:most]
        parts.append(chosen)
        weights.append(np.full(len(chosen), len(rows) / max(len(chosen), 1)))
    rows = np.concatenate(parts)
    return Learned(X[rows], wrong[rows], np.concatenate(weights).astype(np.float32), len(given), int(wrong.sum()))


def network(sets: list[Learned], *, seed: int, epochs: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of three layers on raw features."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    X = np.concatenate([s.X for s in sets])
    y = torch.tensor(np.concatenate([s.wrong for s in sets]).astype(np.float32))
    w = torch.tensor(np.concatenate([s.weight / s.n for s in sets]).astype(np.float32))
    Z = torch.tensor(standardised(X, X.mean(0), X.std(0)))
    layers = [torch.nn.Linear(X.shape[1], 96), torch.nn.Linear(96, 48), torch.nn.Linear(48, 1)]
    silu, drop = torch.nn.SiLU(), torch.nn.Dropout(0.2)
    net = torch.nn.Sequential(layers[0], silu, drop, layers[1], silu, drop, layers[2])
    steps = epochs * (len(y) // 2048 + 1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(2048):
            optimiser.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(Z[rows])[:, 0], y[rows], reduction="none")
            ((loss * w[rows]).sum() / w[rows].sum()).backward()
            optimiser.step()
            if schedule.last_epoch < steps - 1:
                schedule.step()
    return [(x.weight.detach().numpy(), x.bias.detach().numpy()) for x in layers]


def standardised(X: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return np.clip((X - mean) / (sd + 1e-3), -5, 5).astype(np.float32)


def said(net: list[tuple[np.ndarray, np.ndarray]], Z: np.ndarray) -> np.ndarray:
    for weight, bias in net[:-1]:
        Z = Z @ weight.T + bias
        Z = Z * expit(Z)
    return np.asarray(Z @ net[-1][0].T + net[-1][1])[:, 0].astype(np.float64)


def off(sets: list[Learned], net: list[tuple[np.ndarray, np.ndarray]], mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """By how much all log odds of each set would have to move to add up to its number of wrong labels."""
    found = []
    for s in sets:
        odds, wanted = said(net, standardised(s.X, mean, sd)), max(s.n_wrong, 0.4)
        total = lambda d, odds=odds, s=s: float(s.weight @ expit(odds + d))  # noqa: E731
        found.append(brentq(lambda d: total(d) - min(wanted, 0.98 * s.n), -40, 40))  # noqa: B023
    return np.array(found)


def uncertainty(sets: list[Learned], shifts: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Coefficients, the constant last, of the logarithm of the standard deviation of ``shifts`` by set features."""
    from scipy.optimize import minimize

    Z = np.stack([standardised(s.X, mean, sd)[0, len(ITEM_FEATURES) :] for s in sets]).astype(np.float64)
    A = np.column_stack([Z, np.ones(len(Z))])

    def loss(c: np.ndarray) -> tuple[float, np.ndarray]:
        log_sd = A @ c
        ratio = (shifts / np.exp(log_sd)) ** 2  # Student's t with four degrees of freedom: a few sets are far off
        value = (log_sd + 2.5 * np.log1p(ratio / 4)).mean() + 0.01 * (c[:-1] @ c[:-1])
        slope = A.T @ (1 - 2.5 * (ratio / 2) / (1 + ratio / 4)) / len(A)
        slope[:-1] += 0.02 * c[:-1]
        return float(value), slope

    return np.asarray(minimize(loss, np.zeros(A.shape[1]), jac=True, method="L-BFGS-B").x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=150, help="of each family")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = (*FAMILIES, "digits", "banking77")
    jobs = [(name, options.seed, i) for i in range(options.worlds) for name in names]
    with Pool(2) as pool:
        sets = [s for some in pool.imap(worlds, jobs, chunksize=4) for s in some]
    print(f"{len(sets)} settings, {sum(len(s.X) for s in sets)} items", flush=True)
    X = np.concatenate([s.X for s in sets])
    mean, sd = X.mean(0), X.std(0)
    shifts = np.empty(len(sets))
    halves = np.arange(len(sets)) // 4 % 2  # settings of one world stay mostly together
    for half in (0, 1):
        seen = [s for s, h in zip(sets, halves, strict=True) if h != half]
        unseen = [s for s, h in zip(sets, halves, strict=True) if h == half]
        net = network(seen, seed=options.seed, epochs=options.epochs)
        own = np.concatenate([s.X for s in seen])
        shifts[halves == half] = off(unseen, net, own.mean(0), own.std(0))
    print("shift of sets not seen:", np.percentile(shifts, [2.5, 16, 50, 84, 97.5]).round(2), flush=True)
    arrays = {"mean": mean, "sd": sd, "uncertainty": uncertainty(sets, shifts, mean, sd)}
    for number in range(2):
        for layer, (weight, bias) in enumerate(network(sets, seed=options.seed + number, epochs=options.epochs)):
            arrays |= {f"weight{number}{layer}": weight, f"bias{number}{layer}": bias}
    np.savez(OUT, **{name: array.astype(np.float32) for name, array in arrays.items()})


if __name__ == "__main__":
    main()
