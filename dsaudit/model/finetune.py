"""Fine-tuning: from the linear probe on, layer group by layer group, with an eye on a validation part."""

from __future__ import annotations

import copy
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from dsaudit.model.average import averaged
from dsaudit.model.batches import ordered_batches, shuffled_batches
from dsaudit.model.checkpoint import load_checkpoint, save_checkpoint
from dsaudit.model.guessing import LEAST_STEPS, Step
from dsaudit.model.precision import autocast, compiled, gradient_scaler
from dsaudit.model.probe import fit_probe, log_loss, select_strength
from dsaudit.model.schedule import group_rates, make_optimizer, rate_factor
from dsaudit.types import MOST_CONFUSIONS

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt
    from torch.optim.swa_utils import AveragedModel

    from dsaudit.model.guessing import Others
    from dsaudit.model.network import Network
    from dsaudit.model.precision import Features
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Batch, Inputs

_KEPT = ("start", "network", "average", "optimizer", "scaler", "best", "history", "watched")
_DONE = ("made", "pred_probs", "history", "seen", "kept", "share")

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the weights that are kept may lie from the start to those that training came to."""

REFIT_UP_TO = 5_000
"""Items that are trained on once more with those that were set aside; an eighth more of many teaches little."""

MOST_STEPS = {"cpu": 20_000, "mps": 40_000, "cuda": 400_000}
"""Steps in one batch, padding included: what bounds the memory where items are long; see ``Inputs.lengths``."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """A fine-tuned network, and how it came about.

    Attributes
    ----------
    network : Network
        On the device of the one that was given; its weights are from between the start and an epoch's average, see
        ``fine_tune``.
    pred_probs : float32 array (n, k)
        Its predicted probabilities of all items.
    history : list of dict
        Per epoch: epoch, loss, validation_loss, accuracy, learning_rate, items_per_s, and what ``judged`` says.
    margins, confidence : float32 arrays (epochs, n)
        Per epoch the given label's probability less the highest other one (-1 to 1), and that probability.
    kept : int
        Epoch whose weights were taken, -1 where the start is kept.
    share : float
        How far from the start to that epoch's the weights lie, out of ``SHARES``.
    """

    network: Network
    pred_probs: npt.NDArray[np.float32]
    history: list[dict[str, Any]]
    margins: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    kept: int
    share: float


def fine_tune(
    network: Network,
    inputs: Inputs,
    given: npt.NDArray[np.int64],
    *,
    train: npt.NDArray[np.int64],
    validation: npt.NDArray[np.int64],
    recipe: Recipe,
    seed: int,
    device: torch.device,
    checkpoint: Path | None = None,
    refit: bool = False,
    others: Others | None = None,
    on_epoch: Callable[[dict[str, Any]], None] = lambda epoch: None,
    halt: threading.Event | None = None,
) -> Tuned:
    """Train a network whose head is a linear probe; see ``Recipe`` for the ways and their sources.

    The validation part decides which epoch's average of weights is taken (the last that is no worse than the best,
    see ``no_worse``) and how far from the start to it the weights that are kept lie: fine-tuning forgets some of what
    was pretrained, and between the two both are known (Wortsman et al. 2022). Where the start is not beaten outright,
    the weights between it and the last epoch may still be better.

    The result depends on the arguments and the device only, whether training was interrupted or not.

    Parameters
    ----------
    network : Network
        Not changed.
    inputs : Inputs
        Of all n items, and behind them of ``others``.
    given : int64 array (n,)
        Column of the given label, -1 for none.
    train, validation : int64 arrays
        Rows to learn from, and rows that decide which epoch is kept.
    checkpoint : Path, optional
        Where each epoch is kept, and at last what came of them; what a killed training left there is taken up.
    refit : bool
        Once that is decided, train anew on both parts, as long and as far: few items leave none to spare. Of more
        than ``REFIT_UP_TO`` items only a start that was kept is made anew.
    others : Others, optional
        Items without a label to learn from as well, in batches as large and as many as those of labelled items, of
        which there are then ``LEAST_STEPS`` at least.
    on_epoch : callable
        Told of each epoch as in ``Tuned.history``; also of epochs that a checkpoint holds. May raise to stop.
    halt : Event, optional
        Once set, training raises ``InterruptedError`` before its next batch.
    """
    if (done := load_checkpoint(checkpoint, needs=_DONE)) is not None:
        for known in done["history"]:
            on_epoch(known)
        return _tuned(network, done)
    course = _train(
        *(network, inputs, given),
        train=train,
        validation=validation,
        recipe=recipe,
        seed=seed,
        device=device,
        checkpoint=checkpoint,
        others=others,
        on_epoch=on_epoch,
        halt=halt,
    )
    share = _best_share(course, inputs, given, validation, device=device, halt=halt)
    n_epochs = course.epoch + 1 if share else 0
    both = np.union1d(train, validation)
    course.network.load_state_dict(_between(course.start, course.end, share))
    made = course.network
    if refit and len(both) > len(train) and (not share or len(both) <= REFIT_UP_TO):
        anew = started(
            *(network, inputs, given),
            train=train,
            validation=validation,
            both=True,
            device=device,
            seed=seed,
            halt=halt,
        )
        parts, start = _Parts.of(anew, recipe, device=device, n_items=len(both) * n_epochs), anew.state_dict()
        losses = [
            _one_epoch(parts, inputs, given, both, recipe=recipe, epoch=epoch, seed=seed, others=others, halt=halt)
            for epoch in range(n_epochs)
        ]
        if np.isfinite(losses).all():  # else what was judged is kept
            anew.load_state_dict(_between(start, parts.averaged_network.state_dict(), share))
            made = anew
    probs = predict(made, inputs, np.arange(len(given)), device=device, halt=halt)
    seen = torch.stack(course.watched) if course.watched else torch.zeros(0, 2, len(given))
    told = (made.state_dict(), torch.from_numpy(probs), course.history, seen, n_epochs - 1, share)
    done = dict(zip(_DONE, told, strict=True))
    if checkpoint is not None:
        save_checkpoint(checkpoint, done)
    return _tuned(network, done)


def _tuned(network: Network, done: dict[str, Any]) -> Tuned:
    """From what is kept of training that is done."""
    made = copy.deepcopy(network)
    made.load_state_dict(done["made"])
    seen = done["seen"].numpy()
    return Tuned(
        made.eval(), done["pred_probs"].numpy(), done["history"], seen[:, 0], seen[:, 1], done["kept"], done["share"]
    )


@dataclass(frozen=True, slots=True)
class _Course:
    """How training went: weights of the start and of the epoch that is taken, -1 where there is none."""

    network: Network
    start: dict[str, torch.Tensor]
    end: dict[str, torch.Tensor]
    epoch: int
    history: list[dict[str, Any]]
    watched: list[torch.Tensor]


def _train(
    network: Network,
    inputs: Inputs,
    given: npt.NDArray[np.int64],
    *,
    train: npt.NDArray[np.int64],
    validation: npt.NDArray[np.int64],
    recipe: Recipe,
    seed: int,
    device: torch.device,
    checkpoint: Path | None,
    others: Others | None,
    on_epoch: Callable[[dict[str, Any]], None],
    halt: threading.Event | None,
) -> _Course:
    """Train on ``train``, with an eye on ``validation``; see ``fine_tune``."""
    everything = np.arange(len(given))
    kept = load_checkpoint(checkpoint, needs=_KEPT)
    if kept is None:
        network = started(
            network, inputs, given, train=train, validation=validation, device=device, seed=seed, halt=halt
        )
    parts = _Parts.of(network, recipe, device=device, n_items=len(train) * recipe.epochs)
    history, watched = [], []
    start = copy.deepcopy(parts.network.state_dict())
    best: dict[str, Any] = {"epoch": -1, "network": start}
    if kept is not None:
        parts.take_up(kept)
        start, best, history, watched = kept["start"], kept["best"], kept["history"], list(kept["watched"])
        for known in history:
            on_epoch(known)
    else:
        best["losses"] = _losses(
            predict(parts.network, inputs, validation, device=device, halt=halt), given[validation]
        )
    for epoch in range(len(history), recipe.epochs):
        if epoch - best["epoch"] > recipe.patience or (history and not math.isfinite(history[-1]["loss"])):
            break
        began = time.perf_counter()
        loss = _one_epoch(parts, inputs, given, train, recipe=recipe, epoch=epoch, seed=seed, others=others, halt=halt)
        seconds = time.perf_counter() - began
        probs = predict(parts.averaged_network, inputs, everything, device=device, halt=halt)
        told = judged(probs[validation], given[validation]) | {"epoch": epoch, "loss": loss}
        told |= {"learning_rate": parts.optimizer.param_groups[-1]["lr"], "items_per_s": len(train) / seconds}
        history.append(told)
        watched.append(torch.from_numpy(margin_and_confidence(probs, given)))
        losses = _losses(probs[validation], given[validation])
        if no_worse(losses, best["losses"]):
            weights = copy.deepcopy(parts.averaged_network.state_dict())
            lowest = min(losses, best["losses"], key=torch.mean)
            best = {"losses": lowest, "epoch": epoch, "network": weights}
        if checkpoint is not None:
            done = {"start": start, "best": best, "history": history, "watched": watched}
            save_checkpoint(checkpoint, parts.state() | done)
        on_epoch(told)
    end, taken = best["network"], int(best["epoch"])
    if taken < 0 and history and math.isfinite(history[-1]["loss"]):
        end, taken = parts.averaged_network.state_dict(), len(history) - 1
    return _Course(parts.network, start, end, taken, history, watched)


def _best_share(
    course: _Course,
    inputs: Inputs,
    given: npt.NDArray[np.int64],
    validation: npt.NDArray[np.int64],
    *,
    device: torch.device,
    halt: threading.Event | None,
) -> float:
    """The one out of ``SHARES`` with the lowest validation loss."""
    losses = []
    for share in SHARES if course.epoch >= 0 else SHARES[:1]:
        course.network.load_state_dict(_between(course.start, course.end, share))
        probs = predict(course.network, inputs, validation, device=device, halt=halt)
        losses.append(float(_losses(probs, given[validation]).mean()))
    return SHARES[int(np.argmin(np.nan_to_num(losses, nan=np.inf)))]


def _between(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Weights at ``share`` of the way from the start to the end."""
    return {name: start[name].lerp(end[name].to(start[name]), share) for name in start} if share else start


