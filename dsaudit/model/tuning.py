"""Search for better hyper-parameters before training, judged on a validation part only.

One fold is held out of the whole search, and so is a split called test. The search trains on the folds that
are left and judges on one of them in turn; what it finds is compared with the defaults on the fold held out,
once, at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.model.search import Categorical, Numeric, Space, ValidationScore, best_trial, described, search
from dsaudit.errors import InconclusiveError
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.head import next_fold, rows_of
from dsaudit.model.heads import head_of
from dsaudit.model.probe import log_loss

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.analysis.model.search import Trial
    from dsaudit.model.folds import Folds

METRIC = "validation log loss"
HELD = 0
"""The fold that the search never sees."""

_ALL_PARTS_UP_TO = 10_000
_HEADS = ("linear", "knn", "forest", "ensemble")
_HEAD_SPACE: Space = {
    "strength": Numeric(1e-4, 3.0, log=True, when=("head", ("linear", "ensemble"))),
    "n_neighbours": Numeric(3, 100, log=True, whole=True, when=("head", ("knn", "ensemble"))),
    "width": Numeric(0.02, 0.5, log=True, when=("head", ("knn", "ensemble"))),
    "min_leaf": Numeric(1, 30, log=True, whole=True, when=("head", ("forest", "ensemble"))),
    "n_rounds": Numeric(10, 100, log=True, whole=True, when=("head", ("boosting",))),
    "learning_rate": Numeric(0.03, 0.3, log=True, when=("head", ("boosting",))),
    "max_leaves": Numeric(4, 32, log=True, whole=True, when=("head", ("boosting",))),
}
Remember = Callable[[Mapping[str, Any], Callable[[], Mapping[str, float]]], Mapping[str, float]]
"""From values and how to score them to the score, computed now or kept from before."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    values : dict
        Best values; empty where every trial failed.
    table : dict
        ``metric``, ``trials``, ``best`` (number of a trial or None), ``space``, and ``held_out``: ``n`` items that
        the search never saw, with ``default`` and ``best`` (loss and accuracy there); see ``tuning.json``.
    """

    values: dict[str, Any]
    table: dict[str, Any]


def head_space(named: str | None = None) -> Space:
    """Where the search for a head looks: the values of the one named, or which of the quick ones and its values."""
    heads = _HEADS if named is None else (named,)
    space: dict[str, Numeric | Categorical] = {"head": Categorical(heads)}
    space |= {k: part for k, part in _HEAD_SPACE.items() if part.when and set(part.when[1]) & set(heads)}
    return space


def tune(
    space: Space,
    score: Callable[[Mapping[str, Any]], ValidationScore],
    *,
    defaults: Mapping[str, Any],
    held_out: Callable[[Mapping[str, Any]], tuple[int, ValidationScore]] | None = None,
    n_trials: int,
    seed: int = 0,
    remember: Remember = lambda values, compute: compute(),
    on_trial: Callable[[Trial], None] | None = None,
) -> Found:
    """Search ``space`` by ``score`` on a validation part, then look at the part held out, once.

    Parameters
    ----------
    score : callable
        From values to their score on the validation part; see ``dsaudit.analysis.model.search.search``.
    defaults : mapping
        Values of the first trial.
    held_out : callable, optional
        From values to the number of items that the search never saw, and the score there.
    n_trials : int
        At least 1.
    remember : callable
        Keeps finished trials: an interrupted search goes on where it was.
    on_trial : callable, optional
        Told of each trial as it ends.
    """

    def judge(values: Mapping[str, Any]) -> ValidationScore:
        def compute() -> Mapping[str, float]:
            found = score(values)
            return {"loss": found.loss, "accuracy": found.accuracy}

        kept = remember(values, compute)
        return ValidationScore(float(kept["loss"]), float(kept["accuracy"]))

    trials = search(space, judge, n_trials=n_trials, defaults=defaults, seed=seed, on_trial=on_trial)
    best = best_trial(trials)
    rows = [
        {"trial": t.trial, "round": t.round, "values": dict(t.values), "loss": t.loss, "accuracy": t.accuracy}
        | ({"error": t.error} if t.error else {})
        for t in trials
    ]
    values = {} if best is None else dict(trials[best].values)
    table: dict[str, Any] = {"metric": METRIC, "trials": rows, "best": best, "space": described(space)}
    if held_out is not None and best is not None:

        def look(asked: Mapping[str, Any]) -> Mapping[str, float]:
            n, found = held_out(asked)
            return {"n": n, "loss": found.loss, "accuracy": found.accuracy}

        default = remember({**defaults, "held_out": True}, lambda: look(defaults))
        found = default if best == 0 else remember({**values, "held_out": True}, lambda: look(values))
        table["held_out"] = {
            "n": int(default["n"]),
            "default": {name: float(default[name]) for name in ("loss", "accuracy")},
            "best": {name: float(found[name]) for name in ("loss", "accuracy")},
        }
    return Found(values, table)


def told(found: Found, *, things: Callable[[int], str]) -> str:
    """What came of a search, in one sentence; ``things`` says so many items in words."""
    n = len(found.table["trials"])
    if not found.values:
        return f"none of {n} trials of the search came to an end, so the defaults are used"
    if found.table["best"] == 0:
        return f"none of {n} trials of a search does better than the defaults, which are used"
    default = found.table["trials"][0]["values"]
    changed = {name: value for name, value in found.values.items() if name not in default or default[name] != value}
    values = ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in changed.items()
    )
    said = f"the best of {n} trials of a search is used: {values}"
    if held := found.table.get("held_out"):
        default, best = held["default"], held["best"]
        said += (
            f"; on {things(held['n'])} that it never saw the log loss goes from {default['loss']:.3f} to "
            f"{best['loss']:.3f} and the accuracy from {default['accuracy']:.1%} to {best['accuracy']:.1%}"
        )
    return said


@dataclass(frozen=True, slots=True)
class HeadTrials:
    """Scores of heads on parts of the training folds.

    Attributes
    ----------
    X : float32 array (n, d)
    y : int64 array (n,)
        Column of the class, -1 for none.
    fold : int array (n,)
        -1 for items of a test split, which no trial sees.
    classes : tuple of str, length k
    held : int
        The fold that is held out of the search.
    """

    X: npt.NDArray[np.float32]
    y: npt.NDArray[np.int64]
    fold: npt.NDArray[np.integer[Any]]
    classes: tuple[str, ...]
    held: int = HELD
    device: str = "auto"
    seed: int = 0

    @classmethod
    def of(
        cls,
        embeddings: pd.DataFrame,
        labels: pd.Series,
        folds: Folds,
        *,
        splits: pd.Series | None = None,
        held: int = HELD,
        device: str = "auto",
        seed: int = 0,
    ) -> HeadTrials:
        """From tables by item id; items whose split is ``test`` take no part.

        Raises
        ------
        InconclusiveError
            Fewer than two folds are left to train on one and judge on the other.
        """
        ids, X, y, fold = rows_of(embeddings, labels, folds)
        fold = fold.astype(np.int64)
        if splits is not None:
            fold[(splits.reindex(ids) == "test").to_numpy(dtype=bool)] = -1
        made = cls(X, y, fold, folds.classes, held, device, seed)
        if len(made._present()) < 2:
            raise InconclusiveError(
                "too few folds to search: one is held out, one judges, one is trained on",
                hint="use three folds or more",
            )
        return made

    def _present(self) -> npt.NDArray[np.integer[Any]]:
        return np.unique(self.fold[(self.fold >= 0) & (self.fold != self.held) & (self.y >= 0)])

    def score(self, values: Mapping[str, Any]) -> ValidationScore:
        """Mean over the items of the folds that judge: each in turn up to 10,000 items, one of them above."""
        present = self._present()
        judges = present.tolist() if len(self.y) <= _ALL_PARTS_UP_TO else [next_fold(self.held, present)]

        def judged(judge: int) -> tuple[int, float, float]:
            return self._judged(values, judge, [f for f in present.tolist() if f != judge])

        with one_thread_each(), ThreadPoolExecutor(min(n_workers(pick_device(self.device)), len(judges))) as pool:
            return self._mean(list(pool.map(judged, judges)))

    def held_out(self, values: Mapping[str, Any]) -> tuple[int, ValidationScore]:
        """Number of items held out of the search, and the score on them after training on all that it saw."""
        with one_thread_each():
            part = self._judged(values, self.held, self._present().tolist())
        return part[0], self._mean([part])

    def _judged(self, values: Mapping[str, Any], judge: int, train: list[int]) -> tuple[int, float, float]:
        seen = np.flatnonzero(np.isin(self.fold, train) & (self.y >= 0))
        asked = np.flatnonzero((self.fold == judge) & (self.y >= 0))
        inner = self.fold[seen] == (next_fold(judge, np.array(train)) if len(train) > 1 else -2)
        head = head_of(values).fit(
            self.X[seen], self.y[seen], classes=self.classes, inner=inner, device=self.device, seed=self.seed
        )
        probs = head.predict(self.X[asked])
        n = len(asked)
        return n, n * log_loss(probs, self.y[asked]), float((probs.argmax(1) == self.y[asked]).sum())

    @staticmethod
    def _mean(parts: list[tuple[int, float, float]]) -> ValidationScore:
        n = sum(part[0] for part in parts)
        if not n:
            return ValidationScore(float("nan"), float("nan"))
        return ValidationScore(sum(part[1] for part in parts) / n, sum(part[2] for part in parts) / n)
