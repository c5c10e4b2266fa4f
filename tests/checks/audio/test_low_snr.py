from __future__ import annotations

import pandas as pd

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