def _one_epoch(
    parts: _Parts,
    inputs: Inputs,
    given: npt.NDArray[np.int64],
    train: npt.NDArray[np.int64],
    *,
    recipe: Recipe,
    epoch: int,
    seed: int,
    others: Others | None,
    halt: threading.Event | None,
) -> float:
    """One pass over ``train``; mean loss. What is drawn depends on the seed and the epoch alone."""
    network, optimizer, scaler, device = parts.network, parts.optimizer, parts.scaler, parts.device
    rng, losses = np.random.default_rng([seed, epoch]), []
    dice = torch.Generator(device).manual_seed(int(rng.integers(2**62)))
    least = 0 if others is None else math.ceil(LEAST_STEPS / recipe.epochs)
    batches = _shuffled(inputs, train, recipe.batch_size, device, rng, least=least)
    size = min(recipe.batch_size, len(train))
    beside = [] if others is None else _shuffled(inputs, others.rows, size, device, rng, least=len(batches))

    def logits(batch: Batch) -> torch.Tensor:
        with autocast(device):
            features = parts.features_of(*batch)
        kept = torch.rand(features.shape, generator=dice, device=device) >= recipe.dropout
        return network.head(features, kept / (1.0 - recipe.dropout))

    network.train()
    for k, rows in enumerate(batches):
        _stop_if(halt)
        done = epoch + (k + 0.5) / len(batches)
        factor = rate_factor(recipe.schedule, done / recipe.epochs, warm_up=recipe.warm_up)
        rates = group_rates(recipe, len(optimizer.param_groups), epoch=done)
        for group, relative in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = recipe.learning_rate * factor * relative
            for parameter in group["params"]:
                parameter.requires_grad_(relative > 0)
        wanted = torch.from_numpy(given[rows]).to(device)
        if others is None:
            loss = _labels_alone(inputs, rows, wanted, logits, recipe, rng)
        else:
            part, over = (rows, beside[k], wanted), done / recipe.epochs
            loss = others.guessing.loss(Step(inputs, *part, logits, parts.guessed, over, recipe, rng))
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call, unused-ignore]
        scaler.step(optimizer)
        scaler.update()
        parts.average.update_parameters(network)
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


