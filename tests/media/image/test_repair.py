"""Repairs of pictures: against the pixels of the originals, which never change."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from dsaudit.errors import UnreadableItemError, UsageError
from dsaudit.media.image import KIND
from dsaudit.media.image.media import MEDIA
from dsaudit.media.image.repair import PictureRepairs, borders, repair_file

if TYPE_CHECKING:
    from pathlib import Path


def scene(width: int = 120, height: int = 80) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([40 + x, 60 + y, 200 - x], axis=2)
    rgb[10:30, 15:60] = (220, 40, 40)
    return Image.fromarray(rgb.astype(np.uint8))


def written(folder: Path, image: Image.Image, name: str = "a.png", **options: Any) -> Path:
    path = folder / name
    image.save(path, **options)
    return path


def mended(path: Path, **asked: Any) -> tuple[Image.Image, Path, tuple[str, ...], tuple[str, ...]]:
    """The repaired picture, where it is, what was done and what was not; its source has not changed."""
    before = hashlib.sha256(path.read_bytes()).digest()
    target = path.parent / f"mended{path.suffix}"
    at, done, notes = repair_file(path, target, PictureRepairs(**asked))
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert done, notes
    image = Image.open(io.BytesIO(at.read_bytes()))
    at.unlink()
    return image, at, done, notes


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 7.0)
    return exif


@pytest.mark.parametrize("orientation", range(2, 9))
def test_rotation_is_baked_in_and_its_tag_is_gone(tmp_path: Path, orientation: int) -> None:
    path = written(tmp_path, scene(), exif=turned(orientation))
    image, _, done, _ = mended(path, upright=True)
    assert done == (f"turned upright (EXIF {orientation})",)
    assert np.array_equal(np.asarray(image), np.asarray(ImageOps.exif_transpose(Image.open(path))))
    assert 0x0112 not in image.getexif()
    assert image.getexif()[0x010F] == "Maker"


def test_what_is_written_anew_is_upright_whatever_for(tmp_path: Path) -> None:
    path = written(tmp_path, scene(), exif=turned(6))
    image, *_ = mended(path, max_px=60)
    assert image.size == (40, 60)
    assert 0x0112 not in image.getexif()


@pytest.mark.parametrize(
    ("mode", "asked", "got"),
    [
        ("L", "rgb", "RGB"),
        ("P", "rgb", "RGB"),
        ("RGBA", "rgb", "RGB"),
        ("RGB", "gray", "L"),
        ("LA", "gray", "L"),
        ("I;16", "gray", "L"),
    ],
)
def test_colour_modes_are_made_one(tmp_path: Path, mode: str, asked: str, got: str) -> None:
    source = (
        Image.fromarray(np.arange(80 * 120, dtype=np.uint16).reshape(80, 120) * 6)
        if mode == "I;16"
        else scene().convert(mode)
    )
    image, _, done, _ = mended(written(tmp_path, source), color_mode=asked)
    assert image.mode == got
    assert done == (f"colour mode {mode} to {got}",)
    seen = MEDIA.read(tmp_path / "a.png").convert(got)
    assert np.abs(np.asarray(image, dtype=float) - np.asarray(seen, dtype=float)).mean() < 1.5


def test_inks_are_followed_and_their_profile_stays_behind(tmp_path: Path) -> None:
    path = written(tmp_path, scene().convert("CMYK"), "a.jpg", quality=95, icc_profile=b"no profile")
    image, *_ = mended(path, color_mode="rgb")
    assert image.mode == "RGB"
    assert "icc_profile" not in image.info


def test_a_colour_profile_goes_along_with_its_colours(tmp_path: Path) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("a.png", "a.jpg", "a.webp", "a.tif"):
        path = written(tmp_path, scene(), name, icc_profile=icc)
        image, at, *_ = mended(path, max_px=60)
        assert image.info["icc_profile"] == icc, name
        assert at.suffix == path.suffix


def test_size_is_capped_and_smaller_ones_stay(tmp_path: Path) -> None:
    path = written(tmp_path, scene(300, 100))
    image, _, done, _ = mended(path, max_px=150)
    assert image.size == (150, 50)
    assert done == ("made smaller: 300 × 100 to 150 × 50",)
    target = tmp_path / "none.png"
    assert repair_file(path, target, PictureRepairs(max_px=300)) == (target, (), ())
    assert not target.exists()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (120, 130, 10)])
@pytest.mark.parametrize("form", ["png", "jpg"])
def test_borders_are_trimmed_to_the_picture(tmp_path: Path, colour: tuple[int, int, int], form: str) -> None:
    framed = Image.new("RGB", (120 + 9 + 14, 80 + 20), colour)
    framed.paste(scene(), (9, 20))
    image, *_ = mended(
        written(tmp_path, framed, f"a.{form}", **({} if form == "png" else {"quality": 95})), trim_borders=True
    )
    assert np.abs(np.array(image.size) - (120, 80)).max() <= (0 if form == "png" else 8)
    if form == "png":
        assert np.array_equal(np.asarray(image), np.asarray(scene()))


def test_a_plain_picture_and_one_thing_on_a_plain_ground_have_no_border() -> None:
    assert borders(np.full((40, 60, 3), 200, dtype=np.uint8)) == (0, 0, 0, 0)
    alone = np.full((40, 60, 3), 200, dtype=np.uint8)
    alone[18:22, 28:32] = 0
    assert borders(alone) == (0, 0, 0, 0)
    assert borders(np.asarray(scene())) == (0, 0, 0, 0)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_everything_becomes_one_format(tmp_path: Path, form: str) -> None:
    sources = {
        "a.png": scene().convert("RGBA"),
        "b.gif": scene().convert("P"),
        "c.tif": scene().convert("CMYK"),
        "d.bmp": scene(),
        "e.jpg": scene(),
        "f.webp": scene(),
    }
    for name, source in sources.items():
        path = written(tmp_path, source, name)
        if path.suffix.strip(".").replace("jpg", "jpeg") == form:
            continue
        image, at, done, _ = mended(path, format=form)
        assert image.format == form.upper()
        assert at.suffix == {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}[form]
        assert image.size == (120, 80)
        assert done[-1].endswith(f"to {form.upper()}")


def test_a_suffix_that_lies_is_put_right(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(written(tmp_path, scene(200, 100), "b.png").read_bytes())
    _, at, *_ = mended(tmp_path / "a.jpg", max_px=100)
    assert at.suffix == ".png"


def test_of_several_frames_none_is_lost_unasked(tmp_path: Path) -> None:
    frames = [scene().convert("P"), ImageOps.mirror(scene()).convert("P")]
    path = written(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    target = tmp_path / "mended.gif"
    assert repair_file(path, target, PictureRepairs(max_px=60)) == (target, (), ("left as it is: 2 frames",))
    _, at, _, notes = mended(path, format="png")
    assert at.suffix == ".png"
    assert notes == ("only the first of 2 frames is written",)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_metadata_is_stripped_without_touching_the_pixels(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, scene(), name, exif=turned(6))
    image, _, done, _ = mended(path, strip_metadata=True)
    assert done == ("metadata removed: where it was taken",)
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(path)))
    assert dict(image.getexif()) == {0x0112: 6}
    both, _, done, _ = mended(path, strip_metadata=True, upright=True)
    assert done == ("turned upright (EXIF 6)", "removed: where it was taken")
    assert both.size == (80, 120)
    assert not len(both.getexif())


def test_a_tiff_is_written_anew_to_be_rid_of_its_notes(tmp_path: Path) -> None:
    path = written(tmp_path, scene(), "a.tif", exif=turned(1))
    image, at, done, _ = mended(path, strip_metadata=True)
    assert (at.suffix, done) == (".tif", ("metadata removed",))
    assert np.array_equal(np.asarray(image), np.asarray(scene()))
    assert 0x010F not in image.getexif()


def test_what_has_no_notes_needs_no_stripping(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.bmp"):
        target = tmp_path / "none"
        assert repair_file(written(tmp_path, scene(), name), target, PictureRepairs(strip_metadata=True))[1:] == (
            (),
            (),
        )
        assert not target.exists()


def test_a_picture_that_is_not_all_there_is_not_mended(tmp_path: Path) -> None:
    path = written(tmp_path, scene(400, 300), "a.jpg", quality=95)
    data, middle = path.read_bytes(), path.stat().st_size // 2
    damaged = data[:middle] + bytes(700) + data[middle + 700 :]
    for left, words in ((data[:middle], r"only \d+ of 300 rows can be"), (damaged, "only what stands before damaged")):
        path.write_bytes(left)
        with pytest.raises(UnreadableItemError, match=words):
            repair_file(path, tmp_path / "b.jpg", PictureRepairs(max_px=60))
        assert not (tmp_path / "b.jpg").exists()


def test_the_same_picture_becomes_the_same_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, scene(), "a.jpg", exif=turned(3))
    made = []
    for k in range(2):
        at, *_ = repair_file(path, tmp_path / f"{k}.jpg", PictureRepairs(upright=True, max_px=100, quality=80))
        made.append(at.read_bytes())
    assert made[0] == made[1]


@pytest.mark.parametrize(
    "asked", [{"max_px": 3}, {"quality": 0}, {"format": "heic", "quality": 90}, {"color_mode": "cmyk"}]
)
def test_values_out_of_range_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        PictureRepairs(**asked)


def test_every_option_is_declared_and_how_alone_asks_for_nothing() -> None:
    declared = {option.name: option.default for option in KIND.repairs}
    asking = {name for name, default in declared.items() if default is None}
    assert {*declared, "quarters"} == set(PictureRepairs.__dataclass_fields__)  # which is of one picture
    assert not MEDIA.repairs({name: default for name, default in declared.items() if default is not None})
    values = {"max_px": 100, "color_mode": "rgb", "format": "png"}
    assert all(MEDIA.repairs({name: values.get(name, True)}) for name in asking)


def test_what_was_found_turned_is_turned_back_and_nothing_else(tmp_path: Path) -> None:
    upright = Image.fromarray(np.random.default_rng(3).integers(0, 256, (30, 40, 3), dtype=np.uint8))
    asked = MEDIA.repairs({"turn_back": True})
    for quarters, turn in enumerate(
        (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    ):
        path = tmp_path / f"{quarters}.png"
        (upright.transpose(turn) if turn is not None else upright).save(path)
        own = MEDIA.fitted(asked, {"turned": {"pose": quarters}} if quarters else {"dark": {}})
        made, done, _ = MEDIA.repair(path, tmp_path / f"mended{quarters}.png", own)
        assert bool(done) is made.exists() is bool(quarters)
        if quarters:
            assert done == (f"turned back by {90 * quarters}° to the right",)
            assert np.array_equal(np.asarray(Image.open(made)), np.asarray(upright))
