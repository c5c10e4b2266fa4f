"""Decoding: as far as a file goes, upright, and never more than there is memory for."""

from __future__ import annotations

import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsaudit.errors import NoDecoderError, TooLargeItemError, UnreadableItemError
from dsaudit.media.file import opened_file
from dsaudit.media.image import decode, opened
from media.image.pictures import noise, png, png_chunk, scene

WAYS = {
    "jpg": {"quality": 90},
    "png": {},
    "webp": {"quality": 85},
    "lossless.webp": {"lossless": True},
    "gif": {"interlace": False},
    "tif": {},
}


def read(path):
    with opened_file(path, hashed=False) as file:
        return decode.decoded(file, checked=True)


def saved(path, image, **options):
    image.save(path, **options)
    return path


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    return path


DAMAGE = {
    "lost": lambda data, at: data[:at] + data[at + 700 :],
    "never written": lambda data, at: data[:at] + bytes(700) + data[at + 700 :],
    "of another file": lambda data, at: (
        data[:at] + np.random.default_rng(1).integers(0, 255, 700, np.uint8).tobytes() + data[at + 700 :]
    ),
}
SOUND = {
    "as it was": lambda data: data,
    "with zeros before its end mark": lambda data: data[:-2] + bytes(40) + data[-2:],
    "with bytes behind its end mark": lambda data: data + b"more" * 20,
    "with another picture behind it": lambda data: data + data,
}


def test_a_jpeg_with_other_bytes_in_its_middle_is_said_to_be_damaged(tmp_path):
    """Its decoder says nothing, whatever it makes of them."""
    path = saved(tmp_path / "a.jpg", scene(3, size=(400, 300)), quality=90)
    data = path.read_bytes()
    for damage in DAMAGE.values():
        found = 0
        for at in np.linspace(0.3, 0.8, 6):
            path.write_bytes(damage(data, int(at * len(data))))
            part = read(path)
            assert part.rgb.shape == (300, 400, 3)
            found += "damaged" in part.shortfall and np.isnan(part.missing_share)
        assert found >= 5, found


