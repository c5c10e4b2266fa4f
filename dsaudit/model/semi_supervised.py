"""Heads that learn from items without a label, too: MixMatch, FixMatch and what is plainer than both.

Labels are few and vectors are frozen, so most are linear, and kept as a linear probe is. Views of an item are made
where its vector lies: noise is added, and some of its numbers are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch.nn.functional import cross_entropy, one_hot

from dsaudit.analysis.space.embedding_space import principal_axes
from dsaudit.model.average import averaged
from dsaudit.model.device import pick_device
from dsaudit.model.heads import best_temperature, tempered
from dsaudit.model.optimizer import AdamW
from dsaudit.model.probe import Probe, fit_probe, select_strength, selection_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from dsaudit.analysis.space.embedding_space import Axes
    from dsaudit.model.head import Fitted, Learner

    Rows = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_LEAST_JUDGES = 20
"""Fewer rows that were set aside choose no temperature."""
_UNSEEN = -20.0
"""Logit of a class without a row."""
_N_AXES, _CHUNK = 128, 20_000


def no_rows() -> Rows:
    """Embeddings of nothing."""
    return np.empty((0, 0), dtype=np.float32)


def sharpened(probs: torch.Tensor, temperature: float) -> torch.Tensor:
    """Probabilities (…, k) to the power of 1 / ``temperature``, rows summing to 1 (MixMatch, equation 7).

    Examples
    --------
    >>> sharpened(torch.tensor([0.75, 0.25]), 0.5)
    tensor([0.9000, 0.1000])
    """
    power = probs.pow(1.0 / temperature)
    return power / power.sum(-1, keepdim=True)


def mixed_up(
    rows: torch.Tensor, targets: torch.Tensor, share: torch.Tensor, partner: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows (n, d) and targets (n, k), each mixed with its partner's (MixMatch, equations 8 to 11).

    ``share`` (n,), 0 to 1, is turned round below a half, so that each stays nearer to itself; ``partner`` (n,) are
    positions.
    """
    own = torch.maximum(share, 1.0 - share)[:, None]
    return own * rows + (1.0 - own) * rows[partner], own * targets + (1.0 - own) * targets[partner]


def guess_loss(logits: torch.Tensor, guesses: torch.Tensor) -> torch.Tensor:
    """Squared error of predicted probabilities (n, k), mean over items and classes (MixMatch, equation 4)."""
    return (torch.softmax(logits, 1) - guesses).square().mean()


def confident_loss(logits: torch.Tensor, guesses: torch.Tensor, threshold: float) -> torch.Tensor:
    """Cross-entropy of logits (n, k) with the likeliest guessed class (FixMatch, equation 4).

    A guess below ``threshold`` counts as no loss in the mean.
    """
    confidence, label = guesses.max(1)
    return (cross_entropy(logits, label, reduction="none") * (confidence >= threshold)).mean()


