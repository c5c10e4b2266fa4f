"""What a kind of item supplies to be fine-tuned: its network, its input and its changes to it. The loop is the same.

A kind names one ``Tunable`` (``Kind.tuning``), which imports no torch before it is called. It says where training
starts: a ``Network`` whose body is the kind's own, its layers in groups that thaw from the top and learn at rates that
fall towards the bottom, and ``Inputs``: all items in memory, and what the frozen lowest layers make of them where that
can be computed once. Folds, head, schedule, averaging, checkpoints, the search and the ensemble ask for no more
(``dsaudit.model.crossfit``, ``finetune``, ``recipe_trials``, ``ensemble``). ``dsaudit.media.audio.tuning`` is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import torch

    from dsaudit.model.network import Network
    from dsaudit.model.recipe import Recipe

Batch = tuple[Any, ...]
"""What the body of a network is called with: tensors whose first axis is the items, and plain values."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A batch as it is trained on, changed and mixed.

    Attributes
    ----------
    batch : tuple
    share : float
        Of itself that each item keeps; the rest is its partner's, and so is the loss. 1 where nothing is mixed.
    partner : int64 array (n,)
        Position in the batch of the item that each is mixed with.
    """

    batch: Batch
    share: float
    partner: npt.NDArray[np.int64]


class Inputs(Protocol):
    """What a network is fed of n items, by their position."""

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each item (n,): 0 for one that cannot be read, 1 where all are alike.

        Items of similar length share a batch, which, padded to its longest, stays within
        ``dsaudit.model.finetune.MOST_STEPS``: a step is what takes the memory of 10 ms of sound.
        """
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of a report should know, one sentence each."""
        ...

    def take(self, items: npt.NDArray[np.int64]) -> Inputs:
        """Of these items alone, in this order."""
        ...

    def ahead(self, network: Network, recipe: Recipe, *, seed: int, device: torch.device) -> Inputs:
        """With the layers below those that ``recipe.layers`` tunes already run, for ``recipe.views`` changed views too.

        As it is where they cannot run ahead, or what they make would not fit in memory.
        """
        ...

    def to(self, device: torch.device) -> Inputs:
        """The same on a device, where it fits beside the network; else as it is."""
        ...

    def batch(self, items: npt.NDArray[np.int64], *, device: torch.device) -> Batch:
        """These items as they are, padded to the longest; what an item is taken for must not depend on the padding."""
        ...

    def drawn(
        self, items: npt.NDArray[np.int64], recipe: Recipe, rng: np.random.Generator, *, device: torch.device
    ) -> Drawn:
        """These items as they are trained on; ``rng`` draws everything, so that training can be taken up again."""
        ...


class ReadInputs(Protocol):
    """Reads all items once for all the training to come; one that cannot be read stops nothing."""

    def __call__(
        self,
        uris: Sequence[str],
        read: Callable[[Path], Any],
        *,
        device: torch.device,
        tick: Callable[[int], None] = ...,
    ) -> Inputs:
        """Input of the items; ``read`` as in ``dsaudit.media.base.Media``, ``tick`` is told how many more are read."""
        ...


@dataclass(frozen=True, slots=True)
class Start:
    """Where the training of every fold starts.

    Attributes
    ----------
    network : Network
        Never changed.
    inputs : ReadInputs
        Makes what the network takes.
    shape : mapping
        Tensors and plain values from which ``Tunable.restore`` makes the same, untrained.
    notes : tuple of str
    """

    network: Network
    inputs: ReadInputs
    shape: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())


class Tunable(Protocol):
    """How a kind of item is fine-tuned."""

    @property
    def items(self) -> str:
        """What it takes, in the plural: ``recordings``."""
        ...

    @property
    def encoders(self) -> tuple[str, ...]:
        """Encoders whose vectors come from what it tunes, or from the same input."""
        ...

    @property
    def recipe(self) -> type[Recipe]:
        """Hyper-parameters, with those of the kind's own changes."""
        ...

    def start(self, encoder: str, n_classes: int, *, seed: int = 0) -> Start:
        """Where training starts for vectors of that encoder; ``seed`` draws what is not pretrained."""
        ...

    def restore(self, shape: Mapping[str, Any], n_classes: int) -> Start:
        """The start that has this shape, with weights of any value."""
        ...
