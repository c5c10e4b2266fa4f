from __future__ import annotations

import pandas as pd

from dsaudit.checks.split.leaked_group import leaked_group


def test_only_groups_on_both_sides_are_listed():
    items = pd.DataFrame(
        {"split": ["train", "train", "test", "test", "test", None], "group": ["a", "a", "a", "b", None, "b"]},
        index=list("uvwxyz"),
        dtype=object,
    )
    frame = leaked_group(items)
    assert frame.index.tolist() == ["a"]
    assert frame.loc["a", "item_ids"] == ["u", "v", "w"]
    assert frame.loc["a", "splits"] == "test (1), train (2)"
    assert frame.loc["a", "score"] == 0.5 * 2 / 3


def test_no_splits_no_leaks():
    items = pd.DataFrame({"split": [None, None], "group": ["a", "a"]}, index=["x", "y"], dtype=object)
    assert not len(leaked_group(items))