@pytest.mark.parametrize("way", SOUND)
@pytest.mark.parametrize("options", [{}, {"subsampling": 0, "optimize": True}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_sound_jpeg_is_not(tmp_path, way, options, mode):
    path = tmp_path / "a.jpg"
    for picture in (scene(3, size=(200, 150)), Image.new("RGB", (900, 700), "white"), noise(1, (50, 60))):
        saved(path, picture.convert(mode), **options)
        path.write_bytes(SOUND[way](path.read_bytes()))
        assert read(path).shortfall == ""


def far(a, b):
    return np.abs(np.asarray(a, dtype=int) - np.asarray(b, dtype=int)).mean()


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("share", [0.4, 0.8])
def test_what_is_there_of_a_cut_picture_is_seen_and_what_is_missing_said(tmp_path, name, share):
    whole = read(saved(tmp_path / f"a.{name}", scene(1), **WAYS[name]))
    assert (whole.missing_share, whole.shortfall) == (0.0, "")
    part = read(cut(tmp_path / f"a.{name}", share))
    n_rows = part.rgb.shape[0]
    assert part.shortfall == f"{n_rows} of 120 rows"
    assert part.missing_share == pytest.approx(1 - n_rows / 120)
    assert n_rows / 120 == pytest.approx(share, abs=0.3)
    assert far(part.rgb, whole.rgb[:n_rows]) < 1
    assert (part.width_px, part.height_px) == (160, 120)


@pytest.mark.parametrize("name", ["jpg", "png", "webp"])
def test_zeros_in_place_of_the_rest_are_no_part_of_it(tmp_path, name):
    path = saved(tmp_path / f"a.{name}", scene(1), **WAYS[name])
    n_bytes = path.stat().st_size
    cut(path, 0.5)
    path.write_bytes(path.read_bytes() + bytes(n_bytes - path.stat().st_size))
    found = read(path)
    assert 0.3 < found.missing_share < 0.8
    assert found.rgb[-1].max() > 0


def test_of_an_interlaced_picture_rows_stand_in_for_those_below(tmp_path):
    whole = read(saved(tmp_path / "a.gif", scene(1), interlace=True))
    part = read(cut(tmp_path / "a.gif", 0.5))
    n_rows = int(part.shortfall.split()[0])
    assert 40 < n_rows < 80 < part.rgb.shape[0]
    assert far(part.rgb[::8], whole.rgb[: part.rgb.shape[0] : 8]) == 0
    assert far(part.rgb, whole.rgb[: part.rgb.shape[0]]) < 40


@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_of_a_progressive_picture_the_scans_are_told(tmp_path, share):
    whole = read(saved(tmp_path / "a.jpg", scene(1), progressive=True, quality=90))
    part = read(cut(tmp_path / "a.jpg", share))
    assert np.isnan(part.missing_share)
    assert "scan" in part.shortfall
    if share > 0.2:
        assert far(part.rgb, whole.rgb) < 12


def test_a_missing_end_mark_is_said(tmp_path):
    path = saved(tmp_path / "a.jpg", scene(1), quality=90)
    path.write_bytes(path.read_bytes()[:-2])
    found = read(path)
    assert found.rgb.shape == (120, 160, 3)
    assert "not what ends its file" in found.shortfall


def test_a_cut_is_no_smaller_fault_for_missing_little(tmp_path):
    path = saved(tmp_path / "a.bmp", scene(1, (100, 1000)))
    path.write_bytes(path.read_bytes()[:-300])
    found = read(path)
    assert (np.isnan(found.missing_share), found.shortfall) == (True, "999 of 1,000 rows")


def test_damage_within_is_said_though_rows_go_on_behind_it(tmp_path):
    path = saved(tmp_path / "a.png", scene(1), compress_level=0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    found = read(path)
    assert np.isnan(found.missing_share)
    assert "damaged" in found.shortfall


def test_a_black_picture_that_is_whole_lacks_nothing(tmp_path):
    dark = np.asarray(scene(1)).copy()
    dark[60:] = 0
    path = saved(tmp_path / "a.png", Image.fromarray(dark))
    assert read(path).missing_share == 0.0
    path.write_bytes(path.read_bytes()[:-20])  # black rows take few bytes: nearly all of them are there
    assert read(path).rgb.shape[0] > 100


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
def test_pictures_come_upright(tmp_path, suffix, orientation):
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    photo = scene(2, (96, 64))
    stored = photo.transpose(Image.Transpose(back[orientation])) if orientation > 1 else photo
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if suffix == "jpg" else {"lossless": True} if suffix == "webp" else {}
    found = read(saved(tmp_path / f"a.{suffix}", stored, exif=exif, **options))
    assert (found.width_px, found.height_px, found.orientation) == (96, 64, orientation)
    assert far(found.rgb, photo) < 6
    assert found.header_fault == ""


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_an_orientation_that_means_nothing_is_named(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x0112] = 9
    found = read(saved(tmp_path / f"a.{suffix}", scene(2), exif=exif))
    assert found.header_fault == "its orientation tag is 9, which means nothing"
    assert far(found.rgb, scene(2)) < 8


def test_broken_tags_and_notes_cost_nothing(tmp_path):
    tags = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"
    note = b"<x:xmpmeta>" + "étiquette".encode("latin-1") + b"</x:xmpmeta>"
    for name, options in {"tags": {"exif": tags}, "note": {"xmp": note}}.items():
        assert far(read(saved(tmp_path / f"{name}.jpg", scene(3), **options)).rgb, scene(3)) < 8


def test_the_first_of_several_frames_is_seen(tmp_path):
    frames = [scene(k) for k in range(3)]
    for suffix in ("gif", "png", "webp", "tif", "avif"):
        path = saved(tmp_path / f"a.{suffix}", frames[0], save_all=True, append_images=frames[1:])
        found = read(path)
        assert found.n_frames == 3
        assert far(found.rgb, frames[0]) < 20
    both = read(saved(tmp_path / "b.jpg", frames[0], format="MPO", save_all=True, append_images=frames[1:]))
    assert (both.n_frames, both.shortfall, both.header_fault) == (1, "", "")


def refused(path):
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeItemError) as told:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 26
    finally:
        tracemalloc.stop()
    return told.value.message


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((60_000, 60_000), "3,600,000,000 pixels"),
        ((9000, 9000), "9,000 × 9,000 pixels, more than the 64 million"),
        ((50_000, 20), "50,000 × 20 pixels"),
    ],
)
def test_what_claims_too_many_pixels_is_never_expanded(tmp_path, size, words):
    (tmp_path / "a.png").write_bytes(png(np.zeros((2, 2, 3), np.uint8), size=size))
    assert words in refused(tmp_path / "a.png")


def test_a_claim_that_the_file_does_not_hold_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(png(np.zeros((2, 2, 3), np.uint8), size=(3000, 3000)))
    with pytest.raises(UnreadableItemError, match="cut short"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    "extra",
    [
        lambda: png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)),
        lambda: png_chunk(b"tEXt", b"Comment\0hello", claimed=0xFFFFFFF0),
        lambda: png_chunk(b"tEXt", b"Comment\0hello", claimed=0x7FFFFFF0),
    ],
)
def test_a_text_that_claims_gigabytes_is_never_unpacked(tmp_path, extra):
    (tmp_path / "a.png").write_bytes(png(np.zeros((4, 4, 3), np.uint8), extra()))
    assert "text" in refused(tmp_path / "a.png")


def test_the_largest_jpegs_are_decoded_smaller(tmp_path, monkeypatch):
    path = saved(tmp_path / "a.jpg", scene(4, (640, 480)), quality=90)
    whole = read(path)
    monkeypatch.setattr(opened, "FULL_JPEG_PIXELS", 20_000)
    found = read(path)
    assert (found.reduced, found.full.size) == (4, (160, 120))
    assert (found.width_px, found.height_px) == (640, 480)
    assert far(found.small, decode.at_most(whole.small, 160)) < 6
    monkeypatch.setattr(opened, "MOST_JPEG_PIXELS", 300_000)
    assert "too" not in refused(path)


