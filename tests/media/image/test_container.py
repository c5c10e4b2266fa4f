"""Containers of pictures: what they hold beside pixels is told without decoding any."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dsaudit.media.file import opened_file
from dsaudit.media.image import container
from media.image.pictures import noise, png, png_chunk, scene


def saved(path, frames, **options):
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return path


def told(path, question):
    with opened_file(path, hashed=False) as file:
        return question(file)


@pytest.mark.parametrize("suffix", ["gif", "tif"])
def test_frames_and_pages_are_counted(tmp_path, suffix):
    assert told(saved(tmp_path / f"a.{suffix}", [scene(k) for k in range(3)]), container.n_frames) == 3
    assert told(saved(tmp_path / f"b.{suffix}", [scene(9)]), container.n_frames) == 1
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    for n in (8, 20, len(whole) // 2):  # whatever is left of it
        (tmp_path / "cut").write_bytes(whole[:n])
        assert told(tmp_path / "cut", container.n_frames) in (1, 2)


def test_many_frames_take_no_time(tmp_path):
    block = io.BytesIO()
    saved(block, [noise(k, (4, 4)).convert("P") for k in range(3)], format="GIF", duration=10)
    data = block.getvalue()
    assert container.gif_frames(data) == 3
    last = data.rindex(b"\x21\xf9")  # what makes one frame, again and again
    assert container.gif_frames(data[:last] + data[last:-1] * 10_000 + data[-1:]) == 10_002


def test_pages_that_show_another_one_smaller_are_none(tmp_path):
    page = scene(1)
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page.resize((20, 15))], tiffinfo={254: 0})
    assert told(tmp_path / "a.tif", container.n_frames) == 2
    data = bytearray((tmp_path / "a.tif").read_bytes())
    at = data.rindex(b"\xfe\x00\x04\x00\x01\x00\x00\x00\x00")  # the second page's NewSubfileType
    data[at + 8] = 1
    (tmp_path / "b.tif").write_bytes(data)
    assert told(tmp_path / "b.tif", container.n_frames) == 1


def test_directories_that_lead_back_are_followed_once(tmp_path):
    path = saved(tmp_path / "a.tif", [scene(1), scene(2)])
    data = bytearray(path.read_bytes())
    first = int.from_bytes(data[4:8], "little")
    n = int.from_bytes(data[first : first + 2], "little")
    link = first + 2 + 12 * n
    data[link : link + 4] = data[4:8]
    path.write_bytes(data)
    assert told(path, container.n_frames) == 1


@pytest.mark.parametrize(
    ("suffix", "lost"), [("jpg", True), ("png", True), ("gif", True), ("webp", True), ("bmp", False)]
)
def test_zeros_that_were_never_written_are_told_from_those_behind_the_end(tmp_path, suffix, lost):
    scene(3).save(tmp_path / f"a.{suffix}")
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    assert told(tmp_path / f"a.{suffix}", container.unwritten) == 0
    half = whole[: len(whole) // 2]
    (tmp_path / "half").write_bytes(half + bytes(len(whole) - len(half)))
    found = told(tmp_path / "half", container.unwritten)
    assert (len(half) <= len(whole) - found <= len(half) + 2) if lost else found == 0
    if suffix != "webp":
        (tmp_path / "padded").write_bytes(whole + bytes(9000))
        assert told(tmp_path / "padded", container.unwritten) == 0


def test_a_text_is_as_long_as_it_claims(tmp_path):
    (tmp_path / "a.png").write_bytes(png(np.zeros((4, 4, 3), np.uint8), png_chunk(b"tEXt", b"Comment\0" + b"x" * 1000)))
    assert told(tmp_path / "a.png", container.claimed_text) == 1008
    scene(1).save(tmp_path / "a.jpg")
    assert told(tmp_path / "a.jpg", container.claimed_text) == 0


def test_scans_are_those_of_progressive_pictures():
    for progressive in (False, True):
        file = io.BytesIO()
        Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(file, "JPEG", progressive=progressive)
        assert (container.n_scans(file.getvalue()) > 1) == progressive
