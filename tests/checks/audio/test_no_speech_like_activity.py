from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.checks.audio.no_speech_like_activity import no_speech_like_activity
from dsaudit.rule import NotJudgedError


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


def sounds(spoken: int, other: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """So many classes of words and of other sounds, five items each; one item of each holds no voice."""
    n = 5 * (spoken + other)
    voiced = np.repeat([0.3] * spoken + [0.05] * other, 5)
    voiced[::5] = 0.0
    names = [f"{k}.wav" for k in range(n)]
    measured = pd.DataFrame(
        {"speech_share": voiced, "speech_s": voiced, "active_s": 0.5, "loudest_rms_dbfs": -20.0}, index=names
    )
    return pd.DataFrame({"label": [f"c{k // 5}" for k in range(n)]}, index=names), measured


def test_a_set_of_other_sounds_is_not_judged_clip_by_clip() -> None:
    assert no_speech_like_activity(*sounds(spoken=4, other=1))["flagged"].sum() == 5
    assert no_speech_like_activity(*sounds(spoken=2, other=2))["flagged"].any()
    with pytest.raises(NotJudgedError, match="not speech: voices are heard in 2 of 6 classes"):
        no_speech_like_activity(*sounds(spoken=2, other=4))
    items, measured = sounds(spoken=0, other=4)
    with pytest.raises(NotJudgedError, match="0 of 20 recordings"):
        no_speech_like_activity(items.assign(label=None), measured)