def _labels_alone(
    inputs: Inputs,
    rows: npt.NDArray[np.int64],
    wanted: torch.Tensor,
    logits: Callable[[Batch], torch.Tensor],
    recipe: Recipe,
    rng: np.random.Generator,
) -> torch.Tensor:
    """Loss of a batch of labelled items."""
    drawn = inputs.drawn(rows, recipe, rng, device=wanted.device)
    said, other = logits(drawn.batch), wanted[torch.from_numpy(drawn.partner)]
    losses = (cross_entropy(said, of, label_smoothing=recipe.label_smoothing) for of in (wanted, other))
    return drawn.share * next(losses) + (1.0 - drawn.share) * next(losses)


def _shuffled(
    inputs: Inputs,
    items: npt.NDArray[np.int64],
    batch_size: int,
    device: torch.device,
    rng: np.random.Generator,
    *,
    least: int,
) -> list[npt.NDArray[np.int64]]:
    """Items in batches, drawn; all over again while those are fewer than ``least``."""

    def once() -> list[npt.NDArray[np.int64]]:
        lengths, most = inputs.lengths[items], MOST_STEPS[device.type]
        return [items[rows] for rows in shuffled_batches(lengths, batch_size=batch_size, most=most, rng=rng)]

    made = once()
    while 0 < len(made) < least:
        made += once()
    return made


