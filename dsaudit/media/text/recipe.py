"""What there is to choose when a network that reads is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from dsaudit.model.recipe import KEEPING, LEARNING, Range, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN: Mapping[str, Range] = {"word_dropout": Range(0.0, 0.9, 0.0, 0.3)}
_NO_VIEWS: Mapping[str, Range] = {"views": Range(0, 0, 0, 0, whole=True)}


@dataclass(frozen=True, slots=True)
class TextRecipe(Recipe):
    """How a network that reads is fine-tuned, in the manner of ULMFiT (Howard & Ruder 2018).

    Layers thaw one group after the other, the lower the slower they learn, along a slanted triangle.

    Attributes
    ----------
    word_dropout : float
        Share of a text's pieces that are not read, drawn anew for each step. There are no ``views`` beside that.
    """

    ranges: ClassVar[Mapping[str, Range]] = MappingProxyType({**LEARNING, **_OWN, **KEEPING, **_NO_VIEWS})
    qualities: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        {
            "standard": MappingProxyType({}),
            "best": MappingProxyType({"epochs": 12, "layers": 5, "unfreeze_epochs": 1.0, "average": 0.995}),
        }
    )

    epochs: int = 5
    schedule: str = "slanted-triangular"
    warm_up: float = 0.1
    layers: int = 3
    views: int = 0
    mixup: float = 0.0
    word_dropout: float = 0.1
