from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.missing_file import missing_file


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_status() -> None:
    measured = table(status=["missing", "ok", None], error=["0.wav: because of this", None, None])
    found = missing_file(measured)
    assert found["flagged"].tolist() == [True, False, False]
    assert found["score"].tolist() == [0.0, *found["score"].tolist()[1:]]
    assert "because of this" in missing_file.message.format(**found.iloc[0].to_dict())
    assert "0.wav" not in found["reason"].iloc[0]
