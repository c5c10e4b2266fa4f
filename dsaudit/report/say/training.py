"""How training went, in words and series: which classes are learned when, and how the figures move."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.kind import Nouns
from dsaudit.report.say.words import count, figure, percent, shown

if TYPE_CHECKING:
    from dsaudit.store.schema.metrics import EpochFigures, Metrics

Matrix = list[list[int]]


@dataclass(frozen=True, slots=True)
class LearnedClass:
    """One class while it is learned.

    Attributes
    ----------
    name : str
    n : int
        Its items in the validation parts of all folds.
    recall : tuple of float
        Per epoch, 0 to 1, over all folds; a fold that has stopped stays as it was.
    learned_at : float or None
        Epoch, counted from 1 and averaged over folds, from which its recall stays at half or more of where it
        ends; None where nothing of it is found in the end.
    """

    name: str
    n: int
    recall: tuple[float, ...]
    learned_at: float | None


@dataclass(frozen=True, slots=True)
class Training:
    """The section on training.

    Attributes
    ----------
    title, lead : str
        The statement, and the sentences below it.
    classes : tuple of LearnedClass
        The last learned first.
    series : dict of str to tuple of tuple of float
        ``loss``, ``validation_loss``, ``accuracy``: per fold, per epoch.
    confusions : tuple of matrices
        Per epoch: rows given, columns predicted, added up over the folds; empty where they were not kept, of very
        many classes.
    n_epochs : int
        Of the fold that was trained longest.
    names : tuple of str
        Of rows and columns.
    recipe : tuple of (name, value)
        What it was trained with, as text.
    """

    title: str
    lead: str
    classes: tuple[LearnedClass, ...]
    series: dict[str, tuple[tuple[float, ...], ...]]
    confusions: tuple[Matrix, ...]
    n_epochs: int
    names: tuple[str, ...]
    recipe: tuple[tuple[str, str], ...]

    @property
    def n_folds(self) -> int:
        """How many models were trained."""
        return len(self.series["accuracy"])

    def mean(self, name: str) -> tuple[float, ...]:
        """A series averaged over folds, epoch by epoch; a fold that has stopped stays as it was."""
        folds = self.series[name]
        return tuple(sum(f[min(e, len(f) - 1)] for f in folds) / len(folds) for e in range(self.n_epochs))


def training_of(metrics: Metrics, nouns: Nouns) -> Training | None:
    """The section of a run, from its ``metrics.json``; None where nothing was fine-tuned."""
    found = metrics.training
    if found is None or not found.epochs:
        return None
    folds: dict[int, list[EpochFigures]] = defaultdict(list)
    for epoch in sorted(found.epochs, key=lambda e: (e.fold, e.epoch)):
        folds[epoch.fold].append(epoch)
    series = {
        name: tuple(tuple(float(getattr(e, name)) for e in epochs) for epochs in folds.values())
        for name in ("loss", "validation_loss", "accuracy")
    }
    names, n = found.classes, max(map(len, folds.values()))
    confusions, classes = _added(list(folds.values()), n, names, found.learned)
    made = Training(_title(classes, n), "", classes, series, confusions, n, names, _recipe(found.recipe))
    return replace(made, lead=_lead(made, nouns))


def model_words(metrics: Metrics) -> str:
    """How the model behind the figures is called: what was only probed is quick."""
    if metrics.baseline and metrics.baseline.external:
        return "The model that was brought"
    return "A fine-tuned model" if metrics.training else "A quick model"


def most_confused(counts: Sequence[Sequence[int]], room: int) -> list[int]:
    """Classes of the most frequent confusions, in their own order, so that a small matrix holds them.

    Parameters
    ----------
    counts : k sequences of k int
    room : int
        At most so many; all of them where they fit.
    """
    k = len(counts)
    if k <= room:
        return list(range(k))
    pairs = sorted((-n, g, p) for g, row in enumerate(counts) for p, n in enumerate(row) if n and g != p)
    chosen: set[int] = set()
    for _, *pair in pairs:
        if len(chosen.union(pair)) <= room:
            chosen.update(pair)
        if len(chosen) == room:
            break
    rest = (c for c in range(k) if c not in chosen)
    return sorted([*chosen, *islice(rest, room - len(chosen))])


def thinned(n: int, most: int) -> list[int]:
    """At most ``most`` of the indices 0 … n - 1, evenly spread, the first and the last among them."""
    if n <= most:
        return list(range(n))
    return sorted({round(k * (n - 1) / (most - 1)) for k in range(most)})


def _added(
    folds: list[list[EpochFigures]], n_epochs: int, names: Sequence[str], learned: Mapping[str, float | None]
) -> tuple[tuple[Matrix, ...], tuple[LearnedClass, ...]]:
    """Confusions epoch by epoch, where they were kept, and the classes; both added up over the folds."""
    k = len(names)
    kept = not any(epoch.of for epochs in folds for epoch in epochs)
    right, of = np.zeros((2, n_epochs, k), dtype=np.int64)
    confusions = []
    for e in range(n_epochs):
        now = [epochs[min(e, len(epochs) - 1)] for epochs in folds]  # a fold that has stopped stays as it was
        if kept:
            added = np.sum([np.reshape(np.array(f.confusion, dtype=np.int64), (k, k)) for f in now], axis=0)
            right[e], of[e] = added.diagonal(), added.sum(1)
            confusions.append(added.tolist())
        else:
            right[e] = np.sum([f.right for f in now], axis=0)
            of[e] = np.sum([f.of for f in now], axis=0)
    recall = right / np.maximum(of, 1)
    classes = []
    for c in np.flatnonzero(of[-1] if n_epochs else []).tolist():
        at = learned[names[c]] if recall[-1, c] > 0 else None
        classes.append(LearnedClass(names[c], int(of[-1, c]), tuple(recall[:, c].tolist()), at))
    classes.sort(key=lambda c: (-(c.learned_at or math.inf), c.recall[-1], c.name))
    return tuple(confusions) if k else (), tuple(classes)


def _title(classes: Sequence[LearnedClass], n_epochs: int) -> str:
    if not classes:
        return f"The model was trained for {_epochs(n_epochs)}"
    never = [c for c in classes if c.learned_at is None]
    if len(never) == 1:
        return f"`{shown(never[0].name)}` is not learned: after {_epochs(n_epochs)} none of it is found"
    if never:
        return (
            f"{len(never)} of {len(classes)} classes are not learned: "
            f"after {_epochs(n_epochs)} none of `{shown(never[0].name)}` is found"
        )
    last, first = classes[0], classes[-1]
    late, early = (math.floor((c.learned_at or 0) + 0.5) for c in (last, first))
    if late <= early:
        return f"All {len(classes)} classes are learned by epoch {late}"
    return f"`{shown(last.name)}` is learned last, in epoch {late}; `{shown(first.name)}` first, in epoch {early}"


def _lead(made: Training, nouns: Nouns) -> str:
    accuracy, loss = made.mean("accuracy"), made.mean("validation_loss")
    best = min(range(len(loss)), key=lambda e: (loss[e] if math.isfinite(loss[e]) else math.inf, e))
    said = (
        f"Accuracy on held-back {nouns.many} goes from {percent(accuracy[0])} to {percent(accuracy[-1])} in "
        f"{_epochs(len(accuracy))}{f', over {made.n_folds} folds' if made.n_folds > 1 else ''}."
    )
    if best < len(loss) - 1 and loss[-1] > loss[best] * 1.05:
        said += f" Its loss there is lowest in epoch {best + 1} and rises again: training longer would not help."
    elif len(accuracy) > 3 and accuracy[-1] - accuracy[-3] > 0.02:
        said += " It was still rising when training ended: more epochs may help."
    return said


def _recipe(recipe: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    def text(value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(text(v) for v in value)
        if isinstance(value, float):
            return f"{value:.3g}"
        return figure(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)

    return tuple((str(name).replace("_", " "), text(value)) for name, value in recipe.items())


def _epochs(n: int) -> str:
    return f"{count(n)} epoch{'' if n == 1 else 's'}"
