"""What there is to choose when a network that hears is fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from dsaudit.model.recipe import KEEPING, LEARNING, Range, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN: Mapping[str, Range] = {
    "time_masks": Range(0, 10, 0, 2, whole=True),
    "band_masks": Range(0, 10, 0, 2, whole=True),
    "shift_s": Range(0.0, 2.0, 0.0, 0.2),
    "gain_db": Range(0.0, 40.0, 0.0, 10.0),
}


@dataclass(frozen=True, slots=True)
class AudioRecipe(Recipe):
    """How a network that hears is fine-tuned.

    Attributes
    ----------
    time_masks, band_masks : int
        SpecAugment: stretches of time and bands of frequency hidden per item; 0 for none.
    shift_s : float
        Items are moved in time by up to so many seconds.
    gain_db : float
        Items are made louder or quieter by up to so many dB.
    """

    ranges: ClassVar[Mapping[str, Range]] = MappingProxyType({**LEARNING, **_OWN, **KEEPING})

    time_masks: int = 1
    band_masks: int = 1
    shift_s: float = 0.1
    gain_db: float = 6.0
