from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.checks.outlier.outlier import outlier


def found_near(distance, ids):
    alike = [[0.9] * len(row) for row in distance]
    return pd.DataFrame({"distance": distance, "similarity": alike}, index=ids)


def test_far_items_are_flagged_and_named_with_their_class():
    rng = np.random.default_rng(1)
    ids = [f"{i:03d}" for i in range(100)]
    distance = rng.normal(5, 0.3, (100, 10))
    distance[7] = 25
    neighbours = found_near(distance.tolist(), ids)
    items = pd.DataFrame({"label": ["yes"] * 99 + [None]}, index=ids, dtype=object)
    blank = pd.DataFrame({"blank": [False] * 100}, index=ids)
    frame = outlier(items, neighbours, blank)
    assert frame["flagged"].sum() <= 3
    assert frame.loc["007", "flagged"]
    assert frame.loc["007", "for_class"] == " for yes"
    assert frame["score"].idxmin() == "007"


def test_items_that_hold_nothing_are_no_outliers_nor_what_others_are_compared_with():
    ids = [f"{i:03d}" for i in range(40)]
    distance = [[5.0 + i / 100] for i in range(30)] + [[500.0]] * 10
    neighbours = found_near(distance, ids)
    items = pd.DataFrame({"label": ["yes"] * 40}, index=ids)
    empty = pd.Series([i >= 30 for i in range(40)], index=ids)
    flagged = outlier(items, neighbours, pd.DataFrame({"blank": empty & False}, index=ids))["flagged"]
    assert flagged[flagged].index.tolist() == ids[30:]
    left = outlier(items, neighbours, pd.DataFrame({"blank": empty}, index=ids))
    alone = outlier(items[~empty], neighbours[~empty], pd.DataFrame({"blank": empty[~empty]}))
    pd.testing.assert_frame_equal(left, alone)
    assert left.index.tolist() == ids[:30]
