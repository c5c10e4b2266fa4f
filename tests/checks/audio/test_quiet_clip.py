from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.quiet_clip import quiet_clip


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_quiet_but_not_silent() -> None:
    measured = table(loudest_rms_dbfs=[-90.0, -50.0, -20.0], speech_s=[0.0, 0.3, 0.3])
    found = quiet_clip(pd.DataFrame({"label": None}, index=measured.index), measured)
    assert found["flagged"].to_dict() == {"1.wav": True, "2.wav": False}


def test_a_class_of_background_is_quiet_by_nature() -> None:
    measured = table(loudest_rms_dbfs=[-50.0] * 4, speech_s=[0.0, 0.0, 0.0, 0.3])
    items = pd.DataFrame({"label": ["noise"] * 3 + ["yes"]}, index=measured.index)
    assert quiet_clip(items, measured).index.tolist() == ["3.wav"]


def test_a_class_that_is_loud_without_a_voice_is_judged() -> None:
    measured = table(loudest_rms_dbfs=[-15.0] * 11 + [-50.0], speech_s=[0.0] * 12)
    items = pd.DataFrame({"label": ["rain"] * 12}, index=measured.index)
    found = quiet_clip(items, measured)
    assert found.index[found["flagged"]].tolist() == ["11.wav"]
