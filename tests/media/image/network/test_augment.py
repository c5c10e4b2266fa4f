"""Changes keep the label, mixtures say whose share is how large, and all is drawn by the generator."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsaudit.media.image.network.augment import augmented, mixed
from dsaudit.media.image.recipe import ImageRecipe

NONE = ImageRecipe(flip=0.0, crop=0.0, colour=0.0, mixup=0.0, cutmix=0.0)


def rng(seed=0):
    return np.random.default_rng(seed)


def slopes(n=64, px=32):
    """Grey pictures that get lighter from left to right."""
    across = torch.linspace(-0.5, 0.5, px)
    return across.expand(n, 3, px, px).clone()


def test_cutmix_is_for_long_training():
    assert ImageRecipe.of("standard", {}).cutmix == 0.0
    assert (ImageRecipe.of("best", {}).cutmix, ImageRecipe.of("best", {}).layers) == (1.0, 5)


def test_nothing_asked_changes_nothing():
    assert torch.allclose(augmented(slopes(), NONE, rng()), slopes(), atol=1e-5)
    out, share, partner = mixed(slopes(8), NONE, rng())
    assert torch.equal(out, slopes(8))
    assert (share, partner.tolist()) == (1.0, list(range(8)))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_that_share_is_mirrored(share):
    out = augmented(slopes(400), ImageRecipe(flip=share, crop=0.0, colour=0.0), rng())
    mirrored = (out[:, 0, 0, 0] > out[:, 0, 0, -1]).float().mean()
    assert abs(float(mirrored) - share) < 0.08
    assert torch.allclose(out.mean((1, 2, 3)), slopes(400).mean((1, 2, 3)), atol=1e-4)


def test_a_cut_shows_at_least_the_area_that_is_left():
    out = augmented(slopes(400), ImageRecipe(flip=0.0, crop=0.75, colour=0.0), rng())
    seen = out[:, 0, 16, -1] - out[:, 0, 16, 0]
    assert 0.4 < float(seen.min()) < 0.55  # a side of a quarter of the area is half as long, or stretched by 4 : 3
    assert float(seen.max()) > 0.95
    assert float(out.min()) >= -0.51  # nothing is seen from beyond the border
    assert float(out.max()) <= 0.51


def test_light_contrast_and_saturation_stay_near():
    red = torch.zeros(300, 3, 8, 8)
    red[:, 0] = 0.5
    out = augmented(red, ImageRecipe(flip=0.0, crop=0.0, colour=0.4), rng())
    assert (out[:, 0] > out[:, 1]).all()
    spread = (out[:, 0] - out[:, 1]).mean((1, 2))
    assert 0.5 * 0.6**3 <= float(spread.min()) < 0.25  # three changes on top of each other
    assert 0.8 < float(spread.max()) <= 0.5 * 1.4**3
    assert float(out.mean(1).min()) < float(red.mean(1).min()) < float(out.mean(1).max())


def test_mixup_and_cutmix_say_their_shares():
    n = 16
    own = torch.arange(n, dtype=torch.float32)[:, None, None, None].expand(n, 2, 20, 20)
    kinds = set()
    for seed in range(20):
        out, share, partner = mixed(own, ImageRecipe(mixup=1.0, cutmix=1.0), rng(seed))
        wanted = share * own + (1 - share) * own[torch.from_numpy(partner)]
        assert torch.allclose(out.mean((1, 2, 3)), wanted.mean((1, 2, 3)), atol=1e-3)
        assert 0.45 <= share <= 1.0
        kinds.add("cut" if float(out.var((1, 2, 3)).max()) > 0 else "mix")
    assert kinds == {"cut", "mix"}


def test_the_generator_draws_everything():
    recipe = ImageRecipe(mixup=0.5)
    one, other, third = (mixed(augmented(slopes(), recipe, g), recipe, g)[0] for g in (rng(3), rng(3), rng(4)))
    assert torch.equal(one, other)
    assert not torch.equal(one, third)