@dataclass(frozen=True, slots=True)
class _Parts:
    """Everything that changes while training, and the device it is on."""

    network: Network
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    features_of: Features
    device: torch.device

    @classmethod
    def of(cls, network: Network, recipe: Recipe, *, device: torch.device, n_items: int) -> _Parts:
        network = copy.deepcopy(network).to(device)
        return cls(
            network,
            averaged(network, decay=recipe.average),
            make_optimizer(network.parameter_groups(), recipe),
            gradient_scaler(device),
            compiled(network, device, n_items=n_items),
            device,
        )

    @property
    def averaged_network(self) -> Network:
        return cast("Network", self.average.module)

    def guessed(self, batch: Batch) -> torch.Tensor:
        with torch.no_grad():
            with autocast(self.device):
                features = self.features_of(*batch)
            return torch.softmax(self.network.head(features), 1)

    def state(self) -> dict[str, Any]:
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def take_up(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])


def no_worse(losses: torch.Tensor, best: torch.Tensor) -> bool:
    """Whether losses of items (n,) are on average at most one standard error of the difference above the best.

    A validation part is small, so the epoch of its lowest loss is mostly luck; among those that cannot be told
    from it the last has learned most (the one-standard-error rule of Breiman et al. 1984, towards more training).
    """
    worse = losses - best
    return bool(worse.mean() <= worse.std(correction=0) / math.sqrt(max(len(worse), 1)))


def _losses(probs: npt.NDArray[np.float32], given: npt.NDArray[np.int64]) -> torch.Tensor:
    own = probs[np.arange(len(given)), given].astype(np.float64)
    return torch.from_numpy(-np.log(np.maximum(own, 1e-12)))


def started(
    network: Network,
    inputs: Inputs,
    given: npt.NDArray[np.int64],
    *,
    train: npt.NDArray[np.int64],
    validation: npt.NDArray[np.int64],
    device: torch.device,
    seed: int,
    both: bool = False,
    halt: threading.Event | None = None,
) -> Network:
    """A copy of the network on ``device`` whose head is a linear probe of its features, trained on ``train``.

    How cautious it is, is chosen on ``validation``; where that is no other part than ``train``, it is as cautious
    as a probe without a choice. ``both``: then trained on both parts.
    """
    network = copy.deepcopy(network).to(device).eval()
    rows = np.concatenate([train, validation])
    k = network.bias.shape[0]
    features = np.concatenate(_in_batches(network, _as_they_are, inputs, rows, device=device, halt=halt))
    y, n = given[rows], len(train)
    judges = np.concatenate([np.zeros(n, dtype=bool), ~np.isin(validation, train)])
    classes = tuple(str(c) for c in range(k))
    strength = select_strength(features, y, judges, classes=classes, device=device.type, seed=seed)
    own = slice(None if both else n)
    network.start_from(fit_probe(features[own], y[own], classes=classes, strength=strength, device=device.type))
    return network


