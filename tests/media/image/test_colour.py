"""Colours: whatever a picture is stored in comes as the RGB that people see."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from dsaudit.media.file import opened_file
from dsaudit.media.image.decode import decoded
from media.image.pictures import noise, png, scene

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def read(path):
    with opened_file(path, hashed=False) as file:
        return decoded(file)


def saved(path, image, **options):
    image.save(path, **options)
    return path


def far(a, b):
    return np.abs(np.asarray(a, dtype=int) - np.asarray(b, dtype=int)).mean()


def exchanged(profile):
    """Red for green: what it describes is another colour space."""
    return profile.replace(b"rXYZ", b"tmp_").replace(b"gXYZ", b"rXYZ").replace(b"tmp_", b"gXYZ")


@pytest.mark.parametrize("top", [255, 900, 4095, 65535])
def test_deep_greys_are_scaled_by_the_bits_that_they_use(tmp_path, top):
    grey = np.asarray(scene(1).convert("L"), dtype=float) / 255
    found = read(saved(tmp_path / "a.png", Image.fromarray((grey * top).astype(np.uint16))))
    expected = grey * 255 * top / (2 ** int(top).bit_length() - 1)
    assert far(found.rgb[..., 0], expected) < 1
    assert found.mode == "I;16"


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_colours_are_scaled_by_the_bits_that_they_use(tmp_path, bits):
    eight = np.asarray(scene(2)).astype(np.uint16)
    (tmp_path / "a.png").write_bytes(png(eight << (bits - 8)))
    assert far(read(tmp_path / "a.png").rgb, eight) < 1


@pytest.mark.parametrize(("scale", "offset"), [(1 / 255, 0.0), (1.0, 0.0), (16.0, 0.0)])
def test_floats_have_the_scale_that_they_reach(tmp_path, scale, offset):
    grey = np.asarray(scene(3).convert("L"), dtype=np.float32)
    found = read(saved(tmp_path / "a.tif", Image.fromarray(grey * np.float32(scale))))
    assert far(found.rgb[..., 0], grey) < 2
    assert found.n_nonfinite == 0


def test_what_is_no_number_is_black_and_counted(tmp_path):
    grey = np.asarray(scene(3).convert("L"), dtype=np.float32).copy()
    grey[3, 4], grey[5, 6], grey[7, 8] = np.nan, np.inf, -np.inf
    found = read(saved(tmp_path / "a.tif", Image.fromarray(grey)))
    assert found.n_nonfinite == 3
    assert [found.rgb[y, x, 0] for y, x in ((3, 4), (5, 6), (7, 8))] == [0, 255, 0]
    nothing = read(saved(tmp_path / "b.tif", Image.fromarray(np.full((9, 9), np.nan, np.float32))))
    assert nothing.n_nonfinite == 81
    assert nothing.rgb.max() == 0


def test_levels_below_zero_are_the_dark_end(tmp_path):
    grey = np.asarray(scene(3).convert("L"), dtype=np.float32)
    found = read(saved(tmp_path / "a.tif", Image.fromarray(grey - 100.0)))
    assert (found.rgb.min(), found.rgb.max()) == (0, 255)


def test_inks_come_as_browsers_show_them_and_the_unmarked_are_named(tmp_path):
    inks = scene(4).convert("CMYK")
    marked = read(saved(tmp_path / "a.jpg", inks, quality=95))
    assert far(marked.rgb, inks.convert("RGB")) < 4
    assert (marked.mode, marked.header_fault) == ("CMYK", "")
    data = (tmp_path / "a.jpg").read_bytes()
    at = data.index(b"\xff\xee")
    (tmp_path / "b.jpg").write_bytes(data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :])
    assert "four inks without the mark" in read(tmp_path / "b.jpg").header_fault


def test_lab_comes_as_rgb(tmp_path):
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    assert far(read(saved(tmp_path / "a.tif", ImageCms.applyTransform(scene(5), lab))).rgb, scene(5)) < 3


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "L", "RGB"])
def test_what_is_clear_is_white(tmp_path, mode):
    plain = Image.new("RGB", (9, 9), (200, 0, 0))
    clear = {"P": 0, "L": 60, "RGB": (200, 0, 0)}.get(mode)
    picture = plain.quantize(2) if mode == "P" else plain.convert(mode)
    if clear is None:
        picture.putalpha(0)
    options = {} if clear is None else {"transparency": clear}
    assert read(saved(tmp_path / "a.png", picture, **options)).rgb.min() == 255


def test_profiles_are_followed_and_the_usual_one_changes_nothing(tmp_path):
    photo = scene(6)
    red, green, blue = photo.split()
    plain = read(saved(tmp_path / "plain.png", photo))
    usual = read(saved(tmp_path / "usual.png", photo, icc_profile=SRGB))
    other = read(saved(tmp_path / "other.png", Image.merge("RGB", (green, red, blue)), icc_profile=exchanged(SRGB)))
    np.testing.assert_array_equal(usual.rgb, plain.rgb)
    assert far(other.rgb, plain.rgb) < 2
    assert ("sRGB" in usual.profile, plain.profile) == (True, "")


def test_a_profile_of_another_kind_of_picture_is_left_alone(tmp_path):
    grey = scene(6).convert("L")
    found = read(saved(tmp_path / "a.png", grey, icc_profile=exchanged(SRGB)))
    assert far(found.rgb[..., 0], grey) == 0
    assert found.header_fault == ""


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_damaged_profile_is_named_and_the_pixels_are_seen(tmp_path, suffix):
    found = read(saved(tmp_path / f"a.{suffix}", scene(7), icc_profile=SRGB[:90]))
    assert found.header_fault == "its colour profile is damaged"
    assert far(found.rgb, scene(7)) < 8


def test_large_pictures_follow_their_profile_where_they_are_small(tmp_path):
    photo = noise(8, (700, 600))
    found = read(saved(tmp_path / "a.png", photo, icc_profile=exchanged(SRGB)))
    np.testing.assert_array_equal(np.asarray(found.full), np.asarray(photo))
    assert far(found.rgb[..., 0].mean(), np.asarray(photo)[..., 1].mean()) < 3
