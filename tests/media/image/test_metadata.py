"""What stands beside a picture: what of it is private, and that nothing but it is removed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from dsaudit.media.image.metadata import private_facts, without_metadata

PLACE, CAMERA = 0x8825, 0x8769


def photo() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 40, 3), dtype=np.uint8))


def noted(form: str, *, orientation: int = 1, **options: Any) -> bytes:
    """A file with everything beside its picture that its format holds."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(PLACE)[2] = (52.0, 31.0, 7.0)
    exif.get_ifd(CAMERA)[0xA431] = "SN-1"
    options |= {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    if form == "PNG":
        notes = PngInfo()
        notes.add_text("Comment", "by Ann")
        notes.add_itxt("XML:com.adobe.xmp", "<x>aux:SerialNumber</x>", zip=True)
        options["pnginfo"] = notes
    if form == "JPEG":
        options["comment"] = b"by Ann"
    buffer = io.BytesIO()
    photo().save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("form", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {"lossless": True})]
)
def test_notes_go_and_pixels_and_profile_stay(form: str, options: dict[str, Any]) -> None:
    data = noted(form, orientation=6, **options)
    bare = without_metadata(data, form.lower(), orientation=6)
    assert bare is not None
    assert len(bare) < len(data)
    assert b"SN-1" not in bare
    assert b"Ann" not in bare
    before, after = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(bare))
    assert "where it was taken" in private_facts(before)
    assert private_facts(after) == ()
    assert after.getexif()[0x0112] == 6
    assert after.info["icc_profile"] == before.info["icc_profile"]
    assert np.array_equal(np.asarray(before), np.asarray(after))
    plain = without_metadata(data, form.lower())
    assert plain is not None
    assert len(Image.open(io.BytesIO(plain)).getexif()) == 0


def test_what_follows_a_jpeg_is_no_part_of_it() -> None:
    data = noted("JPEG")
    bare = without_metadata(data + noted("JPEG") + b"a film", "jpeg")
    assert bare is not None
    assert bare.endswith(b"\xff\xd9")
    assert bare == without_metadata(data, "jpeg")


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_damaged_files_and_other_kinds_are_left_alone(kind: str) -> None:
    data = noted(kind.upper())
    assert without_metadata(data[: len(data) // 2], kind) is None
    assert without_metadata(data, "gif") is None
    assert without_metadata(b"", kind) is None


@pytest.mark.parametrize(
    ("tags", "facts"),
    [
        ({(PLACE, 2): (0.0, 0.0, 0.0)}, ("where it was taken",)),
        ({(PLACE, 2): (float("nan"),) * 3}, ()),
        ({(PLACE, 1): "N", (PLACE, 29): "2026:01:01"}, ()),
        ({(CAMERA, 0xA431): "  \0"}, ()),
        ({(CAMERA, 0xA435): "L-7"}, ("a serial number",)),
        ({(CAMERA, 0xA430): "Ann", (CAMERA, 0xA431): "1"}, ("a serial number", "its owner's name")),
        ({(CAMERA, 0x9003): "2026:01:01 10:00:00"}, ()),
    ],
)
def test_only_what_tells_of_people_is_private(tags: dict[tuple[int, int], Any], facts: tuple[str, ...]) -> None:
    image = photo()
    for (block, tag), value in tags.items():
        image.getexif().get_ifd(block)[tag] = value
    assert private_facts(image) == facts


def test_xmp_tells_too() -> None:
    image = photo()
    image.info["xmp"] = b"<rdf exif:GPSLatitude='52,31N' aux:OwnerName='Ann'/>"
    assert private_facts(image) == ("where it was taken", "its owner's name")
