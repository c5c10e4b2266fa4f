from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.upsampled_audio import upsampled_audio


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_cliff() -> None:
    measured = table(
        cliff_db=[30.0, -4.0, 30.0, 30.0, 30.0],
        bandwidth_hz=[4000.0, 8000.0, 4000.0, 1224.0, 4000.0],
        sample_rate_hz=[16000.0] * 5,
        detected_type=["wav", "flac", "mp3", "wav", "wav"],
        subtype=["PCM_16", "PCM_24", "MPEG_LAYER_III", "PCM_16", "MPEG_LAYER_III"],
    )
    assert upsampled_audio(measured)["flagged"].to_dict() == {"0.wav": True, "1.wav": False, "3.wav": False}
