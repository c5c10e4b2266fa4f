from __future__ import annotations

import pandas as pd

from dsaudit.checks.audio.no_speech_like_activity import no_speech_like_activity


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_voiceless_items_of_a_voiced_class() -> None:
    measured = table(speech_s=[0.0, 0.4, 0.5], loudest_rms_dbfs=[-20.0] * 3)
    items = pd.DataFrame({"label": ["yes"] * 3}, index=measured.index)
    assert no_speech_like_activity(items, measured)["flagged"].tolist() == [True, False, False]


def test_a_class_of_noise_is_not_judged() -> None:
    measured = table(speech_s=[0.0, 0.0, 0.5], loudest_rms_dbfs=[-20.0] * 3)
    items = pd.DataFrame({"label": ["noise", "noise", "yes"]}, index=measured.index)
    assert no_speech_like_activity(items, measured).index.tolist() == ["2.wav"]
