from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.checks.balance.shortcut import shortcut

N = 400
IDS = [f"i{k:04d}" for k in range(N)]


def tables(rate_of_c1=16000.0):
    rng = np.random.default_rng(0)
    labels = [f"c{k % 5}" for k in range(N)]
    items = pd.DataFrame({"label": labels, "group": [f"p{k // 10}" for k in range(N)]}, index=IDS, dtype=object)
    rate = np.where(np.array(labels) == "c1", rate_of_c1, 16000.0)
    measurements = pd.DataFrame(
        {"peak_dbfs": rng.normal(-12, 5, N), "sample_rate_hz": rate, "subtype": "PCM_16"}, index=IDS
    )
    columns = pd.DataFrame(
        {"rank": [0, 1, 2], "shortcut": ["setting", "setting", "trace"], "where": "", "over": "", "under": ""},
        index=["sample_rate_hz", "subtype", "peak_dbfs"],
    )
    return items, measurements, columns


def test_it_names_the_class_and_what_gives_it_away():
    frame = shortcut(*tables(rate_of_c1=8000.0))
    assert frame["flagged"].to_dict() == {"c0": False, "c1": True, "c2": False, "c3": False, "c4": False}
    row = frame.loc["c1"]
    assert (row["measurement"], row["auc"], row["own"], row["others"]) == ("sample_rate_hz", 1.0, "8,000", "16,000")
    assert row["score"] < 0.05
    assert len(row["item_ids"]) == 80
    said = shortcut.message.format(subject="c1", **row)
    assert said.startswith("`sample_rate_hz` alone tells c1 from the rest: AUC 1.00 (8,000")


def test_a_set_recorded_alike_is_sound():
    frame = shortcut(*tables())
    assert not frame["flagged"].any()
    assert frame["score"].min() >= 0.5


def test_the_threshold_is_of_balanced_accuracy():
    items, measurements, columns = tables()
    half = (items["label"] == "c1") & (np.arange(N) % 10 < 5)
    measurements.loc[half, "sample_rate_hz"] = 8000.0
    strength = shortcut(items, measurements, columns).loc["c1", "balanced_accuracy"]
    assert shortcut(items, measurements, columns, min_balanced_accuracy=strength - 0.01).loc["c1", "flagged"]
    assert not shortcut(items, measurements, columns, min_balanced_accuracy=strength + 0.01).loc["c1", "flagged"]


def test_a_class_from_one_source_is_said_to_be():
    items, measurements, columns = tables()
    items.loc[items["label"] == "c2", "group"] = "studio"
    frame = shortcut(items, measurements, columns)
    assert frame.index[frame["flagged"]].tolist() == ["c2"]
    assert (frame.loc["c2", "measurement"], frame.loc["c2", "own"]) == ("group", "studio")
