from __future__ import annotations

import pandas as pd

from dsaudit.checks.outlier.foreign_item import foreign_item


def test_what_lies_far_from_its_core_is_flagged_in_words_where_labels_cannot_order():
    ids = [f"{i:02d}" for i in range(10)]
    items = pd.DataFrame({"label": ["cry"] * 10}, index=ids, dtype=object)
    told = pd.DataFrame({"deviation": [0.5] * 8 + [3.9, 9.0], "asked": True}, index=ids)
    frame = foreign_item(items, told)
    assert frame.index[frame["flagged"]].tolist() == ["09"]
    assert foreign_item.message.format(**frame.loc["09"]) == (
        "may be something else altogether: farther from the core of `cry` than 90% of it"
    )
    assert frame["score"].is_monotonic_decreasing
    silent = foreign_item(items, told.assign(asked=False))
    assert not silent["flagged"].any()
    pd.testing.assert_series_equal(silent["score"], frame["score"])  # every item has its score all the same
