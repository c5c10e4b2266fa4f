from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.checks.outlier.outlier import outlier


def test_far_items_are_flagged_and_named_with_their_class():
    rng = np.random.default_rng(1)
    ids = [f"{i:03d}" for i in range(100)]
    distance = rng.normal(5, 0.3, (100, 10))
    distance[7] = 25
    neighbours = pd.DataFrame({"distance": pd.Series(list(distance.tolist()), index=ids, dtype=object)})
    items = pd.DataFrame({"label": ["yes"] * 99 + [None]}, index=ids, dtype=object)
    frame = outlier(items, neighbours)
    assert frame["flagged"].sum() <= 3
    assert frame.loc["007", "flagged"]
    assert frame.loc["007", "for_class"] == " for yes"
    assert frame["score"].idxmin() == "007"
