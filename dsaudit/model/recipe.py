"""Hyper-parameters of fine-tuning: their meaning, their ranges, and what each quality takes.

A kind of item adds those of its own changes to items in a subclass, with its ``ranges`` and ``qualities``.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dsaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIMIZERS = ("adam", "adamw", "adagrad", "momentum", "sgd")
SCHEDULES = ("one-cycle", "slanted-triangular")


@dataclass(frozen=True, slots=True)
class Range:
    """Values that a number may have, and those that a search tries.

    Attributes
    ----------
    least, most : float
        Values that are accepted, both ends included.
    low, high : float
        What a random search draws from.
    log : bool
        Whether it draws evenly on a logarithmic scale.
    whole : bool
        Whether only whole numbers make sense.
    """

    least: float
    most: float
    low: float
    high: float
    log: bool = False
    whole: bool = False


CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType({"optimizer": OPTIMIZERS, "schedule": SCHEDULES})
"""Values of the hyper-parameters that are words; a search may draw from them."""

LEARNING: Mapping[str, Range] = MappingProxyType(
    {
        "epochs": Range(0, 1000, 4, 30, log=True, whole=True),
        "batch_size": Range(1, 8192, 16, 128, log=True, whole=True),
        "learning_rate": Range(1e-7, 10.0, 1e-4, 1e-2, log=True),
        "layer_decay": Range(0.0, 1.0, 0.2, 1.0),
        "warm_up": Range(0.0, 0.9, 0.05, 0.4),
        "weight_decay": Range(0.0, 10.0, 1e-4, 0.3, log=True),
        "layers": Range(0, 5, 0, 3, whole=True),
        "unfreeze_epochs": Range(0.0, 100.0, 0.0, 2.0),
        "dropout": Range(0.0, 0.95, 0.0, 0.6),
        "label_smoothing": Range(0.0, 0.5, 0.0, 0.2),
        "mixup": Range(0.0, 10.0, 0.05, 1.0, log=True),
    }
)
"""Accepted and searched values of the numbers that say how a network learns."""

KEEPING: Mapping[str, Range] = MappingProxyType(
    {
        "views": Range(0, 64, 0, 6, whole=True),
        "average": Range(0.0, 0.9999, 0.9, 0.999),
        "patience": Range(1, 1000, 3, 8, whole=True),
    }
)
"""The same of those that say what is kept of items and of epochs."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is fine-tuned.

    Attributes
    ----------
    epochs : int
        Passes over the training part, at most; 0 leaves the linear probe as it is.
    batch_size : int
        Items per step.
    optimizer : str
        ``sgd``, ``momentum`` (Nesterov, 0.9), ``adagrad``, ``adam`` or ``adamw``.
    learning_rate : float
        Of the head, at its highest.
    layer_decay : float
        Each group of layers below the head learns at this share of the rate above it.
    schedule : str
        ``one-cycle`` (Smith 2018): up and down along a cosine; ``slanted-triangular`` (Howard & Ruder 2018).
    warm_up : float
        Share of all steps in which the rate rises.
    weight_decay : float
        Decoupled for ``adamw``, L2 for the others.
    layers : int
        Groups of layers that are tuned below the head, from the top; 0 the head alone, 5 all of them.
    unfreeze_epochs : float
        Epochs between two groups as they thaw, from the top down (gradual unfreezing).
    dropout : float
        Share of pooled features left out in each step.
    label_smoothing : float
        Share of the target spread over all classes.
    mixup : float
        Both parameters of the Beta distribution that two items are mixed by; 0 for none.
    views : int
        Augmented views of each item prepared beside the item itself, where the lowest layers are not tuned and
        so run once only; 0 trains on the items as they are. Fewer are made where memory would not do. Where
        all layers are tuned, every epoch sees fresh ones, or none for 0.
    average : float
        Decay per step of the moving average of weights, which is what predicts; 0 for none.
    patience : int
        Epochs without a lower validation loss after which training stops.
    """

    ranges: ClassVar[Mapping[str, Range]] = MappingProxyType({**LEARNING, **KEEPING})
    """Accepted and searched values of every number, in the order in which a search draws them."""
    qualities: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        {
            "standard": MappingProxyType({}),
            "best": MappingProxyType(
                {"epochs": 40, "layers": 5, "unfreeze_epochs": 1.0, "patience": 8, "average": 0.995}
            ),
        }
    )
    """What each quality takes instead of the defaults; ``quick`` fine-tunes nothing."""

    epochs: int = 10
    batch_size: int = 32
    optimizer: str = "adamw"
    learning_rate: float = 3e-4
    layer_decay: float = 0.7
    schedule: str = "one-cycle"
    warm_up: float = 0.2
    weight_decay: float = 0.01
    layers: int = 2
    unfreeze_epochs: float = 0.5
    dropout: float = 0.3
    label_smoothing: float = 0.05
    mixup: float = 0.2
    views: int = 4
    average: float = 0.98
    patience: int = 4

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            word = str(getattr(self, name)).lower().replace("_", "-")  # as papers and torch write them: AdamW, SGD
            if word not in known:
                raise ConfigError(f"training: {name} = {getattr(self, name)!r}", hint=f"one of {', '.join(known)}")
            object.__setattr__(self, name, word)
        for name, allowed in self.ranges.items():
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not number or not allowed.least <= value <= allowed.most or (allowed.whole and value != int(value)):
                kind = "a whole number" if allowed.whole else "a number"
                raise ConfigError(
                    f"training: {name} = {value!r}", hint=f"{kind} from {allowed.least:g} to {allowed.most:g}"
                )
            object.__setattr__(self, name, int(value) if allowed.whole else float(value))

    @classmethod
    def of(cls, quality: str, given: Mapping[str, Any]) -> Self:
        """The recipe of a quality, ``standard`` or ``best``, with what the user gives instead.

        Raises
        ------
        ConfigError
            A name that is no hyper-parameter, or a value out of its range.
        """
        names = [f.name for f in fields(cls)]
        values = {str(raw).replace("-", "_"): value for raw, value in given.items()}
        for name in values:
            if name not in names:
                near = get_close_matches(name, names, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
                raise ConfigError(f"training: there is no hyper-parameter {name!r}", hint=hint)
        return cls(**{**cls.qualities[quality], **values})

    def mixed(self, strength: float) -> Self:
        """The recipe with items mixed by that Beta distribution, and in no other way; 0: not at all."""
        return replace(self, mixup=strength)

    def described(self) -> dict[str, Any]:
        """Every value by name, JSON-ready."""
        return asdict(self)
