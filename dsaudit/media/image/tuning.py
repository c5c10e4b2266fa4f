"""How pictures are fine-tuned: from EfficientNet-Lite0, or a small network from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dsaudit.errors import MissingExtraError
from dsaudit.media.image.recipe import ImageRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.media.image.network.efficientnet import EfficientNet
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Start


@dataclass(frozen=True, slots=True)
class ImageTuning:
    """Fine-tunes pictures; see ``dsaudit.model.tunable.Tunable``."""

    items: str = "pictures"
    encoders: tuple[str, ...] = ("efficientnet-lite0", "hog")
    recipe: type[Recipe] = ImageRecipe

    def start(self, encoder: str, n_classes: int, *, seed: int = 0) -> Start:
        """EfficientNet-Lite0 for ``efficientnet-lite0``.

        Where its weights are not installed, and for any other encoder, a small network starts from nothing, and the
        notes say so.
        """
        from dsaudit.media.image.encoders import LITE0
        from dsaudit.media.image.network.efficientnet import load_lite0, small_network

        try:
            if encoder != "efficientnet-lite0":
                raise MissingExtraError(f"the encoder {encoder} has no network to fine-tune")
            return _started(load_lite0(LITE0), n_classes)
        except MissingExtraError as error:
            note = f"{error.message}; a small network was trained from nothing instead, which is weaker"
            return _started(small_network(seed=seed), n_classes, note)

    def restore(self, shape: Mapping[str, Any], n_classes: int) -> Start:
        """The start that has this shape, with weights of any value."""
        from dsaudit.media.image.network.efficientnet import EfficientNet

        return _started(EfficientNet.of(shape), n_classes)


def _started(body: EfficientNet, n_classes: int, *notes: str) -> Start:
    from dsaudit.media.image.network.pixels import pixels_of
    from dsaudit.model.network import Network
    from dsaudit.model.tunable import Start

    return Start(Network(body, n_classes), partial(pixels_of, px=body.px), body.shape, notes)


TUNING = ImageTuning()
