from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.odd_sample_rate import odd_sample_rate


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_flags_and_order() -> None:
    found = odd_sample_rate(table(sample_rate_hz=[8000.0, 16000.0, 16000.0, 16000.0]))
    assert found["flagged"].tolist() == [True, False, False, False]
    assert found.loc[found["flagged"], "score"].max() < found.loc[~found["flagged"], "score"].min()


def test_not_measured_is_not_judged() -> None:
    assert len(odd_sample_rate(table(sample_rate_hz=[float("nan")]))) == 0
