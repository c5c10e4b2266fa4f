"""Copies of rows are told whatever they are called, and rows that are alike by chance are none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.media.table.measure import _codes, measured


def test_copies_share_a_hash_whatever_identifies_them():
    rng = np.random.default_rng(0)
    rows = [
        {"no": k, "a": round(x, 2), "b": round(y, 2), "c": "x"} for k, (x, y) in enumerate(rng.normal(size=(60, 2)))
    ]
    found = measured([*rows, rows[7] | {"no": 60}])
    assert found[60]["sample_hash"] == found[7]["sample_hash"] is not None
    assert len({one["sample_hash"] for one in found}) == 60


def test_rows_of_few_values_are_no_copies():
    rng = np.random.default_rng(0)
    rows = [{"a": int(a), "b": "xy"[b]} for a, b in zip(rng.integers(0, 3, 60), rng.integers(0, 2, 60), strict=True)]
    assert {one["sample_hash"] for one in measured(rows)} == {None}


def test_cells_without_a_value_are_counted():
    assert [one["n_missing"] for one in measured([{"a": None, "b": "x"}, {"a": 1}])] == [1, 1]
    assert measured([]) == []


def test_what_is_written_the_same_is_the_same_and_yes_is_no_number():
    cells = pd.Series([1, "1", 1.0, True, None, "x"], dtype=object)
    codes, hashes = _codes(cells)
    assert codes.tolist() == [0, 0, 0, 1, 3, 2]
    assert len(set(hashes.tolist())) == 4
