"""Copies of pictures by their pixels: every edit is seen through, and what only looks alike is not taken for one."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from sklearn.datasets import load_digits

from dsaudit.media.image.alignment import look
from dsaudit.media.image.candidate import candidates, landmark_text
from dsaudit.media.image.likeness import likeness, overlay
from dsaudit.media.image.perceptual_hash import difference_hash

LEFT = Image.Transpose.ROTATE_90


def photo(seed, size=(200, 150)):
    """Patches of colour, a few bars and grain."""
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(20, 236, (7, 9, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(patches)
    for _ in range(6):
        x, y = (int(rng.integers(0, side)) for side in size)
        draw.ellipse((x - 9, y - 6, x + 9, y + 6), fill=tuple(map(int, rng.integers(0, 256, 3))))
    return grained(patches, seed)


def grained(image, seed, level=6.0):
    noise = np.random.default_rng(seed + 99).normal(0, level, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))


def saved(image, quality):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def covered(image):
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 120, 200, 150), fill=(180, 20, 20))
    draw.text((10, 128), "SALE", fill="white")
    return image


def written_on(image):
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.text((20, 60), "WHEN YOU SEE IT", fill="white", stroke_width=1, stroke_fill="black", font_size=18)
    draw.text((40, 110), "sample text", fill="yellow", font_size=14)
    return image


EDITS = {
    "saved again": lambda image: saved(image, 40),
    "half size": lambda image: image.resize((100, 75)),
    "mirrored": ImageOps.mirror,
    "turned left": lambda image: image.transpose(LEFT),
    "turned left, half size": lambda image: image.transpose(LEFT).resize((75, 100)),
    "cropped to 64%": lambda image: image.crop((20, 15, 180, 135)),
    "turned by 5°": lambda image: image.rotate(5, Image.Resampling.BICUBIC),
    "framed": lambda image: ImageOps.expand(image, 15, (255, 255, 255)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "without colour": lambda image: image.convert("L").convert("RGB"),
    "partly covered": covered,
    "partly covered, with words": written_on,
}


@pytest.mark.parametrize("edit", EDITS)
def test_copies_are_known_and_what_was_done_to_them(edit):
    original = photo(1)
    copy = EDITS[edit](original)
    found = likeness(look(original), look(copy))
    assert found.same
    assert not found.scene
    assert found.edit.startswith(edit.split(", with")[0])
    assert likeness(look(copy), look(original)).same


def test_a_copy_says_where_it_lies():
    original = photo(2)
    found = likeness(look(original), look(ImageOps.mirror(original.crop((50, 0, 200, 120)))))
    # the left edge of the crop, at a quarter of the width, is the right edge of the mirror image
    x, y = np.array(found.place).reshape(2, 3) @ [0.25, 0.8, 1.0]
    assert (x, y) == pytest.approx((1.0, 1.0), abs=0.01)


def test_tiles_that_overlap_are_copies():
    plate = photo(3, (300, 150))
    found = likeness(*(look(plate.crop((x, 0, x + 150, 150))) for x in (0, 75)))
    assert found.same
    assert found.edit == "overlapping by 50%"


@pytest.mark.parametrize("aside", [(6, 2), (4, 4), (7, 0)])
def test_nothing_is_cropped_to_all_of_itself(aside):
    plate, (x, y) = photo(1, (240, 240)), aside
    here, there = look(plate.crop((0, 0, 200, 200))), look(plate.crop((x, y, 200 + x, 200 + y)))
    edits = {likeness(here, there).edit, likeness(there, here).edit}
    assert edits <= {"overlapping by 96%", "showing more"}


def test_digits_of_one_kind_are_no_copies_and_a_digit_saved_again_is_one():
    digits = load_digits()
    drawn = [np.uint8(image * 15.9) for image, digit in zip(digits.images, digits.target, strict=True) if digit == 6]
    sixes = [Image.fromarray(image).resize((28, 28)).convert("RGB") for image in drawn[:6]]
    looks = [look(six) for six in sixes]
    assert not any(likeness(a, b).same for a, b in combinations(looks, 2))
    assert all(likeness(one, look(saved(six, 90))).same for one, six in zip(looks, sixes, strict=True))


def test_colour_is_said_of_the_copy_that_has_it():
    original = photo(1)
    assert likeness(look(original.convert("L").convert("RGB")), look(original)).edit == "in colour"


def test_frames_of_a_burst_are_of_one_scene_and_no_copies():
    wide = photo(4, (220, 160))
    frames = [grained(wide.crop((3 * k, k, 200 + 3 * k, 150 + k)), k, 5.0) for k in range(3)]
    for a, b in ((0, 1), (0, 2), (2, 1)):
        found = likeness(look(frames[a]), look(frames[b]))
        assert (found.same, found.scene) == (False, True)


def dial(minute):
    image = Image.new("RGB", (200, 150), (240, 240, 245))
    draw = ImageDraw.Draw(image)
    draw.ellipse((38, 13, 162, 137), outline="black", width=3)
    angle = np.deg2rad(6 * minute - 90)
    draw.line((100, 75, 100 + 45 * np.cos(angle), 75 + 45 * np.sin(angle)), fill="black", width=4)
    return image


def disc(x, y, radius, colour):
    image = Image.new("RGB", (160, 120), (30, 60, 140))
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


def plate(seed):
    """As an X-ray: smooth, much like the others, with a mark in one corner and grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:96, :96]
    grey = 60 + 120 * np.exp(-((x - rng.integers(42, 55)) ** 2 + (y - rng.integers(44, 57)) ** 2) / 1500)
    for side in (-1, 1):
        grey -= 70 * (((x - 48 - side * rng.integers(16, 22)) / 9) ** 2 + ((y - 48) / rng.integers(16, 26)) ** 2 < 1)
    grey[6:16, 6:8] = 255
    return Image.fromarray((grey + rng.normal(0, 10, grey.shape)).clip(0, 255).astype(np.uint8)).convert("RGB")


