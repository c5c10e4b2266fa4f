"""Pictures on their sides, from pixels to the finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from media.image.photographs import photograph
from PIL import Image

from dsaudit.analysis.space import duplicates
from dsaudit.api import audit
from dsaudit.checks.image.turned import turned
from dsaudit.media.image.network.encoders import Lite0Poses
from dsaudit.rule import NotJudgedError

if TYPE_CHECKING:
    from pathlib import Path


def scene(seed: int) -> Image.Image:
    """Things between a bright sky and dark ground."""
    light = np.linspace(1.7, 0.3, 120)[:, None, None]
    pixels = np.clip(photograph(seed, (160, 120)) * light, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)


def test_the_vector_of_a_pose_is_that_of_the_picture_turned() -> None:
    encoder, image = Lite0Poses(device="cpu"), scene(1).resize((160, 160))  # as it sees them
    as_it_is, left = encoder.encode([image, image.transpose(Image.Transpose.ROTATE_90)]).reshape(2, 4, -1)
    assert np.abs(left - np.roll(as_it_is, -1, axis=0)).max() < 1e-4


def test_what_lies_on_its_side_is_found_and_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MOST_COMPARED", 0)  # under one sky all could be copies, and are none
    for k in range(64):
        image = scene(k)
        if k in (3, 40):
            image = image.transpose(Image.Transpose.ROTATE_90 if k == 3 else Image.Transpose.ROTATE_180)
        (tmp_path / "data" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        image.save(tmp_path / "data" / "ab"[k % 2] / f"{k}.png")
    run = audit(tmp_path / "data", out=tmp_path / "out", modality="image", select=["IMG014"], report=False, jobs=1)
    said = {row["subject"]: row["message"] for _, row in run.findings.iterrows()}
    assert set(said) == {"b/3.png", "a/40.png"}
    assert "turned by a quarter to the right" in said["b/3.png"]
    assert "turned upside down" in said["a/40.png"]


def test_a_set_without_a_right_way_is_not_judged() -> None:
    table = pd.DataFrame({"pose": [0, 1], "p_turned": [0.2, 0.9], "told": 0.3}, index=["a", "b"])
    with pytest.raises(NotJudgedError, match="30%"):
        turned(table)