def predict(
    network: Network,
    inputs: Inputs,
    items: npt.NDArray[np.int64],
    *,
    device: torch.device,
    halt: threading.Event | None = None,
) -> npt.NDArray[np.float32]:
    """Predicted probabilities, float32 (len(items), k), in the order of ``items``. Rows sum to 1.

    ``halt`` as in ``fine_tune``.
    """

    def probabilities(features: torch.Tensor) -> torch.Tensor:
        return torch.softmax(network.head(features), 1)

    network.eval()
    found = _in_batches(network, probabilities, inputs, items, device=device, halt=halt)
    return np.concatenate(found) if found else np.zeros((0, network.bias.shape[0]), dtype=np.float32)


def judged(probs: npt.NDArray[np.float32], given: npt.NDArray[np.int64]) -> dict[str, Any]:
    """Validation loss (nats), accuracy and confusion (rows given, columns predicted) of probabilities (n, k).

    Of more than ``MOST_CONFUSIONS`` classes the confusion is that of the most confused ones, ``shown``, with ``right``
    and ``of`` of every class.
    """
    counts = np.zeros((probs.shape[1],) * 2, dtype=np.int64)
    np.add.at(counts, (given, probs.argmax(1)), 1)
    accuracy = float(np.trace(counts) / max(len(given), 1))
    told = {"validation_loss": log_loss(probs, given), "accuracy": accuracy}
    if len(counts) <= MOST_CONFUSIONS:
        return told | {"confusion": counts.tolist()}
    shown = _most_confused(counts, MOST_CONFUSIONS)
    of_shown = {"shown": shown.tolist(), "confusion": counts[np.ix_(shown, shown)].tolist()}
    return told | of_shown | {"right": np.diag(counts).tolist(), "of": counts.sum(1).tolist()}


def _most_confused(counts: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """The ``n`` classes of the most frequent confusions, int64, sorted."""
    off = counts - np.diag(np.diag(counts))
    pairs = np.column_stack(np.nonzero(off))
    pairs = pairs[np.argsort(-off[pairs[:, 0], pairs[:, 1]], kind="stable")]
    classes, first = np.unique(np.concatenate([pairs.ravel(), np.arange(len(counts))]), return_index=True)
    return np.sort(classes[np.argsort(first)][:n])


def margin_and_confidence(probs: npt.NDArray[np.float32], given: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Margin and probability of the given label, float32 (2, n); NaN for items without one."""
    rows = np.flatnonzero(given >= 0)
    found = np.full((2, len(given)), np.nan, dtype=np.float32)
    others = probs[rows].copy()
    own = others[np.arange(len(rows)), given[rows]].copy()
    others[np.arange(len(rows)), given[rows]] = -1.0
    found[0, rows], found[1, rows] = own - others.max(1), own
    return found


def _stop_if(halt: threading.Event | None) -> None:
    if halt is not None and halt.is_set():
        raise InterruptedError


def _as_they_are(features: torch.Tensor) -> torch.Tensor:
    return features


def _in_batches(
    network: Network,
    function: Callable[[torch.Tensor], torch.Tensor],
    inputs: Inputs,
    items: npt.NDArray[np.int64],
    *,
    device: torch.device,
    halt: threading.Event | None = None,
) -> list[npt.NDArray[np.float32]]:
    """Rows that ``function`` makes of features, one array per item so as to keep the order of ``items``."""
    found: list[npt.NDArray[np.float32]] = [np.empty(0, dtype=np.float32)] * len(items)
    size = 64 if device.type == "cpu" else 1024
    lengths = inputs.lengths[items]
    with torch.inference_mode():
        for rows in ordered_batches(lengths, np.arange(len(items)), batch_size=size, most=MOST_STEPS[device.type]):
            _stop_if(halt)
            batch = inputs.batch(items[rows], device=device)
            with autocast(device):  # the head stays in full precision, as in training
                features = network.features(*batch)
            made = function(features).cpu().numpy()
            for row, values in zip(rows.tolist(), made, strict=True):
                found[row] = values[None]
    return found
