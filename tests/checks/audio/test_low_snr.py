from __future__ import annotations

import pandas as pd
import pytest
from fabric import evidence

from dsaudit.checks.audio.low_snr import low_snr
from dsaudit.rule import NotJudgedError


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
    items = pd.DataFrame({"label": None}, index=measured.index)
    assert low_snr(items, measured)["flagged"].to_dict() == {"0.wav": True, "1.wav": False}


def of_classes(*classes: tuple[str, float, list[float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Items and measurements of ten clips a class: its name, its share of speech, its lowest ratios."""
    labels = [name for name, _, _ in classes for _ in range(10)]
    measured = table(
        snr_db=[x for _, _, low in classes for x in low + [30.0] * (10 - len(low))],
        speech_share=[share for _, share, _ in classes for _ in range(10)],
        start_cut=[0.0] * len(labels),
        end_cut=[0.0] * len(labels),
    )
    measured["active_s"], measured["speech_s"] = 1.0, measured["speech_share"]
    return pd.DataFrame({"label": labels}, index=measured.index), measured


def test_steady_sounds_are_not_judged() -> None:
    def flagged(*classes: tuple[str, float, list[float]]) -> set[str]:
        items, measured = of_classes(*classes)
        found = low_snr(items, measured)
        return set(items["label"][found.index[found["flagged"]]])

    yes, no, noisy = ("yes", 0.4, [5.0]), ("no", 0.4, [4.0, 30.0]), ("go", 0.4, [3.0] * 2)
    assert flagged(yes, no, noisy) == {"yes", "no", "go"}
    assert flagged(yes, no, ("saw", 0.6, [5.0] * 5)) == {"yes", "no"}  # voiced, and steady by nature
    assert flagged(yes, no, ("rain", 0.09, [3.0] * 5)) == {"yes", "no"}  # without a voice
    assert flagged(("yes", 0.4, [5.0] * 5), ("no", 0.4, [5.0] * 6)) == {"yes", "no"}  # the whole set is noisy
    items, measured = of_classes(yes, ("rain", 0.0, []), ("sea", 0.09, [3.0] * 8))
    with pytest.raises(NotJudgedError, match="the set is not speech"):
        low_snr(items, measured)


def test_a_threshold_beyond_the_healthy_value_still_flags_the_worse_side() -> None:
    tables = evidence()
    level = tables["measurements"]["snr_db"].dropna()
    middle = float(level.median())
    for min_snr_db in (middle, 1000.0):
        frame = low_snr.run(*(tables[name] for name in low_snr.needs), min_snr_db=min_snr_db)
        snr = tables["measurements"]["snr_db"].reindex(frame.index)
        assert (frame["flagged"] == (snr < min_snr_db)).all()
