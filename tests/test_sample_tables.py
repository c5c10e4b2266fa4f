"""The sample table is sound wherever the truth names no fault, and faulty where it does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict

from samples import HOMES, clean, manifest, truth

MANIFEST, TRUTH = manifest("table"), truth("table")


def test_can_be_written_again() -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, str(HOMES["table"] / "write.py"), "--check"], check=True, env=environment)


def test_clean_rows_are_sound_and_all_different() -> None:
    sound = [MANIFEST[item] for item in clean("table")]
    assert len(sound) >= 450
    assert len({tuple(row[name] for name in row if name not in ("id", "tracking")) for row in sound}) == len(sound)
    towns = defaultdict(set)
    for row in sound:
        towns[row["zip"]].add(row["town"])
        assert row["ordered"] < row["shipped"]
        assert abs(100 * float(row["price"]) - int(row["price_cents"])) < 1
        assert 0 < float(row["weight_kg"]) < 90
        assert row["length"].endswith(" cm")
        assert row["currency"] == "EUR"
    assert all(len(names) == 1 for names in towns.values())


def test_planted_faults_are_in_the_rows() -> None:
    for row in TRUTH["misspelt-value"]:
        name, right = row["note"].split(" is ")
        assert MANIFEST[row["item_id"]][name] != right
    for row in TRUTH["disguised-missing"]:
        name, word = row["subject"].split(": ")
        assert MANIFEST[row["item_id"]][name] == word
    copies = defaultdict(list)
    for row in TRUTH["leaked-duplicate"]:
        copies[row["subject"]].append(MANIFEST[row["item_id"]])
    own = ("id", "tracking", "split")
    assert len(copies) == 3
    for a, b in copies.values():
        assert {name for name in a if a[name] != b[name]} == set(own)
