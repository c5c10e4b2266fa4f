from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.suffix_mismatch import suffix_mismatch


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_content_against_name() -> None:
    measured = table(
        status=["ok", "ok", "ok", "unreadable"],
        file_suffix=[".wav", ".wav", ".xyz", ".wav"],
        detected_type=["flac", "wav", "wav", "png"],
        suffix_fits=[0.0, 1.0, float("nan"), 0.0],
    )
    found = suffix_mismatch(measured)
    assert found["flagged"].to_dict() == {"0.wav": True, "1.wav": False}
    assert suffix_mismatch.message.format(**found.iloc[0].to_dict()) == "named .wav, but its content is flac"
