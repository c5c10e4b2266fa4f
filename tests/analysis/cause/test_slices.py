"""Error rates by group and by band: planted differences are told, chance is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, fisher_exact

from dsaudit.analysis.cause.slices import _discoveries, error_bands, group_error_rates


def test_groups_come_worst_first_and_small_ones_shrink():
    groups = ["tiny"] * 3 + ["bad"] * 40 + ["good"] * 200
    wrong = [True] * 3 + [True] * 30 + [False] * 10 + [True] * 10 + [False] * 190
    table = group_error_rates(wrong, groups)
    assert table["group"].tolist() == ["bad", "tiny", "good"] or table["group"].tolist()[2] == "good"
    tiny = table.set_index("group").loc["tiny"]
    assert tiny["error_rate"] == 1.0
    assert tiny["shrunken_rate"] < 1.0
    assert table["shrunken_rate"].is_monotonic_decreasing
    assert (table["low"] <= table["error_rate"]).all()
    assert (table["error_rate"] <= table["high"]).all()


def test_small_and_missing_groups_are_left_out():
    table = group_error_rates([True, False, True, True], ["a", "a", None, "b"], min_items=2)
    assert table["group"].tolist() == ["a"]
    assert group_error_rates([], []).empty
    assert group_error_rates([True], [None]).empty


def test_equal_groups_shrink_to_the_mean():
    rng = np.random.default_rng(0)
    groups = np.repeat([f"g{i}" for i in range(50)], 10)
    table = group_error_rates(rng.random(500) < 0.2, groups)
    assert np.ptp(table["shrunken_rate"]) < 0.5 * np.ptp(table["error_rate"])


def planted(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    level = rng.normal(-25, 8, n)
    other = rng.normal(size=(n, 6))
    wrong = rng.random(n) < np.where(level < np.quantile(level, 0.25), 0.3, 0.08)
    table = pd.DataFrame(other, columns=[f"m{i}" for i in range(6)])
    return table.assign(rms_dbfs=level, file_suffix=".wav", status="ok"), wrong


def test_quiet_clips_are_wrong_more_often():
    measurements, wrong = planted()
    bands = error_bands(measurements, wrong)
    assert bands["measurement"].tolist() == ["rms_dbfs"]
    row = bands.iloc[0]
    assert row["band"] == "low"
    assert 2.0 < row["ratio"] < 6.5
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"]
    inside = measurements["rms_dbfs"].between(row["low"], row["high"])
    assert row["n"] == inside.sum()
    assert row["error_rate"] == pytest.approx(wrong[inside].mean())
    assert row["rest_rate"] == pytest.approx(wrong[~inside].mean())


def test_p_value_is_fishers():
    measurements, wrong = planted(300, 3)
    row = error_bands(measurements[["rms_dbfs"]], wrong, min_ratio=0.0, max_false_discovery=1.0).iloc[0]
    inside = measurements["rms_dbfs"].between(row["low"], row["high"]).to_numpy()
    cells = [[(wrong & inside).sum(), (~wrong & inside).sum()], [(wrong & ~inside).sum(), (~wrong & ~inside).sum()]]
    assert row["p_value"] == pytest.approx(fisher_exact(cells, alternative="greater").pvalue)


def test_discoveries_agree_with_scipy():
    p = np.random.default_rng(1).random(40) ** 4
    assert np.array_equal(_discoveries(p, 0.05), false_discovery_control(p) <= 0.05)


def test_chance_is_seldom_told():
    told = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        measurements = pd.DataFrame(rng.normal(size=(400, 15)), columns=[f"m{i}" for i in range(15)])
        told += len(error_bands(measurements, rng.random(400) < 0.1))
    assert told <= 3


def test_columns_without_values_are_passed_over():
    table = pd.DataFrame({"a": [np.nan] * 60, "b": [1.0] * 60, "c": [True] * 60, "d": ["x"] * 60})
    bands = error_bands(table, np.arange(60) < 30)
    assert bands.empty
    assert "ratio" in bands.columns
    assert error_bands(pd.DataFrame(index=range(3)), [True] * 3).empty


def test_missing_and_infinite_values_are_in_no_band():
    measurements, wrong = planted()
    measurements.loc[:50, "rms_dbfs"] = np.nan
    measurements.loc[51:90, "rms_dbfs"] = -np.inf
    row = error_bands(measurements, wrong).iloc[0]
    assert np.isfinite(row["low"])
