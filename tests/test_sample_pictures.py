"""The sample pictures are what their README says: small, complete, and sound wherever the truth names no fault."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dsaudit.catalogue import rules
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for

HERE = Path(__file__).parents[1] / "sample_data" / "images"


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, str]]:
    return {row["path"]: row for row in rows("manifest.csv")}


@pytest.fixture(scope="module")
def truth() -> dict[str, list[dict[str, str]]]:
    planted = defaultdict(list)
    for row in rows("truth.csv"):
        planted[row["rule"]].append(row)
    return planted


@pytest.fixture(scope="module")
def clean(manifest: Any, truth: Any) -> dict[str, np.ndarray[Any, Any]]:
    faulty = {row["item_id"] for planted in truth.values() for row in planted}
    return {i: np.asarray(Image.open(HERE / i), dtype=float) for i in manifest if i not in faulty}


def test_small() -> None:
    files = [p for p in HERE.rglob("*") if p.is_file() and "cache" not in str(p.relative_to(HERE))]
    assert sum(p.stat().st_size for p in files if ".dsaudit" not in p.parts) <= 3_000_000


def test_checksums() -> None:
    lines = (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {p.relative_to(HERE).as_posix() for p in (HERE / "pictures").rglob("*") if p.is_file()}
    assert set(sums) == there | {"manifest.csv", "truth.csv"}
    changed = [n for n, digest in sums.items() if hashlib.sha256((HERE / n).read_bytes()).hexdigest() != digest]
    assert changed == []


def test_every_rule_of_pictures_alone_has_a_planted_fault(truth: Any) -> None:
    own = {rule.name for rule in rules() if tuple(rule.modalities) == ("image",)}
    assert own - set(truth) == {"class-tint"}  # drawn classes differ in colour by nature; see tests/checks/image


def test_truth_names_what_is_there(manifest: Any, truth: Any) -> None:
    missing = {row["item_id"] for row in truth["missing-file"]}
    labels = {row["label"] for row in manifest.values()}
    for rule, planted in truth.items():
        for row in planted:
            if row["item_id"]:
                assert row["item_id"] in manifest, rule
                assert (HERE / row["item_id"]).exists() is (row["item_id"] not in missing)
            else:
                assert set(row["subject"].split(" → ")) <= labels | {"dataset"}, rule
    assert len(missing) == 1
    every = [(row["item_id"], row["rule"]) for planted in truth.values() for row in planted if row["item_id"]]
    assert len(every) == len(set(every))


def test_opens_as_a_manifest(manifest: Any) -> None:
    opened = open_dataset(HERE / "manifest.csv", kind_for("image"))
    assert list(opened.items.index) == sorted(manifest)
    assert opened.group_source == "column 'group'"


def test_only_the_planted_film_is_in_two_splits(manifest: Any, truth: Any) -> None:
    splits = defaultdict(set)
    for row in manifest.values():
        splits[row["group"]].add(row["split"])
    assert {g for g, found in splits.items() if len(found) > 1} == {row["subject"] for row in truth["leaked-group"]}
    assert set.union(*splits.values()) == {"train", "validation", "test"}


def test_clean_pictures_are_sound_and_all_different(clean: Any) -> None:
    assert len(clean) >= 180
    assert len({rgb.tobytes() for rgb in clean.values()}) == len(clean)
    for item_id, rgb in clean.items():
        assert sorted(rgb.shape) == [3, 192, 256], item_id
        assert 40 < rgb.mean() < 215, item_id
        assert rgb.std() > 15, item_id
        assert (rgb.mean(axis=2) > 250).mean() < 0.2, item_id
        steps = np.abs(np.diff(rgb.mean(axis=2), axis=1))
        assert np.quantile(steps, 0.999) > 25, item_id  # there are sharp edges
        assert np.median(steps) < 5, item_id  # and little noise


def test_planted_faults_are_in_the_pictures(truth: Any) -> None:
    def each(rule: str) -> list[np.ndarray[Any, Any]]:
        return [np.asarray(Image.open(HERE / row["item_id"]).convert("RGB"), dtype=float) for row in truth[rule]]

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


def test_planted_copies_are_copies(truth: Any, manifest: Any) -> None:
    sets = defaultdict(list)
    for row in truth["exact-duplicate"]:
        sets[row["subject"]].append(np.asarray(Image.open(HERE / row["item_id"]).convert("RGB")))
    assert len(sets) >= 2
    assert all(np.array_equal(first, second) for first, second in sets.values())
    edits = {row["note"] for row in truth["near-duplicate"] if not row["note"].startswith("the copy")}
    assert len(edits) >= 9
    assert {manifest[row["item_id"]]["split"] for row in truth["leaked-duplicate"]} == {"train", "test"}


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