def test_one_decode_is_enough_for_a_thin_one(tmp_path):
    for size in ((1, 1), (1, 30_000), (30_000, 1)):
        found = read(saved(tmp_path / "a.png", noise(1, size)))
        assert (found.width_px, found.height_px) == size
        assert max(found.small.size) <= decode.READ_PX


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"<!DOCTYPE html><html><body>403</body></html>", "its content is html, no picture"),
        (b"%PDF-1.4 \xff\xfe", "its content is pdf, no picture"),
        (b"no picture", "no picture of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "no picture of a known format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "a damaged or cut PNG: its decoder refuses it"),
    ],
)
def test_what_is_no_picture_says_what_it_is(tmp_path, content, words):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(UnreadableItemError, match=words):
        read(tmp_path / "a.jpg")


def test_heic_is_read_with_the_extra_and_says_so_without(tmp_path, monkeypatch):
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
    pillow_heif.from_pillow(scene(5)).save(tmp_path / "a.heic", quality=90)
    assert far(read(tmp_path / "a.heic").rgb, scene(5)) < 8
    cut(tmp_path / "a.heic", 0.5)
    with pytest.raises(UnreadableItemError, match="a damaged or cut HEIC"):
        read(tmp_path / "a.heic")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(NoDecoderError, match=r"HEIC needs a decoder.*pip install 'dsaudit\[heic\]'"):
        read(tmp_path / "a.heic")


def test_a_box_is_a_picture_of_its_own(tmp_path):
    photo = noise(1, (160, 120))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = photo.transpose(Image.Transpose.ROTATE_90)
    path = str(saved(tmp_path / "a.png", stored, exif=exif))
    pixels = np.asarray(photo)
    for fragment, (left, top, right, bottom) in {
        "#box=20,15,70,55": (20, 15, 70, 55),
        "#box=20.4,14.6,70.2,55": (20, 15, 70, 55),
        "#part=0.5,0,1,0.25": (80, 0, 160, 30),
        "#box=150,100,161,121": (150, 100, 160, 120),  # a hand slipped
    }.items():
        found = read(Path(path + fragment))
        np.testing.assert_array_equal(found.rgb, pixels[top:bottom, left:right])
        assert (found.width_px, found.height_px) == (right - left, bottom - top)
    half = read(Path(path + "#box=140,0,180,40"))
    assert (half.missing_share, half.rgb.shape) == (0.5, (40, 20, 3))
    assert half.shortfall == "the part of the box inside the picture"


def test_a_box_of_a_picture_that_is_not_all_there_says_so(tmp_path):
    path = saved(tmp_path / "a.jpg", scene(3, size=(400, 300)), quality=90)
    data, middle = path.read_bytes(), path.stat().st_size // 2
    path.write_bytes(DAMAGE["never written"](data, middle))
    found = read(Path(f"{path}#box=20,15,70,55"))
    assert (np.isnan(found.missing_share), found.shortfall) == (True, "what stands before damaged bytes")
    n_rows = read(cut(path, 0.5)).rgb.shape[0]
    assert read(Path(f"{path}#box=0,0,50,{n_rows}")).shortfall == ""
    half = read(Path(f"{path}#box=0,{n_rows - 40},50,{n_rows + 40}"))
    assert (half.missing_share, half.shortfall) == (0.5, "the part of the box that its file holds")
    with pytest.raises(UnreadableItemError, match=f"outside the {n_rows} of 300 rows that can be decoded"):
        read(Path(f"{path}#box=0,{n_rows},50,300"))


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ("#box=90,60,70,90", "turned inside out"),
        ("#box=5,5,5,9", "the box is empty"),
        ("#box=300,0,400,50", "outside the picture, which is 160 × 120 pixels"),
        ("#box=-40,0,-10,50", "outside the picture"),
        ("#t=1,2", "a picture has no stretches"),
    ],
)
def test_boxes_that_cannot_be_say_why(tmp_path, fragment, words):
    saved(tmp_path / "a.png", scene(1))
    with pytest.raises(UnreadableItemError, match=words):
        read(tmp_path / f"a.png{fragment}")


def test_the_boxes_of_a_file_are_of_one_decode(tmp_path, monkeypatch):
    saved(tmp_path / "a.png", scene(1))
    saved(tmp_path / "b.png", scene(2))
    n = []
    whole = decode.loaded
    monkeypatch.setattr(
        decode, "loaded", lambda file, checked: n.append(file.path.name) or whole(file, checked=checked)
    )
    for name in ("a", "a", "a", "b", "a"):
        read(tmp_path / f"{name}.png#box={len(n)},0,50,60")
    assert n == ["a.png", "b.png", "a.png"]
