"""Sets of copies and of frames: what each of the rules says of one and the same table."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.checks.duplicate.ambiguous_copy import ambiguous_copy
from dsaudit.checks.duplicate.burst import burst
from dsaudit.checks.duplicate.conflicting_duplicate import conflicting_duplicate
from dsaudit.checks.duplicate.exact_duplicate import exact_duplicate
from dsaudit.checks.duplicate.near_duplicate import near_duplicate
from dsaudit.checks.split.leaked_burst import leaked_burst
from dsaudit.checks.split.leaked_duplicate import leaked_duplicate

IDS = list("abcdefghi")


@pytest.fixture
def duplicates():
    exact = dict.fromkeys("abc", "a") | dict.fromkeys("de", "d")
    near = dict.fromkeys("abc", "a") | dict.fromkeys("def", "d") | dict.fromkeys("gh", "g")
    scene = near | dict.fromkeys("ghi", "g")
    told = {"copy_of": {"b": "a", "f": "d", "h": "g"}, "edit": {"h": "mirrored"}, "place": {"h": "-1 0 1 0 1 0"}}
    columns = {"exact_set": exact, "near_set": near, "scene_set": scene} | told
    return pd.DataFrame({name: [of.get(i) for i in IDS] for name, of in columns.items()}, index=IDS, dtype=object)


@pytest.fixture
def items():
    return pd.DataFrame(
        {
            "label": ["yes", "yes", "YES", "no", "no", "go", "up", None, None],
            "split": ["train", "train", "train", "train", "test", None, "train", "validation", "test"],
        },
        index=IDS,
        dtype=object,
    )


def members(frame):
    return dict(frame["item_ids"].items())


def test_exact_sets(duplicates):
    frame = exact_duplicate(duplicates)
    assert members(frame) == {"a": ["a", "b", "c"], "d": ["d", "e"]}
    assert frame["score"].to_dict() == {"a": 0.25, "d": 0.5}


def test_near_sets_leave_out_what_is_exact_already(duplicates):
    frame = near_duplicate(duplicates)
    assert members(frame) == {"d": ["d", "e", "f"], "g": ["g", "h"]}
    assert frame["how"].to_dict() == {"d": ", changed in level, format or cut", "g": ": mirrored"}
    assert frame.loc["g", "pairs"] == [{"item": "h", "of": "g", "edit": "mirrored", "place": [-1, 0, 1, 0, 1, 0]}]


def test_conflicts_are_about_meaning_not_spelling(items, duplicates):
    frame = conflicting_duplicate(items, duplicates)
    assert members(frame) == {"d": ["d", "e", "f"]}
    assert frame.loc["d", "labels"] == "go (1), no (2)"
    items.loc["h", "label"] = "down"
    assert conflicting_duplicate(items, duplicates)["but"].to_dict() == {"d": "", "g": " (mirrored)"}


def test_what_is_too_little_to_be_told_by_itself_is_no_error(items, duplicates):
    slight = duplicates.assign(slight=duplicates["near_set"].eq("d"))
    assert members(ambiguous_copy(items, slight)) == {"d": ["d", "e", "f"]}
    assert conflicting_duplicate(items, slight).empty
    assert ambiguous_copy(items, slight.assign(slight=slight.index == "d")).empty
    assert ambiguous_copy(items, duplicates).empty


def test_leaks(items, duplicates):
    frame = leaked_duplicate(items, duplicates)
    assert members(frame) == {"d": ["d", "e", "f"], "g": ["g", "h"]}
    assert frame["splits"].to_dict() == {"d": "test (1), train (1)", "g": "train (1), validation (1)"}


def test_frames_of_one_scene_are_a_set_of_their_own(items, duplicates):
    frame = burst(duplicates)
    assert members(frame) == {"g": ["g", "h", "i"]}
    assert frame.loc["g", "n_moments"] == 2  # two copies of one frame, and another frame
    leaks = leaked_burst(items, duplicates)
    assert members(leaks) == {"g": ["g", "h", "i"]}
    assert leaks.loc["g", "splits"] == "test (1), train (1), validation (1)"
    same = duplicates.assign(scene_set=duplicates["near_set"])
    assert burst(same).empty
    assert leaked_burst(items, same).empty
