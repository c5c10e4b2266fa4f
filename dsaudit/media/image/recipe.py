"""What there is to choose when a network that sees is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dsaudit.model.recipe import KEEPING, LEARNING, Range, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN: Mapping[str, Range] = {
    "cutmix": Range(0.0, 10.0, 0.0, 1.0),
    "flip": Range(0.0, 1.0, 0.0, 0.5),
    "crop": Range(0.0, 0.95, 0.0, 0.8),
    "colour": Range(0.0, 1.0, 0.0, 0.5),
}
_AT_LENGTH = {"learning_rate": 5e-4, "layer_decay": 0.7, "cutmix": 1.0}


@dataclass(frozen=True, slots=True)
class ImageRecipe(Recipe):
    """How a network that sees is fine-tuned.

    Attributes
    ----------
    cutmix : float
        Both parameters of the Beta distribution that the share of a picture is drawn from which a piece of another
        takes the place of; 0 for none. Beside ``mixup`` each batch gets one of the two. It takes many epochs to help.
    flip : float
        Share of pictures that are mirrored; 0 where left and right make the class.
    crop : float
        Most of a picture's area that is cut away as a view of it is drawn.
    colour : float
        Brightness, contrast and saturation are changed by up to this share of themselves.
    """

    ranges: ClassVar[Mapping[str, Range]] = MappingProxyType({**LEARNING, **_OWN, **KEEPING})
    qualities: ClassVar[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
        {**Recipe.qualities, "best": MappingProxyType({**Recipe.qualities["best"], **_AT_LENGTH})}
    )

    # chosen on pictures of garments, emoji and spectrograms: 1280 features wide, a head that learns faster than the
    # layers below it is soon of another mind than the probe it started as
    layers: int = 3
    layer_decay: float = 1.0
    unfreeze_epochs: float = 0.0
    patience: int = 10
    cutmix: float = 0.0
    flip: float = 0.5
    crop: float = 0.5
    colour: float = 0.3

    def mixed(self, strength: float) -> Self:
        """See ``Recipe.mixed``."""
        return replace(self, mixup=strength, cutmix=0.0)
