from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.unreadable import unreadable


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_status() -> None:
    measured = table(status=["unreadable", "ok", None], error=["0.wav: because of this", None, None])
    found = unreadable(measured)
    assert found["flagged"].tolist() == [True, False, False]
    assert found["score"].tolist() == [0.0, *found["score"].tolist()[1:]]
    assert "because of this" in unreadable.message.format(**found.iloc[0].to_dict())
    assert "0.wav" not in found["reason"].iloc[0]


def test_a_part_is_missing() -> None:
    found = unreadable(table(status=["ok", "ok"], error=[None, None], missing_share=[0.4, 0.0]))
    assert found["flagged"].tolist() == [True, False]
    assert found["reason"].iloc[0].startswith("40 %")
    said = table(
        status=["ok"], error=[None], missing_share=[0.5], shortfall=["8.00 of the 16.00 s that its header promises"]
    )
    assert unreadable(said)["reason"].iloc[0] == ("only 8.00 of the 16.00 s that its header promises can be decoded")


def test_an_end_that_is_missing_counts_whatever_it_held():
    found = unreadable(
        table(
            status=["ok"],
            error=[None],
            missing_share=[float("nan")],
            shortfall=["2.01 s of a stream whose end is missing"],
        )
    )
    assert found["flagged"].all()
    assert found["reason"].iloc[0] == "only 2.01 s of a stream whose end is missing can be decoded"
