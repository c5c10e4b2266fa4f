"""Heads that learn from the columns of a table: boosted trees, a forest, neighbours, and a network with entity
embeddings; the first three on the columns as they are and on what the network made of them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.media.table.feature import MOST_CATEGORIES, Features
from dsaudit.media.table.row import frame_of
from dsaudit.media.table.vector import Spread
from dsaudit.model.heads import KNN, Forest, best_temperature, tempered
from dsaudit.model.probe import Linear

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from dsaudit.analysis.space.category_axes import Vectors
    from dsaudit.model.contender import Encode
    from dsaudit.model.head import Fitted, Head

    Rows = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_MOST_ROUNDS, _PATIENCE, _MOST_TREES = 300, 40, 2_000
_MOST_LOOKED_AT = 256 * _MOST_ROUNDS
"""Columns times rounds: of two thousand columns a round takes long however few the rows."""
_TEMPERATURES_FROM = 30
_NETWORKS = 3
"""Whose vectors of categories are taken together."""
_NO_NUMBER = -6.0
"""Stands for a missing number where trees cannot be given none: below all others."""


@dataclass(frozen=True, slots=True)
class NativeBoosting:
    """Gradient boosting that is told which columns are categories, and takes missing numbers as they are.

    Attributes
    ----------
    n_codes : int64 array (d,)
        Codes of each column, 0 for a number.
    learning_rate : float
    max_leaves : int
    """

    n_codes: Ints
    learning_rate: float = 0.1
    max_leaves: int = 31

    @property
    def description(self) -> str:
        """What the model card says."""
        return "histogram gradient boosting on numbers and categories, tempered"

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _Boosted:
        """See ``dsaudit.model.head.Head.fit``; ``device`` is not used."""
        rounds, temperature = 60, 1.0
        learn = ~inner
        if inner.any() and learn.any() and len(np.unique(y[learn])) > 1:
            rounds, temperature = self._tried(X, y, inner, classes, seed)
        return _Boosted(classes, self._grown(X, y, rounds, seed), temperature, rounds)

    def _tried(self, X: Rows, y: Ints, inner: Mask, classes: tuple[str, ...], seed: int) -> tuple[int, float]:
        """Rounds after which the rows apart are told no better, and the temperature there."""
        known = np.isin(y, y[~inner])  # it cannot be asked of a class that it has not seen
        apart = (X[inner & known], y[inner & known])
        most = min(_MOST_TREES // len(classes), _MOST_LOOKED_AT // X.shape[1])
        most = int(np.clip(most, _PATIENCE // 2, _MOST_ROUNDS))
        model = self._grown(X[~inner], y[~inner], most, seed, apart=apart if len(apart[1]) else None)
        losses = -np.asarray(model.validation_score_)[1:]
        rounds = 1 + int(losses.argmin()) if len(losses) else _PATIENCE
        if inner.sum() < _TEMPERATURES_FROM:
            return rounds, 1.0
        staged = next(islice(model.staged_predict_proba(X[inner]), rounds - 1, None))
        return rounds, best_temperature(_over_all(staged, model.classes_, len(classes)), y[inner])[0]

    def _grown(self, X: Rows, y: Ints, rounds: int, seed: int, *, apart: tuple[Rows, Ints] | None = None) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        if len(np.unique(y)) < 2:
            return int(y[0]) if len(y) else 0
        model = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=rounds,
            max_leaf_nodes=self.max_leaves,
            min_samples_leaf=int(np.clip(len(y) // 100, 3, 20)),
            l2_regularization=1.0,
            categorical_features=self.n_codes > 0 if (self.n_codes > 0).any() else None,
            early_stopping=apart is not None,
            n_iter_no_change=_PATIENCE,
            tol=1e-4,
            random_state=seed,
        )
        asked = {} if apart is None else {"X_val": apart[0], "y_val": apart[1]}
        with threadpool_limits(1, user_api="openmp"):
            return model.fit(X, y, **asked)


def _whole(model: Any, X: Rows, k: int) -> Rows:
    """Probabilities (n, k), see ``_over_all``."""
    if isinstance(model, int):
        return _over_all(np.ones((len(X), 1)), np.array([model]), k)
    return _over_all(model.predict_proba(X) if len(X) else np.zeros((0, len(model.classes_))), model.classes_, k)


def _over_all(probs: npt.NDArray[np.floating[Any]], classes: Ints, k: int) -> Rows:
    """Probabilities of all classes (n, k), a thousandth shared out evenly; of one not seen no more than that."""
    whole = np.full((len(probs), k), 0.001 / k, dtype=np.float32)
    whole[:, classes] += (0.999 * probs).astype(np.float32)
    return whole


@dataclass(frozen=True, slots=True)
class _Boosted:
    classes: tuple[str, ...]
    model: Any
    temperature: float
    rounds: int

    @property
    def chosen(self) -> Mapping[str, Any]:
        return {"n_rounds": self.rounds, "temperature": self.temperature}

    def predict(self, X: npt.ArrayLike) -> Rows:
        return tempered(_whole(self.model, np.asarray(X, dtype=np.float32), len(self.classes)), self.temperature)


class Networks:
    """The networks that were trained, so that heads which learn from the same rows share one."""

    def __init__(self, n_codes: Ints) -> None:
        self.n_codes = n_codes
        self._made: dict[str, Any] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, X: Rows, y: Ints, *, k: int, inner: Mask, seed: int) -> Any:
        """The network, what parts its input, and the temperature of its probabilities."""
        key = hashlib.blake2b(X.tobytes() + y.tobytes() + inner.tobytes() + bytes([seed % 256])).hexdigest()
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                self._made[key] = self._trained(X, y, k, inner, seed)
            return self._made[key]

    def _trained(self, X: Rows, y: Ints, k: int, inner: Mask, seed: int) -> Any:
        from dsaudit.media.table.network.entity import logits, trained

        net, parted, _ = trained(X, y, self.n_codes, k, inner=inner, seed=seed)
        if inner.sum() < _TEMPERATURES_FROM:
            return net, parted, 1.0
        return net, parted, best_temperature(_softmax(logits(net, parted, X[inner])), y[inner])[0]


@dataclass(frozen=True, slots=True)
class EntityHead:
    """A network of entity embeddings and numbers; it stops where the rows apart are told no better."""

    networks: Networks

    @property
    def description(self) -> str:
        """What the model card says."""
        return "network: entity embeddings of categories with numbers, two layers, tempered"

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _Networked:
        """See ``dsaudit.model.head.Head.fit``; it is small, so ``device`` is not used."""
        return _Networked(classes, *self.networks.of(X, y, k=len(classes), inner=inner, seed=seed))


@dataclass(frozen=True, slots=True)
class _Networked:
    classes: tuple[str, ...]
    net: Any
    parted: Any
    temperature: float

    @property
    def chosen(self) -> Mapping[str, Any]:
        return {"temperature": self.temperature}

    def predict(self, X: npt.ArrayLike) -> Rows:
        from dsaudit.media.table.network.entity import logits

        return tempered(_softmax(logits(self.net, self.parted, np.asarray(X, dtype=np.float32))), self.temperature)


def _softmax(figures: Rows) -> Rows:
    shifted = np.exp(figures - figures.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """A head that is given rows in another form, which is learned from the rows that it learns from.

    Attributes
    ----------
    head : Head
    view : callable
        From rows (n, d), classes (n,), their number, rows apart and a seed to what turns rows into that form.
    words : str
        What the form is.
    """

    head: Head
    view: Callable[[Rows, Ints, int, Mask, int], Callable[[Rows], Rows]]
    words: str

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"{self.head.description}, on {self.words}"

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> _SeenFitted:
        """See ``dsaudit.model.head.Head.fit``."""
        view = self.view(X, y, len(classes), inner, seed)
        fitted = self.head.fit(view(X), y, classes=classes, inner=inner, device=device, seed=seed)
        return _SeenFitted(fitted, view)


@dataclass(frozen=True, slots=True)
class _SeenFitted:
    fitted: Fitted
    view: Callable[[Rows], Rows]

    @property
    def classes(self) -> tuple[str, ...]:
        return self.fitted.classes

    @property
    def chosen(self) -> Mapping[str, Any]:
        return self.fitted.chosen

    def predict(self, X: npt.ArrayLike) -> Rows:
        return self.fitted.predict(self.view(np.asarray(X, dtype=np.float32)))


@dataclass(frozen=True, slots=True)
class TableContenders:
    """See ``dsaudit.model.contender.Contenders``."""

    version: str = "3"

    def enter(self, items: Sequence[Mapping[str, Any]]) -> tuple[Encode, Mapping[str, Head], Sequence[str]]:
        """Codes and numbers of rows, heads on these and, where that may differ, on what a network made, and columns."""
        frame = frame_of(items)
        features, n = Features.of(frame), len(items)
        n_codes = features.n_codes

        def encode(rows: Sequence[Mapping[str, Any]]) -> Rows:
            return features.apply(frame if rows is items and len(rows) == n else rows)

        networks = Networks(n_codes)

        def filled(X: Rows, y: Ints, k: int, inner: Mask, seed: int) -> Callable[[Rows], Rows]:
            return lambda rows: np.nan_to_num(rows, nan=_NO_NUMBER)

        def spread(X: Rows, y: Ints, k: int, inner: Mask, seed: int) -> Callable[[Rows], Rows]:
            return Spread.of(X, n_codes).apply

        def learned(X: Rows, y: Ints, k: int, inner: Mask, seed: int) -> Callable[[Rows], Rows]:
            from dsaudit.media.table.network.entity import entered

            net, parted, _ = networks.of(X, y, k=k, inner=inner, seed=seed)
            return lambda rows: entered(net, parted, rows, hidden=not (n_codes > 0).any())

        def deep(X: Rows, y: Ints, k: int, inner: Mask, seed: int) -> Callable[[Rows], Rows]:
            from dsaudit.media.table.network.entity import entered

            net, parted, _ = networks.of(X, y, k=k, inner=inner, seed=seed)
            return lambda rows: entered(net, parted, rows, hidden=True)

        as_numbers = NativeBoosting(np.zeros(0, dtype=np.int64))
        words = "entity embeddings that a network learned"
        heads: dict[str, Head] = {
            "linear": Seen(Linear(), spread, "normal scores and one column per category"),
            "boosting": NativeBoosting(n_codes),
            "forest": Seen(Forest(), filled, "numbers and codes of categories"),
            "knn": Seen(KNN(), spread, "normal scores and one column per category"),
            "network": EntityHead(networks),
            "boosting on embeddings": Seen(as_numbers, learned, words),
            "forest on embeddings": Seen(Forest(), learned, words),
            "knn on embeddings": Seen(KNN(), deep, "what the last layer of a network is given"),
        }
        return encode, heads, [one.column.name for one in features.every]

    def category_vectors(
        self, items: Sequence[Mapping[str, Any]], y: Ints, *, seed: int, least: tuple[int, int]
    ) -> Mapping[str, Vectors]:
        """Entity embeddings of categories, side by side as several networks learned them.

        Each stops by another fifth of the rows: what their start or these rows left in the vectors is not shared.
        """
        from dsaudit.analysis.space.category_axes import Vectors
        from dsaudit.media.table.network.entity import trained

        features = Features.of(items)
        X = features.apply(items)
        embedded = [k for k, n in enumerate(features.n_codes) if n]
        values = {k: [v for v, code in features.every[k].codes.items() if code < MOST_CATEGORIES] for k in embedded}
        often = [k for k in embedded if _n_often(X[:, k], least[1]) >= least[0]]
        if not often:
            return {}
        part = np.random.default_rng(seed).integers(0, 5, len(y))
        networks = [
            trained(X, y, features.n_codes, int(y.max()) + 1, inner=part == k, seed=_NETWORKS * seed + k)[0].taken()
            for k in range(_NETWORKS)
        ]
        learned = {k: np.concatenate(vectors, axis=1) for k, *vectors in zip(embedded, *networks, strict=True)}
        return {
            features.every[k].column.name: Vectors(
                tuple(values[k]),
                learned[k][1 : 1 + len(values[k])],
                np.where(X[:, k] <= len(values[k]), X[:, k] - 1, -1).astype(np.int64),
            )
            for k in often
        }


def _n_often(codes: Rows, least: int) -> int:
    """Values, but for none and the rarest together, that come so often."""
    return int((np.bincount(codes.astype(np.int64), minlength=1)[1:MOST_CATEGORIES] >= least).sum())


CONTENDERS = TableContenders()
