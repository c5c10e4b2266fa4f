from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.dc_offset import dc_offset


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_flags_and_order() -> None:
    found = dc_offset(table(dc_offset=[-0.05, 0.2, 0.001, -0.02]))
    assert found["flagged"].tolist() == [True, True, False, False]
    assert found.loc[found["flagged"], "score"].max() < found.loc[~found["flagged"], "score"].min()


def test_not_measured_is_not_judged() -> None:
    assert len(dc_offset(table(dc_offset=[float("nan")]))) == 0
