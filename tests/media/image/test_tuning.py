"""Pictures are fine-tuned by the same loop as recordings, kept and loaded again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from dsaudit.media.image.network.efficientnet import EfficientNet, blocks_of
from dsaudit.media.image.network.pixels import pixels_of, side_px
from dsaudit.media.image.recipe import ImageRecipe
from dsaudit.media.image.tuning import TUNING
from dsaudit.model.network import Network
from dsaudit.model.tunable import Start
from media.tuned import (
    CPU,
    damaged_at_7,
    learns_is_kept_and_says_the_same_again,
    material,
    starts_from_nothing_and_says_so,
)

PX = 32


def tinted(k: int) -> Image.Image:
    """Noise, reddish or, for odd ``k``, bluish, of any light."""
    rng = np.random.default_rng(k)
    pixels = rng.normal(rng.uniform(80, 170), 40, (PX, PX, 1)) + rng.normal(0, 10, (PX, PX, 3))
    pixels[..., 2 * (k % 2)] += 25
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


read = damaged_at_7(tinted)


class Tiny:
    """``ImageTuning`` with a network of a few thousand weights, called pretrained so that its layers may run ahead."""

    items, encoders, recipe = TUNING.items, TUNING.encoders, ImageRecipe

    def start(self, encoder, n_classes, *, seed=0):
        torch.manual_seed(seed)
        body = EfficientNet(
            blocks_of(((1, 3, 2, 2, 8), (1, 3, 1, 2, 8)), stem=8, last=24), groups=(0, 1, 2), pretrained=True, px=PX
        )
        return self._of(body.eval(), n_classes)

    def restore(self, shape, n_classes):
        return self._of(EfficientNet.of(shape), n_classes)

    @staticmethod
    def _of(body, n_classes):
        return Start(Network(body, n_classes), partial(pixels_of, px=body.px), body.shape)


@pytest.fixture(scope="module")
def read_once():
    return material(Tiny(), read, [("red", "blue")[k % 2] for k in range(48)])


RECIPE = ImageRecipe(epochs=3, batch_size=8, learning_rate=0.01, views=1, colour=0.1, patience=9)


@pytest.mark.parametrize("layers", [1, 5])
def test_it_learns_is_kept_and_says_the_same_again(read_once, tmp_path, layers):
    assert len(read_once[0].labels) == 47  # all but the damaged one
    recipe = replace(RECIPE, layers=layers)
    learns_is_kept_and_says_the_same_again(Tiny(), read, read_once, recipe, tmp_path / "networks.pt")


def test_lower_layers_run_ahead_for_every_view(read_once):
    made, _ = read_once
    plain = made.inputs
    ahead = plain.ahead(made.network, ImageRecipe(layers=1, views=2), seed=0, device=CPU)
    assert ahead.rows.shape[:2] == (3, len(made.labels))
    items = np.array([0, 3, 9])
    with torch.inference_mode():
        early, late = (made.network.features(*one.batch(items, device=CPU)) for one in (plain, ahead))
    assert (early - late).abs().max() < 2e-3  # kept in half precision
    assert not torch.equal(ahead.rows[0], ahead.rows[1])
    part = ahead.take(items)
    assert torch.equal(part.batch(np.array([1]), device=CPU)[0], ahead.batch(np.array([3]), device=CPU)[0])


def test_what_would_not_fit_in_memory_is_left_out(read_once, monkeypatch):
    from dsaudit.media.image.network import pixels

    made, _ = read_once
    monkeypatch.setattr(pixels, "MAX_BYTES", 10)
    assert made.inputs.ahead(made.network, ImageRecipe(layers=1), seed=0, device=CPU) is made.inputs
    assert [side_px(n, 224) for n in (400, 40_000, 50_000, 100_000, 10**9)] == [224, 224, 192, 128, 64]
    monkeypatch.setattr(pixels, "MAX_SQUARE_BYTES", 3 * 64**2 * 2)
    assert (
        "pictures were trained on at 64 px instead of 224" in pixels_of(["1", "2"], read, px=224, device=CPU).notes[0]
    )


def test_without_weights_a_small_network_starts_from_nothing_and_says_so(monkeypatch):
    from dsaudit.media.image import encoders

    monkeypatch.setattr(encoders, "LITE0", replace(encoders.LITE0, package="absent"))
    for encoder in TUNING.encoders:
        starts_from_nothing_and_says_so(TUNING, encoder, read)
