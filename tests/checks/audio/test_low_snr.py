from __future__ import annotations

import pandas as pd
from fabric import evidence

from dsaudit.checks.audio.low_snr import low_snr


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_voices_in_noise_only() -> None:
    measured = table(
        snr_db=[3.0, 40.0, 3.0, 3.0],
        speech_share=[0.3, 0.3, 0.0, 0.3],
        start_cut=[0.0, 0.0, 0.0, 0.9],
        end_cut=[0.0] * 4,
    )
    assert low_snr(measured)["flagged"].to_dict() == {"0.wav": True, "1.wav": False}


def test_a_threshold_beyond_the_healthy_value_still_flags_the_worse_side() -> None:
    tables = evidence()
    level = tables["measurements"]["snr_db"].dropna()
    middle = float(level.median())
    for min_snr_db in (middle, 1000.0):
        frame = low_snr.run(*(tables[name] for name in low_snr.needs), min_snr_db=min_snr_db)
        snr = tables["measurements"]["snr_db"].reindex(frame.index)
        assert (frame["flagged"] == (snr < min_snr_db)).all()
