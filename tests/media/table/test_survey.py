"""The survey of a table: numbers beyond all numbers, and tables too wide to hold every column against every other."""

from __future__ import annotations

import pandas as pd

from dsaudit.analysis.cell.dependency import WIDE
from dsaudit.media.table.media import MEDIA

N = 36


def surveyed(columns):
    rows = [{name: cells[k] for name, cells in columns.items()} for k in range(N)]
    return MEDIA.survey(rows, pd.DataFrame({"label": [None] * N}))


def test_a_number_beyond_all_numbers_silences_nothing():
    towns = ["Boston", "Denver", "Austin"] * (N // 3)
    towns[5] = "Bostn"
    told = surveyed({"town": towns, "paid": ["1e400", *(str(k * k % 31) for k in range(N - 1))]})
    assert told["misspelt"].dropna().index.tolist() == [5]


def test_what_is_not_looked_at_in_a_wide_table_is_said():
    few = {f"c{j}": [str((k * (j + 3)) % 7) for k in range(N)] for j in range(WIDE + 1)}
    (note,) = surveyed(few).attrs["notes"]
    assert note.startswith(f"of {WIDE + 1} columns only those at most 30 places apart")
    assert not surveyed({name: few[name] for name in list(few)[:9]}).attrs["notes"]
