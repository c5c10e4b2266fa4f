"""The cards tell what is planted in a table: what is sound is drawn, what is wrong is counted, and what tells what."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import dsaudit
from dsaudit.media.table.overview import overview

NONE = pd.DataFrame(columns=["name", "subject", "item_ids", "evidence", "severity", "message"])


def rows_of(frame: pd.DataFrame) -> pd.DataFrame:
    """As a run keeps them."""
    texts = [json.dumps(row) for row in frame.to_dict("records")]
    return pd.DataFrame({"text": texts}, index=[f"r{k}" for k in range(len(frame))])


def orders() -> pd.DataFrame:
    """Towns that tell lands and codes, and sizes of which some stand for none."""
    towns = {"Ulm": ("DE", "U"), "Bern": ("CH", "B"), "Graz": ("AT", "G"), "Wien": ("AT", "W")}
    names = [*towns] * 30
    size = [str(10 + k % 17) if k % 12 else "-999" for k in range(120)]
    return pd.DataFrame(
        {"town": names, "code": [towns[n][1] for n in names], "land": [towns[n][0] for n in names], "size": size}
    )


def test_the_graph_joins_what_tells_both_ways_and_leaves_out_what_follows():
    frame = orders()
    frame.loc[5, "land"] = "XX"
    told = overview(rows_of(frame), NONE)
    assert told["tells"] == [
        {
            "names": ["town", "code"],
            "told": [{"names": ["land"], "n_rows": 120, "n_broken": 1, "key": "tells town → land"}],
        }
    ]
    assert told["items"]["tells town → land"] == ["Rows in which `land` is not what `town` tells", ["r5"]]


def test_what_an_audit_found_is_on_its_card_and_not_in_the_drawing(tmp_path):
    frame = orders().astype({"size": object})
    frame.loc[7, "town"] = "Bernn"
    run = dsaudit.audit(frame, modality="table", select=["TAB"], report=False, out=tmp_path)
    assert run.overview == overview(run.items, run.findings)
    cards = {card["name"]: card for card in run.overview["columns"]}
    assert [name for name, _ in cards["town"]["top"]] == ["Ulm", "Bern", "Graz", "Wien"]
    assert sum(n for _, n in cards["town"]["wrong"]) == 1
    assert run.overview["items"]["column town"][1] == [run.items.index[7]]
    assert cards["size"]["spread"]["range"] == ["10", "26"]
    assert sum(cards["size"]["spread"]["counts"]) == 110
    assert ["warning", "-999"] in [[severity, subject] for severity, _, subject in cards["size"]["said"]]
    assert next(iter(cards)) == "town"


@pytest.mark.parametrize(("n_columns", "n_rows"), [(0, 3), (1, 1), (600, 3)])
def test_any_table_has_an_overview_of_bounded_size(n_columns, n_rows):
    frame = pd.DataFrame({f"{'long' * 30} {k}": [f"{j} {'x' * 500}" for j in range(n_rows)] for k in range(n_columns)})
    told = overview(rows_of(frame), NONE)
    assert len(told["columns"]) + told["n_more"] == n_columns
    assert len(json.dumps(told)) < 400_000


def test_personal_data_are_covered_on_cards():
    frame = pd.DataFrame({"mail": ["ann@example.org", "bob@example.org"] * 20, "n": range(40)})
    assert "example.org" not in json.dumps(overview(rows_of(frame), NONE))
