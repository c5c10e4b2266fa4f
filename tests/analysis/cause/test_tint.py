from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dsaudit.analysis.cause.tint import class_tints

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

LABELS = [f"class {k % 6}" for k in range(180)]


@cache
def _drawn(seed: int) -> np.ndarray:
    """Smooth coloured noise, each picture with a light of its own: uint8 (180, 96, 96, 3)."""
    rng = np.random.default_rng(seed)
    clouds = gaussian_filter(rng.normal(0, 1, (len(LABELS), 96, 96, 3)), (0, 8, 8, 0))
    clouds *= 25 / clouds.std()
    light = rng.uniform(90, 170, (len(LABELS), 1, 1, 1)) * rng.normal(1, 0.08, (len(LABELS), 1, 1, 3))
    return np.asarray((clouds + light).clip(0, 255))


def _clouds(seed: int) -> np.ndarray:
    return _drawn(seed).copy()


def _found(pictures: np.ndarray) -> pd.DataFrame:
    table = class_tints(pictures.clip(0, 255).astype(np.uint8), LABELS)
    return table[(table["tint"] >= 1.07) & (table["tint_lead"] >= 3.0)]


def _warm(pictures: np.ndarray) -> None:
    pictures *= [1.12, 1.0, 0.88]


def _cold(pictures: np.ndarray) -> None:
    pictures[...] = 0.8 * pictures + 0.2 * np.array([60, 120, 255])


def _green(pictures: np.ndarray) -> None:
    pictures[..., 1] *= 1.2


@pytest.mark.parametrize(("draw", "colour"), [(_warm, "warm"), (_cold, "cold"), (_green, "green")])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_tint_of_a_class_is_found_and_named(draw: Callable[[np.ndarray], None], colour: str, seed: int) -> None:
    pictures = _clouds(seed)
    own = pictures[2::6]
    draw(own)
    pictures[2::6] = own
    found = _found(pictures)
    assert found["tint_colour"].to_dict() == {"class 2": colour}


def test_what_is_in_the_middle_or_above_is_no_tint() -> None:
    pictures = _clouds(3)
    pictures[0::6, 20:76, 20:76] = [230, 190, 40]
    pictures[1::6, :40] = [90, 140, 220]
    pictures[2::6, 56:] = [60, 140, 50]
    assert not len(_found(pictures))


def test_labels_dealt_at_random_have_no_tint() -> None:
    assert not len(_found(_clouds(4)))
    assert class_tints(np.zeros((60, 96, 96, 3), dtype=np.uint8), [f"{k % 4}" for k in range(60)]).empty
