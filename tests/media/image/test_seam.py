"""A step from one unit on, in the order of the code, is a seam; edges of what is shown are none."""

import io

import numpy as np
import pytest
from PIL import Image

from dsaudit.media.file import opened_file
from dsaudit.media.image.container import jpeg_pixels
from dsaudit.media.image.decode import decoded
from dsaudit.media.image.seam import has_seam
from tests.media.image.photographs import photograph

ROWS, COLUMNS = 20, 30


def seen(low, step):
    """With a step where ``low`` (4 × ROWS, 4 × COLUMNS) is, as of a picture at half its size; with grain."""
    grain = np.random.default_rng(0).normal(0, 2, (*low.shape, 3))
    halved = 100.0 + low[..., None] * np.array(step, float) + grain
    eighth = halved.reshape(ROWS, 4, COLUMNS, 4, 3).mean(axis=(1, 3))
    return has_seam(np.rint(eighth).astype(np.uint8), lambda: np.rint(halved).astype(np.uint8), (1, 1))


@pytest.mark.parametrize("step", [(40, 0, 0), (-40, 0, 0), (0, 0, 25), (3, -25, 2)])
def test_a_step_in_any_channel_is_found_wherever_it_begins(step):
    order = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS).repeat(4, axis=0).repeat(4, axis=1)
    starts = [row * COLUMNS + column for row in range(2, ROWS - 2, 5) for column in (3, 11, 27)]
    assert all(seen(order >= start, step) for start in starts)


def test_straight_and_slanting_edges_and_corners_are_none():
    y, x = np.mgrid[: 4 * ROWS, : 4 * COLUMNS] / 4
    straight = [y >= 9, (y >= 9) & (x >= 12), (y >= 9) | (x < 12)]
    slanting = [y - slope * x > at for slope in (0.01, 0.03, 0.1, 0.4) for at in np.arange(4, 12, 0.7)]
    assert not any(seen(low, (50, 0, 0)) for low in straight + slanting)


def test_a_changed_byte_that_many_pixels_show_is_found(tmp_path):
    file = io.BytesIO()
    pixels = photograph(2, (480, 360)).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    data = file.getvalue()
    start, end = jpeg_pixels(data)
    rng, shown = np.random.default_rng(0), []
    for k in range(24):
        changed = bytearray(data)
        changed[int(rng.integers(start, end))] ^= int(rng.integers(1, 256))
        path = tmp_path / f"{k}.jpg"
        path.write_bytes(changed)
        with opened_file(path, hashed=False) as opened:
            found = decoded(opened, checked=True)
        far = np.abs(np.asarray(found.full, dtype=int) - pixels).max(axis=2) > 40
        if far.mean() > 0.1:
            shown.append("damaged" in found.shortfall)
    assert len(shown) >= 8
    assert np.mean(shown) >= 0.7
