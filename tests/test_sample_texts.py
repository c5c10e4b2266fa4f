"""The sample texts are what their README says: small, complete, and sound wherever the truth names no fault."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from dsaudit.catalogue import rules
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for

HERE = Path(__file__).parents[1] / "sample_data" / "texts"


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in rows("manifest.csv")}


@pytest.fixture(scope="module")
def truth() -> dict[str, list[dict[str, str]]]:
    planted = defaultdict(list)
    for row in rows("truth.csv"):
        planted[row["rule"]].append(row)
    return planted


def test_small() -> None:
    assert sum(p.stat().st_size for p in HERE.iterdir() if p.is_file()) <= 200_000


def test_can_be_written_again() -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, str(HERE / "write.py"), "--check"], check=True, env=environment)


def test_every_rule_of_single_texts_has_a_planted_fault(truth: Any) -> None:
    own = {rule.name for rule in rules() if tuple(rule.modalities) == ("text",)}
    assert own - set(truth) == {"identical-halves", "swapped-halves"}  # of pairs, see tests/checks/text


def test_truth_names_what_is_there(manifest: Any, truth: Any) -> None:
    known = {row["label"] for row in manifest.values()} | {row["group"] for row in manifest.values()} | {"dataset"}
    for rule, planted in truth.items():
        for row in planted:
            if row["item_id"]:
                assert row["item_id"] in manifest, rule
            else:
                assert set(row["subject"].split(" → ")) <= known, rule
    every = [(row["item_id"], row["rule"]) for planted in truth.values() for row in planted if row["item_id"]]
    assert len(every) == len(set(every))


def test_opens_as_a_manifest(manifest: Any) -> None:
    opened = open_dataset(HERE / "manifest.csv", kind_for("text"))
    assert list(opened.items.index) == sorted(manifest)
    assert opened.group_source == "column 'group'"


def test_only_the_planted_writer_is_in_two_splits(manifest: Any, truth: Any) -> None:
    splits = defaultdict(set)
    for row in manifest.values():
        splits[row["group"]].add(row["split"])
    assert {g for g, found in splits.items() if len(found) > 1} == {row["subject"] for row in truth["leaked-group"]}


def test_clean_texts_are_sound_and_all_different(manifest: Any, truth: Any) -> None:
    faulty = {row["item_id"] for planted in truth.values() for row in planted}
    clean = [row["text"] for item, row in manifest.items() if item not in faulty]
    assert len(clean) >= 280
    assert len(set(clean)) == len(clean)
    assert all(text.isascii() and 20 <= len(text) <= 400 and text[-1] in ".?!n" for text in clean)


def test_planted_faults_are_in_the_texts(manifest: Any, truth: Any) -> None:
    def each(rule: str) -> list[str]:
        return [manifest[row["item_id"]]["text"] for row in truth[rule]]

    assert all("Ã" in text or "â€" in text for text in each("mojibake"))
    assert {len(text) for text in each("cut-text")} == {150}
    assert all("<" in t or "&" in t or "http" in t for t in each("markup"))
    assert all(any("а" <= c <= "я" for c in text) for text in each("look-alikes"))
    assert not any(text.strip() for text in each("empty"))
    copies = defaultdict(list)
    for row in truth["leaked-duplicate"]:
        copies[row["subject"]].append(manifest[row["item_id"]])
    assert len(copies) == 3
    assert all(a["text"] == b["text"] and {a["split"], b["split"]} == {"train", "test"} for a, b in copies.values())
