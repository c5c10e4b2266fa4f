"""Where most cells of a column are wrong, what holds is told from their repairs."""

from __future__ import annotations

import json

import pandas as pd

from dsaudit.media.table.expectation import held


def test_a_column_of_wrong_cells_is_expected_to_be_as_repaired():
    rows = [{"size": f"{k % 30}.0 oz", "town": "Bern" if k % 20 else "Bernn"} for k in range(120)]
    items = pd.DataFrame({"text": [json.dumps(row) for row in rows]}, index=[f"r{k}" for k in range(120)])
    cells = [[["size", row["size"], str(k % 30), 0.9, 0.9, "number form"]] for k, row in enumerate(rows)]
    for k in range(0, 120, 20):
        cells[k].append(["town", "Bernn", "Bern", 0.9, 0.9, "spelling"])
    told = [json.dumps({"words": json.dumps(own)}) for own in cells]
    found = pd.DataFrame({"name": "odd-form", "subject": "", "item_ids": [[i] for i in items.index], "evidence": told})
    made, aside = held(items, found, margin=0.0)
    size, town = made.columns
    assert (size.type, size.units, size.low, size.high) == ("number", (), 0.0, 29.0)
    assert (town.values, aside) == (("Bern",), 126)
