"""The written suite passes on tomorrow's table and names planted faults, where Great Expectations is installed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from analysis.cell.test_expectation import shop

from dsaudit.analysis.cell.expectation import expectations
from dsaudit.media.table.suite_file import suite_file


def written(frame: pd.DataFrame) -> dict:
    none = np.zeros(frame.shape, bool)
    return json.loads(suite_file(expectations(frame, none, none), name="shop.csv", n_rows=len(frame)))


def test_each_expectation_is_there_with_its_column():
    frame = shop()
    frame.loc[3, "code"] = "zz"
    suite = written(frame)
    made = {(one["type"].removeprefix("expect_"), one["kwargs"].get("column")): one for one in suite["expectations"]}
    assert made["column_values_to_be_in_set", "town"]["kwargs"]["value_set"] == ["Bern", "Graz", "Lyon", "Ulm"]
    assert made["column_values_to_be_between", "pieces"]["kwargs"]["max_value"] == 10
    assert made["column_values_to_match_strftime_format", "sent"]["kwargs"]["strftime_format"] == "%d.%m.%Y"
    assert made["column_values_to_match_regex", "code"] | {} == {
        "type": "expect_column_values_to_match_regex",
        "kwargs": {"column": "code", "regex": r"^(?:K\-\d{5})$", "mostly": 0.995},
        "severity": "warning",
    }
    assert suite["meta"]["read_csv"]["dtype"]["town"] == "str"


def test_great_expectations_runs_it(tmp_path):
    gx = pytest.importorskip("great_expectations")
    suite = written(shop())
    asset = gx.get_context(mode="ephemeral").data_sources.add_pandas("p").add_dataframe_asset("a")
    batches = asset.add_batch_definition_whole_dataframe("b")

    def failed(table: pd.DataFrame) -> set[tuple[str, str]]:
        table.to_csv(tmp_path / "new.csv", index=False)
        frame = pd.read_csv(tmp_path / "new.csv", **suite["meta"]["read_csv"])
        found = batches.get_batch({"dataframe": frame}).validate(gx.ExpectationSuite(**suite))
        own = [one.expectation_config for one in found.results if not one.success]
        return {(one.type.removeprefix("expect_column_"), one.kwargs.get("column", "")) for one in own}

    assert failed(shop(200, seed=7)) == set()
    table = shop()
    table.loc[0, ["code", "town", "pieces", "length"]] = ["K-5", "Ullm", "400", "12 in"]
    table.loc[1, ["code", "weight", "ordered"]] = [None, "heavy", "2024-02-03"]
    assert failed(table) >= {
        ("values_to_match_regex", "code"),
        ("values_to_not_be_null", "code"),
        ("values_to_be_in_set", "town"),
        ("pair_values_to_be_in_set", ""),
        ("values_to_be_between", "pieces"),
        ("values_to_match_regex", "length"),
        ("values_to_match_regex", "weight"),
        ("values_to_match_strftime_format", "ordered"),
    }
