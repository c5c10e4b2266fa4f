"""Sets of copies: what each of the three rules says of one and the same table."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.checks.duplicate.conflicting_duplicate import conflicting_duplicate
from dsaudit.checks.duplicate.exact_duplicate import exact_duplicate
from dsaudit.checks.duplicate.near_duplicate import near_duplicate
from dsaudit.checks.split.leaked_duplicate import leaked_duplicate

IDS = list("abcdefgh")


@pytest.fixture
def duplicates():
    exact = dict.fromkeys("abc", "a") | dict.fromkeys("de", "d")
    near = dict.fromkeys("abc", "a") | dict.fromkeys("def", "d") | dict.fromkeys("gh", "g")
    return pd.DataFrame(
        {"exact_set": [exact.get(i) for i in IDS], "near_set": [near.get(i) for i in IDS]}, index=IDS, dtype=object
    )


@pytest.fixture
def items():
    return pd.DataFrame(
        {
            "label": ["yes", "yes", "YES", "no", "no", "go", "up", None],
            "split": ["train", "train", "train", "train", "test", None, "train", "validation"],
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
    assert members(near_duplicate(duplicates)) == {"d": ["d", "e", "f"], "g": ["g", "h"]}


def test_conflicts_are_about_meaning_not_spelling(items, duplicates):
    frame = conflicting_duplicate(items, duplicates)
    assert members(frame) == {"d": ["d", "e", "f"]}
    assert frame.loc["d", "labels"] == "go (1), no (2)"


def test_leaks(items, duplicates):
    frame = leaked_duplicate(items, duplicates)
    assert members(frame) == {"d": ["d", "e", "f"], "g": ["g", "h"]}
    assert frame["splits"].to_dict() == {"d": "test (1), train (1)", "g": "train (1), validation (1)"}
