from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.odd_channel_count import odd_channel_count


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_flags_and_order() -> None:
    found = odd_channel_count(table(n_channels=[2.0, 1.0, 1.0, 1.0]))
    assert found["flagged"].tolist() == [True, False, False, False]
    assert found.loc[found["flagged"], "score"].max() < found.loc[~found["flagged"], "score"].min()


def test_not_measured_is_not_judged() -> None:
    assert len(odd_channel_count(table(n_channels=[float("nan")]))) == 0
