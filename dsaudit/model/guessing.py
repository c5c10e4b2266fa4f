"""MixMatch and FixMatch in a network that is fine-tuned: it learns from labels that it guesses, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.nn.functional import cross_entropy, one_hot

from dsaudit.model.semi_supervised import confident_loss, guess_loss, sharpened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Batch, Inputs

    Rows = npt.NDArray[np.int64]

LEAST_STEPS = 120
"""Steps of a training that learns from guesses: few labels make so few batches that nothing would be guessed anew."""


@dataclass(frozen=True, slots=True)
class Step:
    """A batch of labelled items and one of others, and what is asked of the network.

    Attributes
    ----------
    rows, others : int64 arrays (n,), (m,)
        Items by their position in ``inputs``.
    wanted : int64 tensor (n,)
        Columns of the classes of ``rows``.
    logits : callable
        From a batch to logits (n, k), as in training.
    guessed : callable
        From a batch to probabilities (n, k), without dropout or gradient.
    done : float
        Share of the training that is over, 0 to 1.
    rng
        Draws everything.
    """

    inputs: Inputs
    rows: Rows
    others: Rows
    wanted: torch.Tensor
    logits: Callable[[Batch], torch.Tensor]
    guessed: Callable[[Batch], torch.Tensor]
    done: float
    recipe: Recipe
    rng: np.random.Generator


class Guessing(Protocol):
    """A way to learn from guessed labels."""

    @property
    def description(self) -> str:
        """What the model card says."""
        ...

    def loss(self, step: Step) -> torch.Tensor:
        """Of the labelled items and of the others, together."""
        ...


@dataclass(frozen=True, slots=True)
class MixMatchTuning:
    """``dsaudit.model.semi_supervised.MixMatch`` on views of items that their kind changes and mixes.

    Values are those of the paper. Its average of weights is for a million steps: here the recipe's predicts. A batch is
    mixed by one share, and views are drawn anew once their labels are guessed.
    """

    weight: float = 75.0
    n_views: int = 2
    temperature: float = 0.5
    alpha: float = 0.75
    ramp: float = 0.4

    @property
    def description(self) -> str:
        """What the model card says."""
        return "MixMatch: guesses sharpened, labelled and guessed mixed"

    def loss(self, step: Step) -> torch.Tensor:
        """See ``Guessing``."""
        device, plain = step.wanted.device, step.recipe.mixed(0.0)
        views = (step.inputs.drawn(step.others, plain, step.rng, device=device) for _ in range(self.n_views))
        guesses = sharpened(torch.stack([step.guessed(view.batch) for view in views]).mean(0), self.temperature)
        targets = torch.cat([one_hot(step.wanted, guesses.shape[1]).to(guesses), *[guesses] * self.n_views])
        both = np.concatenate([step.rows, *[step.others] * self.n_views])
        drawn = step.inputs.drawn(both, step.recipe.mixed(self.alpha), step.rng, device=device)
        partner = torch.from_numpy(drawn.partner).to(device)
        targets = drawn.share * targets + (1.0 - drawn.share) * targets[partner]
        logits, n = step.logits(drawn.batch), len(step.rows)
        ramp = self.weight * min(1.0, step.done / self.ramp)
        return cross_entropy(logits[:n], targets[:n]) + ramp * guess_loss(logits[n:], targets[n:])


@dataclass(frozen=True, slots=True)
class FixMatchTuning:
    """``dsaudit.model.semi_supervised.FixMatch``: the weak view is the item as it is, its kind makes the strong one."""

    weight: float = 1.0
    threshold: float = 0.8

    @property
    def description(self) -> str:
        """What the model card says."""
        return f"FixMatch: guesses from {self.threshold:g} on"

    def loss(self, step: Step) -> torch.Tensor:
        """See ``Guessing``."""
        device, plain = step.wanted.device, step.recipe.mixed(0.0)
        guesses = step.guessed(step.inputs.batch(step.others, device=device))
        both = np.concatenate([step.rows, step.others])
        logits, n = step.logits(step.inputs.drawn(both, plain, step.rng, device=device).batch), len(step.rows)
        own = cross_entropy(logits[:n], step.wanted, label_smoothing=step.recipe.label_smoothing)
        return own + self.weight * confident_loss(logits[n:], guesses, self.threshold)


GUESSING: Mapping[str, Guessing] = {"fine-tuned MixMatch": MixMatchTuning(), "fine-tuned FixMatch": FixMatchTuning()}
"""By the name that reports give them."""


@dataclass(frozen=True, slots=True)
class Others:
    """Items without a label, by their position in the input, and the way to learn from them."""

    rows: Rows
    guessing: Guessing
