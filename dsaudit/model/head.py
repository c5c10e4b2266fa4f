"""The linear probe: multinomial logistic regression on frozen embeddings, cross-validated or trained on everything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from dsaudit.errors import InconclusiveError
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.types import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.model.folds import Folds

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Inverse L2 strengths ``C`` tried on standardised features, the most cautious first."""

_CHUNK = 65_536
_MAX_SELECTION = 10_000


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
        torch.save({"classes": list(self.classes), "strength": self.strength, **tensors}, path)

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
    """Multinomial logistic regression on standardised features, by L-BFGS over the full batch.

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
        Largest gradient entry at which the search stops.
    """
    where = pick_device(device)
    rows = torch.as_tensor(np.array(X, dtype=np.float32)).to(where)
    target = torch.as_tensor(np.asarray(y, dtype=np.int64)).to(where)
    n, d = rows.shape
    mean = rows.mean(0)
    scale = rows.std(0, correction=0)
    scale = torch.where(scale > 1e-6 * (1.0 + mean.abs()), scale, torch.ones_like(scale))
    rows = rows.sub_(mean).div_(scale)
    weight = torch.zeros(d, len(classes), device=where)
    bias = torch.zeros(len(classes), device=where)
    if start is not None:
        weight.copy_(start.weight)
        bias.copy_(start.bias)
    weight.requires_grad_()
    bias.requires_grad_()
    search = torch.optim.LBFGS(
        [weight, bias],
        max_iter=max_iter,
        tolerance_grad=tolerance,
        tolerance_change=1e-7,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def objective() -> torch.Tensor:
        search.zero_grad()
        total = weight.square().sum() / (2.0 * strength * n)
        total.backward()  # type: ignore[no-untyped-call]
        for part, wanted in zip(torch.split(rows, _CHUNK), torch.split(target, _CHUNK), strict=True):
            loss = cross_entropy(part @ weight + bias, wanted, reduction="sum") / n
            loss.backward()  # type: ignore[no-untyped-call]
            total = total + loss.detach()
        return total.detach()

    search.step(objective)  # type: ignore[no-untyped-call, arg-type, unused-ignore]
    return Probe(classes, mean, scale, weight.detach(), bias.detach(), strength)


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
    rng = np.random.default_rng(seed)
    train, judge = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    train, judge = (
        np.sort(rng.choice(rows, _MAX_SELECTION, replace=False)) if len(rows) > _MAX_SELECTION else rows
        for rows in (train, judge)
    )
    if not len(train) or not len(judge):
        return 0.01
    best, best_loss, probe = STRENGTHS[0], np.inf, None
    for strength in STRENGTHS:
        probe = fit_probe(
            X[train], y[train], classes=classes, strength=strength, start=probe, device=device, tolerance=1e-3
        )
        p = probe.predict(X[judge])[np.arange(len(judge)), y[judge]]
        loss = float(-np.log(np.maximum(p, 1e-12)).mean())
        if loss >= best_loss:
            break
        best, best_loss = strength, loss
    return best


def cross_validated_pred_probs(
    embeddings: pd.DataFrame,
    labels: pd.Series,
    folds: Folds,
    *,
    encoder: str = "",
    device: str = "auto",
    seed: int = 0,
    on_fold: Callable[[int, float, npt.NDArray[np.int64]], None] | None = None,
) -> Predictions:
    """Out-of-sample predicted probabilities for every labelled item that has an embedding.

    For each fold a probe is trained on the others; its penalty is chosen on one of those others, so the
    held-out fold decides nothing about the model that judges it.

    Parameters
    ----------
    embeddings : DataFrame float32 (n, d), index ``item_id``
    labels : Series of str, index ``item_id``
    folds : Folds
    encoder : str
        Name and version for the model card.
    on_fold : callable, optional
        Called after each fold, in order, with the fold, its accuracy over the classes that are learned,
        and the confusion counts so far (k, k): rows given, columns predicted.

    Raises
    ------
    InconclusiveError
        Fewer than two folds hold an item with an embedding.
    """
    where = pick_device(device)
    ids = folds.fold.index.intersection(embeddings.index).sort_values()
    fold = folds.fold.reindex(ids).to_numpy(dtype=np.int16)
    column = {name: index for index, name in enumerate(folds.classes)}
    given = np.array([column.get(str(label), -1) for label in labels.reindex(ids)], dtype=np.int64)
    X = embeddings.reindex(ids).to_numpy(dtype=np.float32)
    present = np.unique(fold[given >= 0])
    if len(present) < 2:
        raise InconclusiveError(
            f"{len(ids)} labelled items with an embedding are too few to hold any out",
            hint="Add items, or see which of them could not be read.",
        )

    def run(held: int) -> tuple[npt.NDArray[np.float32], float]:
        train = np.flatnonzero((fold != held) & (given >= 0))
        others = [f for f in present.tolist() if f != held]
        inner = next((f for f in others if f > held), others[0])
        strength = (
            select_strength(
                X[train], given[train], fold[train] == inner, classes=folds.classes, device=device, seed=seed
            )
            if len(others) > 1
            else 0.01
        )
        probe = fit_probe(X[train], given[train], classes=folds.classes, strength=strength, device=device)
        return probe.predict(X[fold == held]), strength

    k = len(folds.classes)
    pred_probs = np.zeros((len(ids), k), dtype=np.float32)
    counts = np.zeros((k, k), dtype=np.int64)
    strengths: list[float] = []
    held_folds = np.unique(fold).tolist()
    with one_thread_each(), ThreadPoolExecutor(min(n_workers(where), len(held_folds))) as pool:
        for held, (probs, strength) in zip(held_folds, pool.map(run, held_folds), strict=True):
            rows = np.flatnonzero(fold == held)
            pred_probs[rows] = probs
            strengths.append(strength)
            known = given[rows] >= 0
            predicted = probs.argmax(1)[known]
            np.add.at(counts, (given[rows][known], predicted), 1)
            if on_fold is not None and known.any():
                on_fold(held, float((predicted == given[rows][known]).mean()), counts.copy())
    card = _card(X, given, folds, encoder=encoder, device=where.type, seed=seed)
    return Predictions(
        item_ids=tuple(str(i) for i in ids),
        classes=folds.classes,
        pred_probs=pred_probs,
        given=given,
        fold=fold,
        model_card={**card, "strengths": strengths},
    )


def train_probe(
    embeddings: pd.DataFrame, labels: pd.Series, folds: Folds, *, device: str = "auto", seed: int = 0
) -> Probe:
    """One probe trained on every labelled item of the learned classes, to be kept and used.

    The penalty is chosen with the first fold held out; the accuracy to state is that of the folds.
    """
    ids = folds.fold.index.intersection(embeddings.index).sort_values()
    column = {name: index for index, name in enumerate(folds.classes)}
    given = np.array([column.get(str(label), -1) for label in labels.reindex(ids)], dtype=np.int64)
    learned = given >= 0
    X = embeddings.reindex(ids).to_numpy(dtype=np.float32)[learned]
    held_out = folds.fold.reindex(ids).to_numpy()[learned] == 0
    with one_thread_each():
        strength = select_strength(X, given[learned], held_out, classes=folds.classes, device=device, seed=seed)
        return fit_probe(X, given[learned], classes=folds.classes, strength=strength, device=device)


def _card(
    X: npt.NDArray[np.float32], given: npt.NDArray[np.int64], folds: Folds, *, encoder: str, device: str, seed: int
) -> Mapping[str, Any]:
    return {
        "head": "linear probe: multinomial logistic regression on standardised features, L2, L-BFGS",
        "encoder": encoder,
        "n_dimensions": int(X.shape[1]),
        "n_items": int((given >= 0).sum()),
        "n_classes": len(folds.classes),
        "left_out": dict(folds.left_out),
        "n_folds": folds.n_folds,
        "folds": "stratified; groups and copies never torn apart",
        "seed": seed,
        "device": device,
        "torch": str(torch.__version__),
    }
