"""Pictures: whatever opens is measured as it is seen, whatever does not says why."""

from __future__ import annotations

import io

import numpy as np
import pytest
from fabric import hash_distance
from PIL import Image

from dsaudit.analysis.space.hash_distance import MAX_DISTANCE
from dsaudit.errors import EmptyItemError, ItemError, MissingItemError, TooLargeItemError, UnreadableItemError
from dsaudit.media import media_for
from dsaudit.media.image import KIND, opened, stored
from media.image.pictures import noise

MEDIA = media_for("image")


def scene(seed=0, size=(80, 60)):
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def saved(path, image, **options):
    image.save(path, **options)
    return path


def test_a_jpeg_is_looked_through_for_damage_only_while_it_is_measured(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(stored, "is_damaged_within", lambda file: looked.append(file) is None)
    path = saved(tmp_path / "a.jpg", scene())
    MEDIA.read(path), MEDIA.preview(path), MEDIA.layout(path)
    assert not looked
    assert "damaged" in MEDIA.read_once(path, taken=True, preview=True).measured["shortfall"]
    assert len(looked) == 1


def test_sizes_and_hashes_are_those_of_the_picture_as_seen(tmp_path):
    picture = scene()
    lossless = MEDIA.measure(saved(tmp_path / "a.png", picture))
    assert (lossless["width_px"], lossless["height_px"], lossless["n_pixels"]) == (80, 60, 4800)
    assert lossless["aspect_ratio"] == pytest.approx(80 / 60)
    assert lossless["sample_hash"] == MEDIA.measure(saved(tmp_path / "a.bmp", picture))["sample_hash"]
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    upright = MEDIA.measure(saved(tmp_path / "t.png", turned, exif=exif))
    assert upright["sample_hash"] == lossless["sample_hash"]


def test_copies_are_near_and_strangers_far(tmp_path):
    picture = scene(1, (320, 240))
    own = MEDIA.measure(saved(tmp_path / "a.png", picture))["perceptual_hash"]
    small = picture.resize((200, 150))
    dim = picture.point(lambda v: int(v * 0.7))
    for k, copy in enumerate((picture, small, dim)):
        its = MEDIA.measure(saved(tmp_path / f"{k}.jpg", copy, quality=40))["perceptual_hash"]
        assert hash_distance(own, its) < MAX_DISTANCE / 2
    others = [MEDIA.measure(saved(tmp_path / f"o{k}.png", scene(k)))["perceptual_hash"] for k in range(2, 22)]
    assert min(hash_distance(own, o) for o in others) > MAX_DISTANCE


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "I"])
def test_every_mode_comes_as_rgb(tmp_path, mode):
    grey = np.tile(np.linspace(0, 255, 40, dtype=np.uint8), (30, 1))
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    picture = deep if mode == "I;16" else Image.fromarray(grey).convert(mode)
    path = saved(tmp_path / "a.tif", picture)
    assert MEDIA.measure(path)["width_px"] == 40
    read = media_for("image").read(path)
    assert read.mode == "RGB"
    if mode != "1":
        np.testing.assert_allclose(np.asarray(read)[5, :, 0], grey[5], atol=3)


def test_what_is_transparent_is_seen_on_white(tmp_path):
    path = saved(tmp_path / "a.png", Image.new("RGBA", (8, 8), (255, 0, 0, 0)))
    assert np.asarray(media_for("image").read(path)).min() == 255


def test_encoders_get_a_small_picture_and_people_a_jpeg(tmp_path):
    path = saved(tmp_path / "a.jpg", scene(0, (1600, 900)))
    assert media_for("image").read(path).size == (512, 288)
    preview = MEDIA.preview(path)
    with Image.open(io.BytesIO(preview.data)) as shown, Image.open(io.BytesIO(preview.thumbnail)) as thumbnail:
        assert (shown.format, shown.size) == ("JPEG", (512, 288))
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (128, 72))
    assert preview.mime == "image/jpeg"
    assert MEDIA.preview(path, with_data=False).data == b""


def test_broken_ones_say_why(tmp_path, monkeypatch):
    with pytest.raises(MissingItemError):
        MEDIA.measure(tmp_path / "none.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(EmptyItemError):
        MEDIA.measure(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UnreadableItemError, match="no picture of a known format"):
        MEDIA.measure(tmp_path / "text.png")
    saved(tmp_path / "a.png", scene())
    monkeypatch.setattr(opened, "MOST_PIXELS", 1000)
    for use in (MEDIA.measure, MEDIA.read, MEDIA.preview):
        with pytest.raises(TooLargeItemError, match=r"a\.png: 80 × 60 pixels"):
            use(tmp_path / "a.png")


def test_pixels_tell_copies_and_flat_pictures_are_none(tmp_path):
    photo = noise(1, (700, 600))
    dotted = photo.copy()
    dotted.putpixel((350, 300), (255, 0, 255))
    own, again, other = (
        MEDIA.measure(saved(tmp_path / name, picture))["sample_hash"]
        for name, picture in (("a.png", photo), ("b.bmp", photo), ("c.png", dotted))
    )
    assert own == again != other
    assert MEDIA.measure(saved(tmp_path / "flat.png", Image.new("RGB", (9, 9), "red")))["sample_hash"] is None


@pytest.mark.real_data
def test_pictures_that_others_found_hard_open_or_say_why(real_data):
    import pandas as pd

    folder = real_data("image_file_defects")
    table = pd.read_csv(folder / "labels.csv")
    names = sorted(p for p in folder.iterdir() if p.suffix in KIND.suffixes)
    column = next(c for c in table.columns if table[c].isin([p.name for p in names]).any())
    broken = set(table.loc[table["status"] != "ok", column])
    found = {}
    for path in names:
        try:
            short = MEDIA.measure(path)["shortfall"]
            MEDIA.preview(path)
            if short:
                found[path.name] = short
        except ItemError as error:
            found[path.name] = error.message
    assert set(found) == broken & {p.name for p in names}
    assert not any("\n" in reason for reason in found.values())


def test_decoders_of_damaged_pictures_keep_their_words_to_themselves(tmp_path, capfd):
    path = tmp_path / "cut.tif"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)).save(
        path, compression="tiff_deflate"
    )
    data = bytearray(path.read_bytes())
    data[8:40] = bytes(32)
    path.write_bytes(data)

    with pytest.raises(UnreadableItemError):
        MEDIA.read(path)
    assert capfd.readouterr().err == ""
