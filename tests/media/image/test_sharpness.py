from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from dsaudit.media.image.sharpness import edges
from media.image.photographs import grey, photograph


def on_plain_ground(sigma: float = 0.0, size: tuple[int, int] = (300, 400)) -> np.ndarray:
    picture = np.full(size, 250.0)
    picture[100:150, 200:260] = 60.0
    return ndimage.gaussian_filter(picture, sigma).astype(np.uint8) if sigma else picture.astype(np.uint8)


def test_an_edge_is_as_wide_as_a_gaussian_of_its_blur():
    assert edges(on_plain_ground()).width_px == 1.0
    for sigma in (1.0, 1.5, 2.0):  # rise over the steepest step of an edge blurred by a gaussian: 2.5 sigma
        assert edges(on_plain_ground(sigma)).width_px == pytest.approx(np.sqrt(2 * np.pi) * sigma, rel=0.12)


@pytest.mark.parametrize("size", [(160, 120), (320, 240), (800, 600)])
def test_sharp_pictures_have_narrow_edges_and_blurred_ones_wide(size):
    for seed in range(4):
        sharp = photograph(seed, size)
        found = edges(grey(sharp))
        assert found.width_px < 2.3
        assert found.moved_px < 2.6
        assert edges(grey(ndimage.gaussian_filter(sharp, (2, 2, 0)))).width_px > 2.8


@pytest.mark.parametrize("axis", [0, 1])
def test_a_moved_picture_has_wide_edges_in_one_direction(axis):
    for seed in range(4):
        found = edges(grey(ndimage.uniform_filter1d(photograph(seed), 13, axis=axis)))
        assert found.moved_px > 3.0


def test_one_sharp_thing_makes_a_sharp_picture():
    sharp = photograph(5, (400, 300))
    soft = ndimage.gaussian_filter(sharp, (7, 7, 0))
    soft[60:200, 100:260] = sharp[60:200, 100:260]
    found = edges(grey(soft))
    assert found.width_px < 2.5
    assert found.moved_px < 3.0


def test_what_has_no_edge_is_not_judged():
    shading = np.tile(np.linspace(90, 160, 300), (200, 1)).astype(np.uint8)
    assert np.isnan(edges(shading).width_px)
    assert np.isnan(edges(np.zeros((1, 500), np.uint8)).moved_px)
    noise = np.random.default_rng(0).normal(128, 10, (200, 200)).astype(np.uint8)
    assert np.isnan(edges(noise, 10.0).width_px)
