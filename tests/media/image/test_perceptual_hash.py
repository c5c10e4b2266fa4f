"""Fingerprints of pictures: what they are made of."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dsaudit.media.image.perceptual_hash import difference_hash


def test_the_difference_hash_is_the_sign_of_the_gradient():
    ramp = Image.fromarray(np.tile(np.arange(0, 170, 10, dtype=np.uint8), (16, 1)))
    assert difference_hash(ramp) == "f" * 64
    assert difference_hash(ramp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)) == "0" * 64
    assert difference_hash(Image.new("RGB", (50, 50), "red")) == ""
