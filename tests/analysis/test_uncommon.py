from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.uncommon import uncommon_values
from dsaudit.checks.audio._truncation import truncation_table


def test_the_rare_value_is_flagged_and_the_common_one_named():
    rates = pd.DataFrame({"hz": [16000.0] * 9 + [8000.0] + [np.nan]}, index=list("abcdefghijk"))
    table = uncommon_values(rates, "hz", max_ratio=0.5)
    assert table.index[table["flagged"]].tolist() == ["j"]
    assert set(table["usual"]) == {16000.0}
    assert table.loc["j", "score"] == pytest.approx(1 / 9)
    assert "k" not in table.index


def test_equal_parts_are_not_odd():
    table = uncommon_values(pd.DataFrame({"n": [1.0, 1.0, 2.0, 2.0]}), "n", max_ratio=0.5)
    assert not table["flagged"].any()
    assert set(table["usual"]) == {1.0}


@pytest.mark.parametrize("side", ["start", "end"])
def test_truncation_in_words(side):
    rows = {
        "edge": (0.9, 0.0, np.nan, -3.0, 30.0, 0.5),
        "inside": (0.8, 250.0, 40.0, -1.0, 30.0, 0.5),
        "whole": (0.1, 0.0, np.nan, -40.0, 30.0, 0.5),
        "noise": (0.9, 0.0, np.nan, -1.0, 0.0, 0.0),
        "unmeasured": (np.nan,) * 6,
    }
    columns = [f"{side}_{name}" for name in ("cut", "pad_ms", "step_db", "level_db")]
    measurements = pd.DataFrame.from_dict(rows, orient="index", columns=[*columns, "snr_db", "speech_share"])
    other = "end" if side == "start" else "start"
    measurements[[f"{other}_pad_ms", f"{other}_level_db"]] = np.nan
    table = truncation_table(measurements, pd.DataFrame(), side, max_cut=0.5, min_snr_db=6, min_speech_share=0.1)
    assert table["flagged"].to_dict() == {"edge": True, "inside": True, "whole": False}
    assert "3 dB below its loudest when the clip" in table.loc["edge", "how"]
    assert "250 ms of silence or noise" in table.loc["inside", "how"]
