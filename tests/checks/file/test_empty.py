from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.empty import empty


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_status() -> None:
    measured = table(status=["empty", "ok", None], error=["0.wav: because of this", None, None])
    found = empty(measured)
    assert found["flagged"].tolist() == [True, False, False]
    assert found["score"].tolist() == [0.0, *found["score"].tolist()[1:]]
    assert "because of this" in empty.message.format(**found.iloc[0].to_dict())
    assert "0.wav" not in found["reason"].iloc[0]
