"""The linear probe: multinomial logistic regression on frozen embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch.nn.functional import cross_entropy, linear

from dsaudit.model.checkpoint import save_tensors
from dsaudit.model.device import pick_device
from dsaudit.model.optimizer import LBFGS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Inverse L2 strengths ``C`` tried on standardised features, the most cautious first."""

_CHUNK = 65_536
_MAX_SELECTION = 10_000
_CAUTIOUS = 0.01
_MIN_ENOUGH, _ENOUGH_PER_WEIGHT = 200_000, 100
_EASED_FROM, _EASED_BY = 8, 64
"""Rows for each number of a row from which on axes are found, and by how many of them."""


@dataclass(frozen=True, slots=True)
class Linear:
    """The linear probe as a head; ``strength`` as in ``fit_probe``, chosen out of ``STRENGTHS`` where None."""

    strength: float | None = None

    @property
    def description(self) -> str:
        """What the model card says."""
        return "linear probe: multinomial logistic regression on standardised features, L2, L-BFGS"

    def fit(
        self,
        X: npt.NDArray[np.float32],
        y: npt.NDArray[np.int64],
        *,
        classes: tuple[str, ...],
        inner: npt.NDArray[np.bool_],
        device: str,
        seed: int,
    ) -> Probe:
        """See ``Head.fit``."""
        strength = self.strength
        if strength is None:
            strength = select_strength(X, y, inner, classes=classes, device=device, seed=seed)
        return fit_probe(X, y, classes=classes, strength=strength, device=device)


@dataclass(frozen=True, slots=True)
class Probe:
    """A trained linear probe.

    Attributes
    ----------
    classes : tuple of str, length k
    mean, scale : float32 tensor (d,)
        Standardisation of the features.
    weight : float32 tensor (d, k)
    bias : float32 tensor (k,)
    strength : float
        Inverse L2 strength it was trained with.
    """

    classes: tuple[str, ...]
    mean: torch.Tensor
    scale: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor
    strength: float

    @property
    def chosen(self) -> Mapping[str, Any]:
        """Values it was trained with."""
        return {"strength": self.strength}

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Predicted probabilities, float32 (n, k), of embeddings (n, d). Rows sum to 1."""
        device = self.weight.device
        rows = torch.as_tensor(np.array(X, dtype=np.float32))
        with torch.inference_mode():
            parts = [
                torch.softmax(((part.to(device) - self.mean) / self.scale) @ self.weight + self.bias, 1).cpu()
                for part in torch.split(rows, _CHUNK)
            ]
        return np.asarray(torch.cat(parts).numpy() if parts else np.empty((0, len(self.classes))), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write tensors and class names; the file opens with ``torch.load(weights_only=True)``."""
        tensors = {name: getattr(self, name).cpu() for name in ("mean", "scale", "weight", "bias")}
        save_tensors(path, {"classes": list(self.classes), "strength": self.strength, **tensors})

    @classmethod
    def load(cls, path: Path, *, device: str = "cpu") -> Probe:
        """Read a file that ``save`` wrote. Nothing but tensors and plain values is ever unpickled."""
        state = torch.load(path, weights_only=True, map_location=pick_device(device))
        return cls(**{**state, "classes": tuple(state["classes"])})


