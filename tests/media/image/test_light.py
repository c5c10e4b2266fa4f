"""Light: how bright pictures are and how far their levels lie apart."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dsaudit.media import media_for


def test_levels_are_those_of_the_picture(tmp_path):
    half = np.zeros((40, 60), np.uint8)
    half[:, 30:] = 204
    Image.fromarray(half).save(tmp_path / "a.png")
    found = media_for("image").measure(tmp_path / "a.png")
    assert found["brightness"] == pytest.approx(0.4, abs=1e-3)
    assert found["contrast"] == pytest.approx(0.4, abs=1e-3)
