"""What is measured of pictures, against what was planted into them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from dsaudit.media.image.content import content_share, drawn_share
from dsaudit.media.image.frame import Frame, frame
from dsaudit.media.image.jpeg import quality
from dsaudit.media.image.light import colour, histogram, light
from dsaudit.media.image.media import MEDIA
from dsaudit.media.image.noise import noise
from media.image.photographs import grey, photograph


def saved(levels: np.ndarray, q: int) -> np.ndarray:
    data = io.BytesIO()
    Image.fromarray(levels).save(data, "JPEG", quality=q)
    return np.asarray(Image.open(data))


def page(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = Image.new("L", (400, 500), 246)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    for y in range(30, 470, 18):
        draw.text((25, y), "".join(rng.choice(list("nopqrst uvwxy"), 45)), font=font, fill=30)
    return np.asarray(image)


@pytest.mark.parametrize("sigma", [3.0, 8.0, 25.0])
def test_noise_is_as_large_as_was_added(sigma):
    calm = grey(photograph(1)).astype(float)
    noisy = np.clip(calm + np.random.default_rng(0).normal(0, sigma, calm.shape), 0, 255).astype(np.uint8)
    assert noise(noisy) == pytest.approx(sigma, rel=0.2)
    assert noise(calm.astype(np.uint8)) < 1.5
    assert np.isnan(noise(noisy[:32, :32]))


def test_dots_that_are_meant_and_a_scale_of_ours_are_no_noise(tmp_path):
    levels = grey(photograph(1))
    ways = {"plain": levels, "dithered": Image.fromarray(levels).convert("1"), "deep": levels.astype(np.uint16) * 3}
    found = {}
    for name, way in ways.items():
        image = Image.fromarray(way) if isinstance(way, np.ndarray) else way
        image.save(tmp_path / f"{name}.png")
        found[name] = MEDIA.measure(tmp_path / f"{name}.png")["noise_levels"]
    assert [name for name, value in found.items() if np.isnan(value)] == ["dithered", "deep"]


@pytest.mark.parametrize("q", [8, 15, 25, 40])
def test_jpeg_quality_is_read_from_the_pixels(q):
    once = saved(grey(photograph(2)), q)
    for later in (once, saved(once, 92), once[3:, 5:], saved(np.ascontiguousarray(once[3:, 5:]), 92)):
        assert quality(later) == pytest.approx(q, abs=4)


def test_no_jpeg_quality_where_it_was_none_or_was_resized():
    picture = grey(photograph(3))
    assert np.isnan(quality(picture))
    smaller = Image.fromarray(saved(picture, 15)).resize((280, 210), Image.Resampling.BICUBIC)
    assert np.isnan(quality(np.asarray(smaller)))
    assert np.isnan(quality(picture[:20, :20]))


def test_frames_end_along_a_straight_line():
    picture = grey(photograph(4))
    assert frame(picture) == Frame(0, 0, 0, 0)
    assert frame(np.pad(picture, ((20, 24), (0, 0)))) == Frame(20, 24, 0, 0)
    assert frame(np.pad(picture, ((0, 0), (15, 15)), constant_values=255)) == Frame(0, 0, 15, 15)
    framed = np.pad(picture, 9, constant_values=10)
    assert frame(framed) == Frame(9, 9, 9, 9)
    assert frame(framed).inside(framed).shape == picture.shape
    assert frame(saved(np.pad(picture, ((24, 24), (0, 0))), 80)).share(288, 320) == pytest.approx(1 / 6, abs=0.01)
    thing = np.full((200, 200), 255, np.uint8)
    thing[60:140, 60:140] = 90
    assert frame(thing) == Frame(0, 0, 0, 0)
    assert frame(page()) == Frame(0, 0, 0, 0)


def test_a_white_ground_is_not_blown_out():
    photo = photograph(6)
    bright = grey(photo * 2.6 + 40)
    assert light(bright, histogram(bright))["blown_share"] > 0.2
    thing = np.full_like(bright, 255)
    thing[60:180, 80:240] = grey(photo)[60:180, 80:240]
    found = light(thing, histogram(thing))
    assert found["white_ground_share"] == 1.0
    assert found["blown_share"] < 0.15


def test_light_is_that_of_the_levels():
    levels = np.random.default_rng(1).integers(20, 200, (90, 80), dtype=np.uint8)
    found = light(levels, histogram(levels))
    assert found["brightness"] == pytest.approx(levels.mean() / 255)
    assert found["contrast"] == pytest.approx(levels.std() / 255)
    assert (found["darkest"], found["brightest"]) == (20 / 255, 199 / 255)


def test_grey_pictures_have_no_colour_even_as_jpeg():
    data = io.BytesIO()
    Image.fromarray(grey(photograph(7))).convert("RGB").save(data, "JPEG", quality=70)
    assert colour(np.asarray(Image.open(data).convert("RGB"))) < 0.01
    assert colour(photograph(7).astype(np.uint8)) > 0.2


def test_blank_is_what_shows_nothing_but_its_noise():
    rng = np.random.default_rng(0)
    paper = np.clip(rng.normal(250, 1.5, (140, 100)), 0, 255).astype(np.uint8)

    def shown(levels: np.ndarray) -> float:
        return content_share(levels, histogram(levels), noise(levels))

    assert shown(paper) < 3e-4
    written = paper.copy()
    written[40, 20:32] = 40
    assert shown(written) > 5e-4
    assert shown(np.zeros((50, 50), np.uint8)) == 0.0
    assert shown(grey(photograph(8))) > 0.5
    faint = np.clip(rng.normal(120, 9, (300, 300)), 0, 255)
    faint[100:200, 100:200] += 20
    assert shown(faint.astype(np.uint8)) > 0.05


def test_pages_are_told_from_photographs():
    assert drawn_share(page(), noise(page())) > 0.5
    for seed in range(6):
        photo = grey(photograph(seed))
        assert drawn_share(photo, noise(photo)) < 0.45
    assert drawn_share(page()[:40, :40]) == 0.0


def test_a_picture_made_of_dots_shows_something():
    dots = np.asarray(Image.fromarray(grey(photograph(6))).convert("1").convert("L"))
    assert content_share(dots, histogram(dots), noise(dots)) > 0.01


def test_white_behind_what_is_transparent_is_not_blown_out():
    picture = np.clip(grey(photograph(7)).astype(int) + 120, 0, 255).astype(np.uint8)
    counts = histogram(picture)
    assert light(picture, counts)["blown_share"] > 0.02
    assert light(picture, counts, on_white=True)["blown_share"] == 0.0