def fit_probe(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    classes: tuple[str, ...],
    strength: float = 0.01,
    start: Probe | None = None,
    device: str = "auto",
    max_iter: int = 300,
    tolerance: float = 1e-4,
) -> Probe:
    """Multinomial logistic regression on standardised features, by L-BFGS over the full batch, where there are enough
    rows along the principal axes of the features.

    Minimises ``mean cross-entropy + |weight|² / (2 · strength · n)``, which is the objective of
    scikit-learn's ``LogisticRegression(C=strength)`` after ``StandardScaler``. Convex, so neither a
    seed nor the starting point matters beyond the tolerance.

    Parameters
    ----------
    X : array (n, d)
        Embeddings.
    y : int array (n,)
        Column of the class, 0 … k - 1.
    classes : tuple of str, length k
    strength : float
        Inverse L2 strength, positive: smaller is more cautious.
    start : Probe, optional
        Where to begin, such as the solution for a neighbouring strength.
    tolerance : float
        Largest gradient entry at which the search stops, in the coordinates that it moves in.
    """
    where = pick_device(device)
    rows = torch.as_tensor(np.array(X, dtype=np.float32)).to(where)
    target = torch.as_tensor(np.asarray(y, dtype=np.int64)).to(where)
    n = len(rows)
    mean = rows.mean(0)
    scale = rows.std(0, correction=0)
    scale = torch.where(scale > 1e-6 * (1.0 + mean.abs()), scale, torch.ones_like(scale))
    rows = rows.sub_(mean).div_(scale)
    eased = _Eased.of(rows, target, n_classes=len(classes), strength=strength)
    weight, bias = eased.nothing if start is None else eased.of_weights(start.weight.T, start.bias)
    search = LBFGS(
        [weight, bias],
        max_iter=max_iter,
        tolerance_grad=tolerance,
        tolerance_change=1e-7,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def objective() -> torch.Tensor:
        slope, level = (values.requires_grad_() for values in eased.weights(weight, bias))
        total = slope.square().sum() / (2.0 * strength * n)
        total.backward()  # type: ignore[no-untyped-call]
        for part, wanted in zip(torch.split(rows, _CHUNK), torch.split(target, _CHUNK), strict=True):
            loss = cross_entropy(linear(part, slope, level), wanted, reduction="sum") / n
            loss.backward()  # type: ignore[no-untyped-call]
            total = total + loss.detach()
        assert slope.grad is not None
        assert level.grad is not None
        weight.grad, bias.grad = eased.gradients(slope.grad, level.grad)
        return total.detach()

    search.step(objective)  # type: ignore[no-untyped-call, arg-type, unused-ignore]
    slope, level = eased.weights(weight, bias)
    return Probe(classes, mean, scale, slope.T.contiguous(), level, strength)


@dataclass(frozen=True, slots=True)
class _Eased:
    """Coordinates in which the objective is about as steep in all directions, so that few steps lead to its end.

    Along each principal axis of the features the weights of a class are measured in units of its curvature: the
    variance along the axis times that of the class, and the penalty (a preconditioner after D. Böhning, "Multinomial
    logistic regression algorithm", 1992).

    Attributes
    ----------
    axes : float32 tensor (d, d), or None
        Of few rows finding them takes longer than it saves: then the coordinates are the weights.
    unit : float32 tensor (k, d)
    level_unit : float32 tensor (k,)
    """

    axes: torch.Tensor | None
    unit: torch.Tensor
    level_unit: torch.Tensor

    @classmethod
    def of(cls, rows: torch.Tensor, target: torch.Tensor, *, n_classes: int, strength: float) -> Self:
        n, d = rows.shape
        if n < _EASED_FROM * d:
            unit = torch.ones(n_classes, d, device=rows.device)
            return cls(None, unit, torch.ones(n_classes, device=rows.device))
        some = rows[:: max(1, n // (_EASED_BY * d))]
        variance, axes = torch.linalg.eigh((some.T @ some / len(some)).cpu().double())
        share = torch.bincount(target, minlength=n_classes).cpu().double() / n
        curved = (share * (1.0 - share)).clamp(min=1.0 / n)
        unit = (curved[:, None] * variance.clamp(min=0.0) + 1.0 / (strength * n)).rsqrt()
        return cls(*(values.float().to(rows.device) for values in (axes, unit, curved.rsqrt())))

    @property
    def nothing(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Coordinates of weights (k, d) and levels (k,) that are zero."""
        return torch.zeros_like(self.unit), torch.zeros_like(self.level_unit)

    def weights(self, weight: torch.Tensor, bias: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What is meant by coordinates, as new tensors."""
        slope = weight * self.unit
        return slope if self.axes is None else slope @ self.axes.T, bias * self.level_unit

    def of_weights(self, slope: torch.Tensor, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The other way round."""
        turned = slope if self.axes is None else slope @ self.axes
        return (turned / self.unit).contiguous(), level / self.level_unit

    def gradients(self, slope: torch.Tensor, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """By coordinates, from those by weights."""
        turned = slope if self.axes is None else slope @ self.axes
        return (turned * self.unit).contiguous(), level * self.level_unit


def select_strength(
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.int64],
    held_out: npt.NDArray[np.bool_],
    *,
    classes: tuple[str, ...],
    device: str = "auto",
    seed: int = 0,
) -> float:
    """Inverse L2 strength out of ``STRENGTHS`` with the lowest log loss on the held-out rows.

    At most 10,000 rows are used on either side, drawn by ``seed``. The search stops at the first
    strength that is worse than the one before.
    """
    train, judge = selection_rows(held_out, seed=seed)
    if not len(train) or not len(judge):
        return _CAUTIOUS
    best, best_loss, probe = STRENGTHS[0], np.inf, None
    for strength in STRENGTHS:
        probe = fit_probe(
            X[train], y[train], classes=classes, strength=strength, start=probe, device=device, tolerance=1e-3
        )
        loss = log_loss(probe.predict(X[judge]), y[judge])
        if loss >= best_loss:
            break
        best, best_loss = strength, loss
    return best


def selection_rows(
    held_out: npt.NDArray[np.bool_], *, seed: int = 0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row numbers to train on and to judge on while values are chosen: at most 10,000 of each, drawn by ``seed``."""
    rng = np.random.default_rng(seed)
    train, judge = (
        np.sort(rng.choice(rows, _MAX_SELECTION, replace=False)) if len(rows) > _MAX_SELECTION else rows
        for rows in (np.flatnonzero(~held_out), np.flatnonzero(held_out))
    )
    return train, judge


def enough_rows(rows: npt.NDArray[np.int64], *, n_numbers: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Those row numbers, or as many of them as a probe of ``n_numbers`` weights has any use for, drawn by ``seed``.

    That is a hundred for each weight and at least 200,000. What a model of p weights loses by having learned from n
    rows is p / 2n nats (H. Akaike, 1974): at most .005, whatever more there are.

    Examples
    --------
    >>> import numpy as np
    >>> len(enough_rows(np.arange(300_000), n_numbers=2_560)), len(enough_rows(np.arange(150_000), n_numbers=10))
    (256000, 150000)
    """
    most = max(_MIN_ENOUGH, _ENOUGH_PER_WEIGHT * n_numbers)
    return rows if len(rows) <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def log_loss(probs: npt.NDArray[np.floating[Any]], y: npt.NDArray[np.integer[Any]]) -> float:
    """Mean negative log probability of the given classes, in nats; probabilities (n, k) below 1e-12 count as that."""
    return float(-np.log(np.maximum(probs[np.arange(len(y)), y], 1e-12)).mean())
