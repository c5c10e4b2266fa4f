"""What a search for hyper-parameters tried: tuning.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """Values that were tried, and what came of them on a validation part."""

    trial: int
    """Its number, from 0; that of the defaults."""
    round: int
    """From 0; each looks nearer the best of those before it."""
    values: Mapping[str, Any]
    """Hyper-parameters by name."""
    loss: float
    """Mean cross-entropy in nats; null where the trial failed."""
    accuracy: float
    """0 to 1; null where the trial failed."""
    error: str = ""
    """How it failed."""


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """What a model does on items that the search never saw."""

    loss: float
    """Mean cross-entropy in nats."""
    accuracy: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The defaults and the best values on items that the search never saw."""

    n: int
    """Items."""
    default: HeldOutFigures
    """With the defaults."""
    best: HeldOutFigures
    """With the best values."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """tuning.json: the trials of a search for hyper-parameters."""

    metric: str
    """What was made small."""
    trials: tuple[TrialFigures, ...]
    """In the order in which they were made."""
    best: int | None
    """Number of the best trial; null where every one failed."""
    space: Mapping[str, tuple[Any, ...]]
    """By hyper-parameter the ends of a range, or what was chosen from."""
    held_out: HeldOut | None = None
    """How much the best values are better; absent where every trial failed."""