@dataclass(frozen=True, slots=True)
class _Beside:
    """A head that learns from ``others``, float32 array (m, d), as well.

    Strength of what is linear, and the temperature of probabilities, are chosen on ``inner`` rows.
    """

    others: Rows = field(default_factory=no_rows, kw_only=True)

    def beside(self, others: Rows) -> Self:
        """See ``dsaudit.model.head.Learner``."""
        return replace(self, others=others)

    def fit(self, X: Rows, y: Ints, *, classes: tuple[str, ...], inner: Mask, device: str, seed: int) -> Fitted:
        """See ``dsaudit.model.head.Head.fit``."""
        strength = select_strength(X, y, inner, classes=classes, device=device, seed=seed)
        train, judge = selection_rows(inner, seed=seed)
        fitted, temperature = self.learned(X, y, classes, strength, device=device, seed=seed), 1.0
        if len(train) and len(judge) >= _LEAST_JUDGES:
            judged = self.learned(X[train], y[train], classes, strength, device=device, seed=seed)
            temperature, _ = best_temperature(judged.predict(X[judge]), y[judge])
        if isinstance(fitted, Probe):
            return replace(fitted, weight=fitted.weight / temperature, bias=fitted.bias / temperature)
        return replace(fitted, temperature=temperature)

    def learned(
        self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int
    ) -> Probe | _Tempered:
        """As ``fit``, with a strength that is given and probabilities as they come."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class _Stepwise(_Beside):
    """What MixMatch and FixMatch share: small steps from the linear probe on, and the average of the weights.

    Attributes
    ----------
    n_steps, batch_size : int
    learning_rate, weight_decay : float
        Of AdamW.
    average : float
        Decay per step of the moving average of weights, which is what predicts.
    noise : float
        Standard deviation of what a view adds to standardised numbers.
    dropout : float
        Share of them that it leaves out.
    weight : float
        Of the loss on guesses, at the end of its ramp.
    """

    n_steps: int = 200
    batch_size: int = 64
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    average: float = 0.999
    noise: float = 0.3
    dropout: float = 0.2
    weight: float = 1.0

    def learned(self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int) -> Probe:
        """See ``_Beside.learned``."""
        where, k = pick_device(device), len(classes)
        dice, draws = torch.Generator(where).manual_seed(seed), np.random.default_rng(seed)
        both = torch.from_numpy(np.concatenate([X, self.others])).to(where)
        mean, scale = both.mean(0), both.std(0, correction=0)
        scale = torch.where(scale > 1e-6 * (1.0 + mean.abs()), scale, torch.ones_like(scale))
        both.sub_(mean).div_(scale)
        rows, others = both[: len(X)], both[len(X) :]
        given = torch.from_numpy(y).to(where)
        targets = one_hot(given, k).to(rows.dtype)
        network = _from_probe(rows, y, classes, strength, device=device)
        optimizer = AdamW(network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay)
        average = averaged(network, decay=self.average)

        def view(of: torch.Tensor) -> torch.Tensor:
            noisy = of + self.noise * torch.randn(of.shape, generator=dice, device=where)
            kept = torch.rand(of.shape, generator=dice, device=where) >= self.dropout
            return noisy * kept / (1.0 - self.dropout)

        for step in range(self.n_steps):
            own, beside = (
                torch.from_numpy(draws.choice(len(part), min(self.batch_size, len(part)), replace=False)).to(where)
                for part in (rows, others)
            )
            ramp = self.weight * min(1.0, step / (0.4 * self.n_steps))
            loss = self._loss(network, view, rows[own], targets[own], others[beside], ramp, draws)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
            optimizer.step()
            average.update_parameters(network)
        with torch.no_grad():
            weight, bias = (p.detach() for p in average.module.parameters())
        return Probe(classes, mean, scale, weight.T.contiguous(), bias, strength)

    def _loss(
        self,
        network: torch.nn.Module,
        view: Callable[[torch.Tensor], torch.Tensor],
        rows: torch.Tensor,
        targets: torch.Tensor,
        others: torch.Tensor,
        weight: float,
        draws: np.random.Generator,
    ) -> torch.Tensor:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class MixMatch(_Stepwise):
    """D. Berthelot et al., MixMatch: A Holistic Approach to Semi-Supervised Learning, NeurIPS 2019, arXiv:1905.02249.

    Attributes
    ----------
    n_views : int
        Views that a guess is the mean of (K).
    temperature : float
        That guesses are sharpened with (T).
    alpha : float
        Both parameters of the Beta distribution that MixUp draws from.
    """

    weight: float = 75.0
    n_views: int = 2
    temperature: float = 0.5
    alpha: float = 0.75

    @property
    def description(self) -> str:
        """What the model card says."""
        return "MixMatch: linear, guesses sharpened, labelled and guessed mixed, average of weights"

    def _loss(
        self,
        network: torch.nn.Module,
        view: Callable[[torch.Tensor], torch.Tensor],
        rows: torch.Tensor,
        targets: torch.Tensor,
        others: torch.Tensor,
        weight: float,
        draws: np.random.Generator,
    ) -> torch.Tensor:
        views = [view(others) for _ in range(self.n_views)]
        with torch.no_grad():
            mean = torch.stack([torch.softmax(network(one), 1) for one in views]).mean(0)
        guesses = sharpened(mean, self.temperature)
        both, wanted = torch.cat([view(rows), *views]), torch.cat([targets, *[guesses] * self.n_views])
        share = torch.from_numpy(draws.beta(self.alpha, self.alpha, len(both))).to(both)
        partner = torch.from_numpy(draws.permutation(len(both))).to(both.device)
        both, wanted = mixed_up(both, wanted, share, partner)
        logits, n = network(both), len(rows)
        return cross_entropy(logits[:n], wanted[:n]) + weight * guess_loss(logits[n:], wanted[n:])


@dataclass(frozen=True, slots=True)
class FixMatch(_Stepwise):
    """K. Sohn et al., FixMatch: Simplifying Semi-Supervised Learning, NeurIPS 2020, arXiv:2001.07685.

    The weak view is the item as it is.

    Attributes
    ----------
    threshold : float
        Probability that a guess must reach to be learned from.
    """

    threshold: float = 0.8

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"FixMatch: linear, guesses from {self.threshold:g} on, average of weights"

    def _loss(
        self,
        network: torch.nn.Module,
        view: Callable[[torch.Tensor], torch.Tensor],
        rows: torch.Tensor,
        targets: torch.Tensor,
        others: torch.Tensor,
        weight: float,
        draws: np.random.Generator,
    ) -> torch.Tensor:
        with torch.no_grad():
            guesses = torch.softmax(network(others), 1)
        logits, n = network(torch.cat([view(rows), view(others)])), len(rows)
        return cross_entropy(logits[:n], targets) + weight * confident_loss(logits[n:], guesses, self.threshold)


@dataclass(frozen=True, slots=True)
class PseudoLabels(_Beside):
    """Linear probes in turn, each trained on the surest guesses of the one before.

    A fifth more is taken in each round (P. Cascante-Bonilla et al., Curriculum Labeling, AAAI 2021), of no class more
    than its share among the labels: one that is guessed too often would grow.
    """

    n_rounds: int = 5

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"linear probe, trained again on its own guesses, the surest first, in {self.n_rounds} rounds"

    def learned(self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int) -> Probe:
        """See ``_Beside.learned``."""
        probe = fit_probe(X, y, classes=classes, strength=strength, device=device)
        for k in range(1, self.n_rounds + 1):
            probs = probe.predict(self.others)
            most = np.bincount(y, minlength=len(classes)) / len(y) * len(probs) * k / self.n_rounds
            taken, label = _surest(probs, np.ceil(most).astype(np.int64)), probs.argmax(axis=1)
            both = np.concatenate([X, self.others[taken]]), np.concatenate([y, label[taken]])
            probe = fit_probe(*both, classes=classes, strength=strength, device=device)
        return probe


@dataclass(frozen=True, slots=True)
class SelfTraining(_Beside):
    """scikit-learn's ``SelfTrainingClassifier`` around its logistic regression, as it comes."""

    @property
    def description(self) -> str:
        """What the model card says."""
        return "scikit-learn's SelfTrainingClassifier around logistic regression"

    def learned(self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int) -> Probe:
        """See ``_Beside.learned``."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import StandardScaler
        from sklearn.semi_supervised import SelfTrainingClassifier

        if len(np.unique(y)) < 2:
            return fit_probe(X, y, classes=classes, strength=strength, device="cpu")
        both = np.concatenate([X, self.others])
        scaler = StandardScaler().fit(both)
        base = LogisticRegression(C=strength, max_iter=2000, tol=1e-3)
        model = SelfTrainingClassifier(base).fit(
            scaler.transform(both), np.concatenate([y, np.full(len(self.others), -1)])
        )
        learned = model.estimator_
        weight, bias = np.zeros((X.shape[1], len(classes))), np.full(len(classes), _UNSEEN)
        if len(learned.classes_) == 2:
            weight[:, learned.classes_[1]], bias[learned.classes_] = learned.coef_[0], (0.0, learned.intercept_[0])
        else:
            weight[:, learned.classes_], bias[learned.classes_] = learned.coef_.T, learned.intercept_
        parts = (torch.from_numpy(np.asarray(p, dtype=np.float32)) for p in (scaler.mean_, scaler.scale_, weight, bias))
        mean, scale, slope, level = parts
        return Probe(classes, mean, scale, slope, level, strength)


@dataclass(frozen=True, slots=True)
class Spreading(_Beside):
    """scikit-learn's ``LabelSpreading`` over the graph of nearest neighbours by cosine in half-whitened axes.

    Attributes
    ----------
    n_neighbours : int
    alpha : float
        0 to 1: how far an item follows its neighbours.
    """

    n_neighbours: int = 10
    alpha: float = 0.8

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"scikit-learn's LabelSpreading over {self.n_neighbours} neighbours in {_N_AXES} half-whitened axes"

    def learned(
        self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int
    ) -> _Spread:
        """See ``_Beside.learned``; neither strength nor device is used."""
        from sklearn.semi_supervised import LabelSpreading

        both = np.concatenate([X, self.others])
        directions = _Directions.of(both, seed=seed)
        model = LabelSpreading(
            kernel="knn", n_neighbors=min(self.n_neighbours, len(both)), alpha=self.alpha, max_iter=1000
        )
        model.fit(directions(both), np.concatenate([y, np.full(len(self.others), -1)]))
        shares = np.bincount(y, minlength=len(classes)) / len(y)
        return _Spread(classes, directions, model, np.asarray(0.99 * shares + 0.01 / len(classes)))


@dataclass(frozen=True, slots=True)
class SoftMeans(_Beside):
    """The nearest class mean by cosine, where means are also those of the unlabelled, by how likely each is of a class.

    Soft k-means that begins at the labelled means, after M. Ren et al., Meta-Learning for Semi-Supervised Few-Shot
    Classification, ICLR 2018, arXiv:1803.00676; centred and of length 1 after Y. Wang et al., SimpleShot, 2019,
    arXiv:1911.04623.

    Attributes
    ----------
    n_rounds : int
    sharpness : float
        What cosines are multiplied with for logits.
    """

    n_rounds: int = 10
    sharpness: float = 10.0

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"soft k-means from the means of the labelled on, in {_N_AXES} half-whitened axes"

    def learned(
        self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int
    ) -> _Nearest:
        """See ``_Beside.learned``; neither strength nor device is used."""
        both = np.concatenate([X, self.others])
        directions = _Directions.of(both, seed=seed)
        points, shares = directions(both), np.zeros((len(both), len(classes)), dtype=np.float32)
        shares[np.arange(len(y)), y] = 1.0
        unseen = np.where(np.bincount(y, minlength=len(classes)) > 0, 0.0, _UNSEEN).astype(np.float32)
        for k in range(self.n_rounds + 1):
            nearest = _Nearest(classes, directions, self.sharpness * _directed(shares.T @ points), unseen)
            if k < self.n_rounds and len(self.others):
                shares[len(y) :] = nearest.told(points[len(y) :])
        return nearest


@dataclass(frozen=True, slots=True)
class SoftVote(_Beside):
    """The mean of what labels alone, pseudo-labels, label spreading and soft k-means say.

    They err on different items, so that the mean is seldom far from the best of them, whichever that is.
    """

    @property
    def description(self) -> str:
        """What the model card says."""
        return "mean of: linear probe on labels alone; " + "; ".join(one.description for one in _VOTERS)

    def learned(self, X: Rows, y: Ints, classes: tuple[str, ...], strength: float, *, device: str, seed: int) -> _Voted:
        """See ``_Beside.learned``."""
        alone = fit_probe(X, y, classes=classes, strength=strength, device=device)
        voters = (one.beside(self.others) for one in _VOTERS)
        return _Voted(
            classes, (alone, *(one.learned(X, y, classes, strength, device=device, seed=seed) for one in voters))
        )


_VOTERS = (PseudoLabels(), Spreading(), SoftMeans())


@dataclass(frozen=True, slots=True)
class _Directions:
    """Points of length 1 along principal axes that are half whitened.

    Embeddings made of blocks have a few axes that outweigh all others and tell no class; whitened whole, noise would.
    """

    axes: Axes

    @classmethod
    def of(cls, rows: Rows, *, seed: int) -> Self:
        return cls(principal_axes(rows, n_components=_N_AXES, seed=seed))

    def __call__(self, rows: Rows) -> Rows:
        points = self.axes.apply(rows)
        return _directed(points / np.sqrt(np.maximum(self.axes.spread, 1e-6)) if len(self.axes.spread) else points)


@dataclass(frozen=True, slots=True)
class _Tempered:
    """What was learned, not linear: it says probabilities in parts, to a power."""

    classes: tuple[str, ...]
    temperature: float = field(default=1.0, kw_only=True)

    @property
    def chosen(self) -> Mapping[str, Any]:
        return {"temperature": self.temperature}

    def predict(self, X: npt.ArrayLike) -> Rows:
        rows = np.asarray(X, dtype=np.float32)
        parts = [np.empty((0, len(self.classes)), dtype=np.float32)]
        parts += [tempered(self.probs(rows[at : at + _CHUNK]), self.temperature) for at in range(0, len(rows), _CHUNK)]
        return np.concatenate(parts)

    def probs(self, rows: Rows) -> Rows:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class _Spread(_Tempered):
    directions: _Directions
    model: Any
    shares: npt.NDArray[np.float64]

    def probs(self, rows: Rows) -> Rows:
        with np.errstate(invalid="ignore"):  # neighbours that no label has reached
            told = np.nan_to_num(self.model.predict_proba(self.directions(rows)))
        probs = np.tile(0.01 * self.shares, (len(rows), 1))
        probs[:, self.model.classes_] += 0.99 * told
        return probs.astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Nearest(_Tempered):
    directions: _Directions
    means: Rows
    level: Rows

    def probs(self, rows: Rows) -> Rows:
        return self.told(self.directions(rows))

    def told(self, points: Rows) -> Rows:
        logits = points @ self.means.T + self.level
        power = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(power / power.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Voted(_Tempered):
    members: tuple[Fitted, ...]

    def probs(self, rows: Rows) -> Rows:
        return np.asarray(np.mean([one.predict(rows) for one in self.members], axis=0), dtype=np.float32)


LEARNERS: Mapping[str, Learner] = {
    "MixMatch": MixMatch(), "FixMatch": FixMatch(), "pseudo-labels": PseudoLabels(),
    "label spreading": Spreading(), "self-training": SelfTraining(), "soft vote": SoftVote(),
}  # fmt: skip
"""By the name that reports give them."""


def _from_probe(
    rows: torch.Tensor, y: Ints, classes: tuple[str, ...], strength: float, *, device: str
) -> torch.nn.Linear:
    """A layer that says of rows (n, d) what a linear probe trained on them says."""
    probe = fit_probe(rows.cpu().numpy(), y, classes=classes, strength=strength, device=device)
    slope = probe.weight / probe.scale[:, None]
    layer = torch.nn.Linear(slope.shape[0], slope.shape[1], device=rows.device)
    with torch.no_grad():
        layer.weight.copy_(slope.T)
        layer.bias.copy_(probe.bias - probe.mean @ slope)
    return layer


def _surest(probs: Rows, most: Ints) -> Mask:
    """Of each predicted class the surest rows, at most so many (k,)."""
    label, confidence = probs.argmax(axis=1), probs.max(axis=1)
    taken = np.zeros(len(probs), dtype=bool)
    for column in np.unique(label):
        rows = np.flatnonzero(label == column)
        taken[rows[np.argsort(-confidence[rows], kind="stable")[: most[column]]]] = True
    return taken


def _directed(points: npt.NDArray[np.floating[Any]]) -> Rows:
    return np.asarray(points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12), dtype=np.float32)
