from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.space.split_class import split_classes
from dsaudit.checks.label.split_class import split_class


def test_a_class_of_two_things_is_named_with_examples_of_both():
    rng = np.random.default_rng(0)
    points = rng.normal(0, 1, (240, 8))
    points[:60, 0] += 12
    ids = [f"{'jaguar' if i < 120 else 'lion'}/{i:03d}" for i in range(240)]
    labels = pd.Series(["jaguar"] * 120 + ["lion"] * 120, index=ids)
    frame = split_class(split_classes(points, labels))
    flagged = frame[frame["flagged"]]
    assert flagged.index.tolist() == ["jaguar"]
    shown = flagged.loc["jaguar", "item_ids"]
    halves = {int(i[-3:]) < 60 for i in shown[: len(shown) // 2]}, {int(i[-3:]) < 60 for i in shown[len(shown) // 2 :]}
    assert all(len(h) == 1 for h in halves)
    assert halves[0] != halves[1]
    assert flagged.loc["jaguar", ["n_first", "n_second"]].tolist() == [60, 60]


def test_where_its_items_have_terms_each_half_is_named_by_its_own():
    halves = {"score": 0.1, "flagged": True, "by_group": True, "first": ["x"], "second": ["y"]}
    table = pd.DataFrame([halves | {"terms": "voucher / checkout"}, halves | {"terms": ""}], index=["card", "bill"])
    said = split_class(table)["by"]
    assert said["card"] == ", which follow the groups of the items, voucher / checkout"
    assert said["bill"] == ", which follow the groups of the items"
