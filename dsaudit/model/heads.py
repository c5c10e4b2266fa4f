"""Heads beside the linear probe: nearest neighbours, a forest, boosted trees, and the average of several.

Every head is trained on rows it was given and chooses what it was not told on the ``inner`` ones among
them (see ``dsaudit.model.head.Head``); at most 10,000 rows on either side take part in choosing.
Probabilities are sharpened or softened by a temperature chosen there too: votes of trees are too cautious.

One fold of 40,000 embeddings of 1,216 numbers in 35 classes takes 9 s of one core for the linear probe, 7 s for
the neighbours, 44 s for the forest and 32 s for boosting, in less than 2 GB.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.space.embedding_space import Axes, principal_axes
from dsaudit.analysis.space.neighbours import nearest_of
from dsaudit.errors import UsageError
from dsaudit.model.device import CPU, n_workers
from dsaudit.model.probe import Linear, log_loss, selection_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.model.head import Fitted, Head

    Floats = npt.NDArray[np.floating[Any]]
    Rows = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

NEIGHBOURS = (10, 20, 40)
WIDTHS = (0.05, 0.1, 0.2)
LEAVES = (1, 3, 8)
TEMPERATURES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.6, 2.0)
N_COMPONENTS = 64
"""Principal axes that neighbours are looked for in and boosted trees split on."""

_MAX_TREE_BYTES = 5e8
_MAX_BOOSTED_TREES = 6_000
_MAX_ROUNDS = 100
_CHUNK = 20_000
_FORESTS = threading.Lock()


@dataclass(frozen=True, slots=True)
class KNN:
    """Votes of the nearest neighbours by cosine in whitened principal axes, each worth exp(similarity / ``width``).

    Attributes
    ----------
    n_neighbours : int or None
        At least 1; None: chosen out of ``NEIGHBOURS``.
    width : float or None
        Positive; the larger, the more alike the votes; None: chosen out of ``WIDTHS``.
    """

    n_neighbours: int | None = None
    width: float | None = None

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"nearest neighbours by cosine in {N_COMPONENTS} whitened principal axes, weighted by similarity"

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _Neighbours:
        """See ``dsaudit.model.head.Head.fit``; ``device`` is not used."""
        widths = WIDTHS if self.width is None else (self.width,)
        numbers = NEIGHBOURS if self.n_neighbours is None else (self.n_neighbours,)
        train, judge = selection_rows(inner, seed=seed)
        best = (numbers[len(numbers) // 2], widths[len(widths) // 2])
        if len(train) and len(judge) and len(widths) * len(numbers) > 1:
            trial = _Neighbours.of(X[train], y[train], classes, best, seed)
            ids, similarity = nearest_of(
                trial.axes.apply(X[judge], whiten=True), trial.points, k=min(max(numbers), len(train))
            )
            losses = {
                (n, width): log_loss(trial.votes(ids[:, :n], similarity[:, :n], width), y[judge])
                for n in numbers
                for width in widths
            }
            best = min(losses, key=lambda pair: (losses[pair], pair))
        return _Neighbours.of(X, y, classes, best, seed)


@dataclass(frozen=True, slots=True)
class _Neighbours:
    classes: tuple[str, ...]
    axes: Axes
    points: Rows
    y: Ints
    n_neighbours: int
    width: float

    @classmethod
    def of(cls, X: Rows, y: Ints, classes: tuple[str, ...], values: tuple[int, float], seed: int) -> _Neighbours:
        axes = principal_axes(X, n_components=N_COMPONENTS, seed=seed)
        # of rows that are the same those before others are taken: not in an order that may be that of their labels
        mixed = np.random.default_rng(seed).permutation(len(X))
        return cls(classes, axes, axes.apply(X[mixed], whiten=True), y[mixed], *values)

    @property
    def chosen(self) -> Mapping[str, Any]:
        return {"n_neighbours": self.n_neighbours, "width": self.width}

    def votes(self, ids: Ints, similarity: Rows, width: float) -> Rows:
        """Probabilities (m, k) from neighbours (m, c), nearest first, with half a vote spread as the classes are."""
        weight = np.exp((similarity - similarity[:, :1]) / width)
        probs = np.tile(0.5 * _shares(self.y, len(self.classes)), (len(ids), 1))
        row = np.arange(len(ids))
        for j in range(ids.shape[1]):
            probs[row, self.y[ids[:, j]]] += weight[:, j]
        return _normalised(probs)

    def predict(self, X: npt.ArrayLike) -> Rows:
        rows = np.asarray(X, dtype=np.float32)
        parts = [np.empty((0, len(self.classes)), dtype=np.float32)]
        for start in range(0, len(rows), _CHUNK):
            points = self.axes.apply(rows[start : start + _CHUNK], whiten=True)
            ids, similarity = nearest_of(points, self.points, k=min(self.n_neighbours, len(self.points)))
            parts.append(self.votes(ids, similarity, self.width))
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class Forest:
    """Extremely randomised trees on the embeddings (P. Geurts et al., Machine Learning 2006).

    Attributes
    ----------
    min_leaf : int or None
        Least number of items in a leaf; None: chosen out of ``LEAVES``. Raised where the trees would not
        fit into half a gigabyte.
    n_trees : int
        At least 1.
    """

    min_leaf: int | None = None
    n_trees: int = 200

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"forest: {self.n_trees} extremely randomised trees, tempered"

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _Trees:
        """See ``dsaudit.model.head.Head.fit``; ``device`` is not used."""
        leaves = LEAVES if self.min_leaf is None else (self.min_leaf,)
        train, judge = selection_rows(inner, seed=seed)
        leaf, temperature = leaves[0], 1.0
        if len(train) and len(judge):
            best = np.inf
            for size in leaves:
                trial = self._grown(
                    X[train], y[train], classes, min_leaf=size, n_trees=(self.n_trees + 3) // 4, seed=seed
                )
                warmth, loss = best_temperature(trial.predict(X[judge]), y[judge])
                if loss < best:
                    leaf, temperature, best = size, warmth, loss
        grown = self._grown(X, y, classes, min_leaf=leaf, n_trees=self.n_trees, seed=seed)
        return _Trees(classes, grown.model, grown.axes, grown.shares, temperature, grown.chosen_values)

    @staticmethod
    def _grown(X: Rows, y: Ints, classes: tuple[str, ...], *, min_leaf: int, n_trees: int, seed: int) -> _Trees:
        from sklearn.ensemble import ExtraTreesClassifier

        # a fully grown tree has about two nodes per item, each with a share of every class
        least = int(np.ceil(2 * len(y) * len(classes) * 8 * n_trees / _MAX_TREE_BYTES))
        leaf = max(min_leaf, least)
        model = ExtraTreesClassifier(n_trees, min_samples_leaf=leaf, random_state=seed, n_jobs=n_workers(CPU))
        with _one_forest():
            model.fit(X, y).set_params(n_jobs=1)  # threads would add up the votes in an order that changes
        return _Trees(classes, model, None, _shares(y, len(classes)), 1.0, {"min_leaf": leaf})


@contextlib.contextmanager
def _one_forest() -> Iterator[None]:
    """scikit-learn sets the filters of warnings aside while a forest works, and these belong to all threads."""
    with _FORESTS, warnings.catch_warnings():
        yield


@dataclass(frozen=True, slots=True)
class Boosting:
    """Gradient boosting of small trees on principal axes (scikit-learn's HistGradientBoostingClassifier).

    Attributes
    ----------
    n_rounds : int or None
        At least 1; None: chosen, at most 100, fewer where there are more than 60 classes.
    learning_rate : float
        0 to 1.
    max_leaves : int
        Of one tree, at least 2.
    """

    n_rounds: int | None = None
    learning_rate: float = 0.1
    max_leaves: int = 8

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"gradient boosting of small trees on {N_COMPONENTS} principal axes, tempered"

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _Trees:
        """See ``dsaudit.model.head.Head.fit``; ``device`` is not used."""
        most = max(5, min(_MAX_ROUNDS, _MAX_BOOSTED_TREES // max(1, len(classes))))
        rounds, temperature = self.n_rounds or min(50, most), 1.0
        train, judge = selection_rows(inner, seed=seed)
        if len(train) and len(judge):
            trial = self._grown(X[train], y[train], classes, n_rounds=self.n_rounds or most, seed=seed)
            found = [(*best_temperature(p, y[judge]), n) for n, p in trial.staged(X[judge], last=bool(self.n_rounds))]
            temperature, _, rounds = min(found, key=lambda one: (one[1], one[2]))
        grown = self._grown(X, y, classes, n_rounds=rounds, seed=seed)
        return _Trees(classes, grown.model, grown.axes, grown.shares, temperature, grown.chosen_values)

    def _grown(self, X: Rows, y: Ints, classes: tuple[str, ...], *, n_rounds: int, seed: int) -> _Trees:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        axes = principal_axes(X, n_components=N_COMPONENTS, seed=seed)
        chosen = {"n_rounds": n_rounds, "learning_rate": self.learning_rate, "max_leaves": self.max_leaves}
        shares = _shares(y, len(classes))
        if len(np.unique(y)) < 2:
            return _Trees(classes, None, axes, shares, 1.0, chosen)
        model = HistGradientBoostingClassifier(
            max_iter=n_rounds,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.max_leaves,
            min_samples_leaf=5,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1, user_api="openmp"):
            model.fit(axes.apply(X), y)
        return _Trees(classes, model, axes, shares, 1.0, chosen)


@dataclass(frozen=True, slots=True)
class _Trees:
    classes: tuple[str, ...]
    model: Any
    axes: Axes | None
    shares: Rows
    temperature: float
    chosen_values: Mapping[str, Any]

    @property
    def chosen(self) -> Mapping[str, Any]:
        return {**self.chosen_values, "temperature": self.temperature}

    def predict(self, X: npt.ArrayLike) -> Rows:
        rows = np.asarray(X, dtype=np.float32)
        parts = [np.empty((0, len(self.classes)), dtype=np.float32)]
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            if self.model is None:
                parts.append(np.tile(self.shares, (len(part), 1)))
            elif self.axes is None:
                with _one_forest():
                    parts.append(self._spread(self.model.predict_proba(part)))
            else:
                parts.append(self._spread(self.model.predict_proba(self.axes.apply(part))))
        return np.concatenate(parts)

    def staged(self, X: Rows, *, last: bool) -> list[tuple[int, Rows]]:
        """Rounds of boosting and the probabilities after them: every fifth and the last, or the last alone."""
        if self.model is None or self.axes is None:
            return [(1, self.predict(X))]
        total = self.model.n_iter_
        stages = enumerate(self.model.staged_predict_proba(self.axes.apply(X)), start=1)
        return [(n, self._spread(p)) for n, p in stages if n == total or (not last and n % 5 == 0)]

    def _spread(self, probs: Floats) -> Rows:
        """Columns of all classes, a hundredth shared out as the classes are, at the head's temperature."""
        whole = np.tile(0.01 * self.shares, (len(probs), 1))
        whole[:, self.model.classes_] += 0.99 * probs
        return tempered(whole, self.temperature)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The mean of the probabilities of several heads."""

    members: Mapping[str, Head] = field(default_factory=lambda: {"linear": Linear(), "knn": KNN(), "forest": Forest()})

    @property
    def description(self) -> str:
        """What the model card says."""
        return "mean of " + "; ".join(head.description for head in self.members.values())

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _Mean:
        """See ``dsaudit.model.head.Head.fit``."""
        fitted = {
            name: head.fit(X, y, classes=classes, inner=inner, device=device, seed=seed)
            for name, head in self.members.items()
        }
        return _Mean(classes, fitted)


@dataclass(frozen=True, slots=True)
class _Mean:
    classes: tuple[str, ...]
    members: Mapping[str, Fitted]

    @property
    def chosen(self) -> Mapping[str, Any]:
        return {f"{name}.{key}": value for name, one in self.members.items() for key, value in one.chosen.items()}

    def predict(self, X: npt.ArrayLike) -> Rows:
        return _normalised(np.sum([one.predict(X) for one in self.members.values()], axis=0))


HEADS: Mapping[str, type[Linear | KNN | Forest | Boosting | Ensemble]] = {
    "linear": Linear, "knn": KNN, "forest": Forest, "boosting": Boosting, "ensemble": Ensemble,
}  # fmt: skip


def head_of(values: Mapping[str, Any]) -> Head:
    """The head named by ``values["head"]`` with the other values; what is not given is chosen while it is trained.

    An ensemble hands each value to the members that have it.

    Raises
    ------
    UsageError
        The head or one of the values does not exist.
    """
    name, rest = str(values["head"]), {k: v for k, v in values.items() if k != "head"}
    if name not in HEADS:
        raise UsageError(f"unknown head {name!r}", hint=f"choose one of {', '.join(HEADS)}")
    made = HEADS[name]()
    known = _names(made) if not isinstance(made, Ensemble) else [n for m in made.members.values() for n in _names(m)]
    for value in rest:
        if value not in known:
            raise UsageError(f"the head {name} has no value {value!r}", hint=f"it has: {', '.join(known)}")
    if isinstance(made, Ensemble):
        return Ensemble({m: _with(head, rest) for m, head in made.members.items()})
    return _with(made, rest)


def _names(head: Any) -> list[str]:
    return [f.name for f in fields(head)]


def _with(head: Any, values: Mapping[str, Any]) -> Head:
    changed: Head = replace(head, **{k: v for k, v in values.items() if k in _names(head)})
    return changed


def tempered(probs: Floats, temperature: float) -> Rows:
    """Probabilities (n, k) to the power of 1 / ``temperature``, rows summing to 1: below 1 sharper, above 1 softer."""
    if temperature == 1.0:
        return _normalised(probs)
    logs = np.log(np.maximum(probs, 1e-12)) / temperature
    return _normalised(np.exp(logs - logs.max(axis=1, keepdims=True)))


def best_temperature(probs: Floats, y: Ints) -> tuple[float, float]:
    """Out of ``TEMPERATURES`` the one with the lowest log loss on given classes (n,), and that loss in nats."""
    losses = [log_loss(tempered(probs, t), y) for t in TEMPERATURES]
    best = int(np.argmin(losses))
    return TEMPERATURES[best], losses[best]


def _shares(y: Ints, k: int) -> Rows:
    """Share of each class among the rows, float32 (k,); a class without a row counts as a tenth of one."""
    counts = np.maximum(np.bincount(y, minlength=k), 0.1)
    return np.asarray(counts / counts.sum(), dtype=np.float32)


def _normalised(probs: Floats) -> Rows:
    return np.asarray(probs / probs.sum(axis=1, keepdims=True), dtype=np.float32)
