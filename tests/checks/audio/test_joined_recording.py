from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.joined_recording import joined_recording


def test_what_follows_is_named() -> None:
    measured = pd.DataFrame(
        {"status": ["ok", "ok", "empty"], "joined": ["another of 44100 Hz", None, None]}, index=["a", "b", "c"]
    )
    found = joined_recording(measured)
    assert found["flagged"].to_dict() == {"a": True, "b": False}
    assert "44100 Hz" in joined_recording.message.format(**found.iloc[0].to_dict())
    assert not joined_recording(measured[["status"]])["flagged"].any()
