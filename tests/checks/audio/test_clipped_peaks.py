from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.clipped_peaks import clipped_peaks


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_share_of_flat_samples() -> None:
    found = clipped_peaks(
        table(
            clipped_share=[0.02, 0.0], n_clipped_runs=[50, 0], clip_level_dbfs=[-6.0, None], clipped_run_ms=[1.0, 0.0]
        )
    )
    assert found["flagged"].tolist() == [True, False]
    assert "50 peaks are flat at -6.0 dBFS" in clipped_peaks.message.format(**found.iloc[0].to_dict())
