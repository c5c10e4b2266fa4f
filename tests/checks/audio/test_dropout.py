from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.dropout import dropout


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_gaps() -> None:
    assert dropout(table(n_dropouts=[2, 0], dropout_ms=[40.0, 0.0]))["flagged"].tolist() == [True, False]