def paper(seed):
    rng = np.random.default_rng(seed)
    image = Image.fromarray((250 + rng.normal(0, 1.5, (140, 100))).clip(0, 255).astype(np.uint8))
    for _ in range(3):
        x, y = int(rng.integers(8, 80)), int(rng.integers(8, 130))
        ImageDraw.Draw(image).line((x, y, x + 9, y), fill=40)
    return image.convert("RGB")


def form(seed):
    """One letterhead, filled in by others; scanned."""
    image = Image.new("RGB", (170, 240), (250, 250, 250))
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(seed)
    for k in range(8):
        draw.text((8, 20 + k * 26), ("Name", "First", "Born", "Street", "Town", "Phone", "Date", "Sign")[k], fill=30)
        draw.text((50, 20 + k * 26), "".join(chr(97 + int(c)) for c in rng.integers(0, 26, 12)), fill=50)
    return grained(image, seed, 3.0)


def sheet(seed, *, ruled):
    """A printed page whose rules and names are the same, with entries in small grey letters; scanned."""
    image = Image.new("RGB", (340, 480), (245, 245, 245))
    draw = ImageDraw.Draw(image)
    draw.text((24, 16), "REGISTRATION OF A CAR", fill=10, font_size=22)
    fixed, rng = (np.random.default_rng(number) for number in (0, seed))
    for k in range(14):
        y = 60 + 29 * k
        if ruled:
            draw.text((24, y), "".join(chr(97 + int(c)) for c in fixed.integers(0, 26, 7)) + ":", fill=20, font_size=14)
            draw.rectangle((100, y - 3, 310, y + 19), outline=20)
        else:
            draw.line((24, y + 22, 316, y + 22), fill=20)
        for x in (106,) if ruled else range(30, 300, 60):
            number = str(rng.integers(10**3, 10**9 if ruled else 10**6))
            draw.text((x, y), number, fill=90, font_size=12)
    return grained(image, seed, 3.0)


LOOKALIKES = {
    "dials with another reading": (dial(5), dial(20)),
    "dials that are mirror images": (dial(5), dial(55)),
    "discs elsewhere": (disc(60, 60, 20, "yellow"), disc(100, 50, 20, "yellow")),
    "discs of another colour": (disc(60, 60, 20, "yellow"), disc(60, 60, 20, "lime")),
    "discs of another size": (disc(60, 60, 20, "yellow"), disc(60, 60, 30, "yellow")),
    "X-rays": (plate(1), plate(2)),
    "pages": (paper(1), paper(2)),
    "forms": (form(1), form(2)),
    "forms with small entries": (sheet(1, ruled=True), sheet(2, ruled=True)),
    "tables": (sheet(1, ruled=False), sheet(2, ruled=False)),
    "one colour": (Image.new("RGB", (90, 60), "black"), Image.new("RGB", (60, 90), "black")),
    "tiny": (Image.new("RGB", (1, 1), "red"), photo(1)),
    "photographs": (photo(5), photo(6)),
}


@pytest.mark.parametrize("case", LOOKALIKES)
def test_what_looks_alike_is_no_copy(case):
    found = likeness(*(look(image) for image in LOOKALIKES[case]))
    assert (found.same, found.scene) == (False, False)


def letter(seed):
    image, rng = Image.new("RGB", (340, 480), (248, 248, 248)), np.random.default_rng(seed)
    for y in range(30, 130, 10):
        words = "".join(rng.choice(list("aeinorst  ,lmdgh"), 52))
        ImageDraw.Draw(image).text((24, y), words, fill=25, font_size=9)
    return image


def test_a_block_of_other_words_is_nothing_that_was_laid_over():
    assert overlay(look(letter(1)), look(letter(2))).stray > 0.1


def test_of_very_many_not_every_pair_of_hashes_is_looked_at(monkeypatch):
    rng = np.random.default_rng(0)
    hashes = [rng.bytes(32).hex() for _ in range(300)]
    hashes += [f"{int(hashes[k], 16) ^ (0b111 << 10 * k):064x}" for k in range(20)] + [""]
    wanted = {(k, 300 + k) for k in range(20)}
    for every in (20_000, 10):
        monkeypatch.setattr("dsaudit.media.image.candidate._ALL_PAIRS", every)
        found = candidates(hashes, [""] * len(hashes))
        assert {(int(a), int(b)) for a, b in found} == wanted


def test_candidates_hold_every_edit_and_few_others():
    originals = [photo(seed) for seed in range(20, 50)]
    edits = [edit(originals[k]) for k, edit in enumerate(EDITS.values())]
    images = originals + edits
    pairs = candidates([difference_hash(image) for image in images], [landmark_text(image) for image in images])
    wanted = {(k, len(originals) + k) for k in range(len(edits))}
    assert wanted <= {(int(a), int(b)) for a, b in pairs}
    assert {(int(a), int(b)) for a, b in pairs[: len(edits)]} >= {(0, 30), (1, 31), (2, 32)}  # the likeliest first
    assert np.bincount(pairs.ravel()).max() <= 20
    assert len(candidates(["", ""], ["", ""])) == 0


def test_a_frame_is_left_out_of_the_landmarks():
    framed = ImageOps.expand(photo(7), 60, (255, 255, 255))
    assert landmark_text(framed) == landmark_text(photo(7))
    assert landmark_text(Image.new("RGB", (90, 60), "black")) == ""
