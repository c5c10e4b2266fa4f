from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.silent_clip import silent_clip


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_flags_and_order() -> None:
    measured = table(loudest_rms_dbfs=[-120.0, -70.0, -50.0, -20.0], speech_s=[0.0, 0.0, 0.4, 0.4])
    found = silent_clip(table(label=["yes"] * 4), measured)
    assert found["flagged"].tolist() == [True, True, False, False]
    assert found.loc[found["flagged"], "score"].max() < found.loc[~found["flagged"], "score"].min()


def test_not_measured_is_not_judged() -> None:
    measured = table(loudest_rms_dbfs=[float("nan")], speech_s=[float("nan")])
    assert len(silent_clip(table(label=["yes"]), measured)) == 0


def test_a_class_of_silence_is_left_alone() -> None:
    measured = table(loudest_rms_dbfs=[-90.0, -90.0, -80.0, -20.0], speech_s=[0.0, 0.0, 0.0, 0.4])
    found = silent_clip(table(label=["_silence_", "_silence_", "yes", "yes"]), measured)
    assert found.index.tolist() == ["2.wav", "3.wav"]


def test_one_silent_clip_among_loud_noise_is_found() -> None:
    measured = table(loudest_rms_dbfs=[-20.0] * 11 + [-120.0], speech_s=[0.0] * 12)
    found = silent_clip(table(label=["rain"] * 12), measured)
    assert found.index[found["flagged"]].tolist() == ["11.wav"]
