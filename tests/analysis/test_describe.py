from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.describe import class_table, measurement_table, split_table
from dsaudit.analysis.label.spelling import canonical_label
from dsaudit.analysis.space.sets import set_table

ITEMS = pd.DataFrame(
    {
        "label": ["yes", "yes", "no", None],
        "split": ["train", "test", "train", "train"],
        "group": ["g", "h", "g", None],
    },
    index=list("abcd"),
    dtype=object,
)


def test_classes():
    lengths = pd.DataFrame({"duration_s": [1.0, 2.0, np.nan, 9.0]}, index=list("abcd"))
    table = class_table(ITEMS, lengths, ["duration_s", "n_words"])
    assert [row["label"] for row in table] == ["yes", "no"]
    assert table[0] == {
        "label": "yes",
        "n": 2,
        "n_groups": 2,
        "share": 2 / 3,
        "totals": {"duration_s": 3.0},
        "medians": {"duration_s": 1.5},
    }
    assert table[1]["totals"] == table[1]["medians"] == {}


def test_splits():
    assert split_table(ITEMS) == [
        {"split": "test", "n": 1, "n_groups": 1, "per_class": {"yes": 1}},
        {"split": "train", "n": 3, "n_groups": 1, "per_class": {"no": 1, "yes": 1}},
    ]


def test_measurements_that_vary_have_a_histogram_of_every_value():
    values = np.r_[np.linspace(0, 1, 99), 1000.0]
    table = measurement_table(pd.DataFrame({"x_db": values, "flat": 1.0, "text": "a", "none": np.nan}))
    assert set(table) == {"x_db"}
    assert table["x_db"]["max"] == 1000.0
    assert sum(table["x_db"]["histogram"]["counts"]) == 100
    assert table["x_db"]["median"] == np.median(values)


def test_sets():
    table = set_table(pd.Series({"c": "s", "a": "s", "b": None, "d": "t"}))
    assert table["item_ids"].to_dict() == {"s": ["a", "c"]}
    assert set_table(pd.Series({"d": "t"}), minimum=1)["n_items"].tolist() == [1]
    assert not len(set_table(pd.Series(dtype=object)))


def test_canonical_labels():
    assert canonical_label("  Ice-Cream ") == canonical_label("ice_cream") == "ice cream"
    assert canonical_label("-1") == canonical_label(" \u22121") != canonical_label("1")
    assert canonical_label("CAFÉ") == canonical_label("cafe\u0301")
    assert canonical_label("ﬁve") == "five"
    assert canonical_label("--") == "--"
    assert canonical_label("no") != canonical_label("now")
