from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.mostly_silent import mostly_silent


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_little_sound_in_a_long_file() -> None:
    found = mostly_silent(
        table(
            active_share=[0.02, 0.5, 0.0, 0.02],
            active_s=[0.1, 2.5, 0.0, 0.1],
            duration_s=[5.0] * 4,
            loudest_rms_dbfs=[-20.0, -20.0, -20.0, -90.0],
        )
    )
    assert found["flagged"].to_dict() == {"0.wav": True, "1.wav": False}
