"""The sample pictures are sound wherever the truth names no fault, and faulty where it does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from samples import HOMES, clean, manifest, truth

HERE, TRUTH = HOMES["image"], truth("image")


def test_clean_pictures_are_sound_and_all_different() -> None:
    sound = {item: np.asarray(Image.open(HERE / item), dtype=float) for item in clean("image")}
    assert len(sound) >= 180
    assert len({rgb.tobytes() for rgb in sound.values()}) == len(sound)
    for item_id, rgb in sound.items():
        assert sorted(rgb.shape) == [3, 192, 256], item_id
        assert 40 < rgb.mean() < 215, item_id
        assert rgb.std() > 15, item_id
        assert (rgb.mean(axis=2) > 250).mean() < 0.2, item_id
        steps = np.abs(np.diff(rgb.mean(axis=2), axis=1))
        assert np.quantile(steps, 0.999) > 25, item_id  # there are sharp edges
        assert np.median(steps) < 5, item_id  # and little noise


def test_planted_faults_are_in_the_pictures() -> None:
    def each(rule: str) -> list[np.ndarray[Any, Any]]:
        return [np.asarray(Image.open(HERE / row["item_id"]).convert("RGB"), dtype=float) for row in TRUTH[rule]]

    def steps(rgb: np.ndarray[Any, Any]) -> float:
        return float(np.quantile(np.abs(np.diff(rgb.mean(axis=2), axis=1)), 0.99))

    assert all(rgb.mean() < 30 for rgb in each("dark"))
    assert all((rgb.mean(axis=2) > 245).mean() > 0.25 for rgb in each("bright"))
    assert all(rgb.std() < 10 for rgb in each("low-contrast"))
    assert all(np.ptp(rgb, axis=2).max() == 0 for rgb in each("grayscale-among-colour"))
    assert len(each("blurry")) >= 5
    assert all(steps(rgb) < 25 for rgb in (*each("blurry"), *each("upscaled")))
    assert all(np.median(np.abs(np.diff(rgb.mean(axis=2), axis=1))) > 8 for rgb in each("noisy"))
    assert all(np.ptp(rgb[0].mean(axis=1)) < 12 for rgb in each("letterboxed"))
    assert all(rgb.std() < 3 for rgb in each("low-information"))
    assert {rgb.shape[:2] for rgb in each("odd-size")} == {(30, 40), (960, 1280)}


def test_planted_copies_are_copies() -> None:
    sets = defaultdict(list)
    for row in TRUTH["exact-duplicate"]:
        sets[row["subject"]].append(np.asarray(Image.open(HERE / row["item_id"]).convert("RGB")))
    assert len(sets) >= 2
    assert all(np.array_equal(first, second) for first, second in sets.values())
    edits = {row["note"] for row in TRUTH["near-duplicate"] if not row["note"].startswith("the copy")}
    assert len(edits) >= 9
    assert {manifest("image")[row["item_id"]]["split"] for row in TRUTH["leaked-duplicate"]} == {"train", "test"}


def test_the_first_pictures_can_be_drawn_again(tmp_path: Path) -> None:
    """All of them in ``draw.py --check``; here a few."""
    code = "import sys, damage, scenes; sys.stdout.buffer.write(damage.jpeg(scenes.drawn('house', 0)))"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=HERE, env=environment)
    drawn = tmp_path / "house.jpg"
    drawn.write_bytes(done.stdout)
    there = HERE / "pictures" / "house" / "roll01_001.jpg"
    difference = np.asarray(Image.open(drawn), dtype=float) - np.asarray(Image.open(there), dtype=float)
    assert np.abs(difference).mean() < 2  # another Pillow may round otherwise
