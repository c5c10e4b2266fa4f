"""Types of columns are told by what most cells are, whatever the others hold."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import UsageError
from dsaudit.media.table.column import days, infer_columns, numbers

RNG = np.random.default_rng(0)
TOLD = [
    ("number", [f"{x:.2f}" for x in RNG.normal(size=40)]),
    ("number", [f"{x:.2f}".replace(".", ",") for x in RNG.normal(size=40)]),
    ("number", [*map(str, RNG.integers(0, 100, 40)), "?", "N/A", "x"]),
    ("number", ["12 oz", "12.0 oz.", "16 ounce", "8.4 oz"] * 10),
    ("number", ["$1,200.50", "$3.00", "$17,000"] * 10),
    ("number", list(range(5)) * 8),
    ("number", [*RNG.normal(size=30), np.inf, None]),
    ("identifier", [str(k) for k in range(1, 60)]),
    ("identifier", [f"{k:05d}" for k in RNG.permutation(60)]),
    ("identifier", [f"Shop {k}" for k in range(40)]),
    ("identifier", [f"{k:08x}" for k in RNG.integers(2**28, 2**32, 60)]),
    ("category", ["0", "1", "1", "0"] * 10),
    ("category", ["01234", "04431", "09110"] * 10),
    ("category", ["Bern", "Graz", "Bern", "N/A"] * 10),
    ("category", [True, False] * 20),
    ("date", ["2021-03-01", "2021-04-11", "1850-01-31"] * 9),
    ("date", ["31.12.1999", "1.2.2003", "5.6.07"] * 9),
    ("date", ["12/31/1999", "1/2/2003"] * 9),
    ("date", ["1 Mar 2021", "May 4, 2020", "2021-03-01 10:30:00"] * 9),
    ("date", [datetime.date(1850, 1, 31), datetime.date(2021, 3, 1), None]),
    ("text", [f"the {k} th note says something of its own" for k in range(30)]),
    ("text", [f"{k} Main Street {'abcdefghijklmnopqrstuvwxyz'[k % 26]}{k}x" for k in range(100, 160)]),
    ("constant", ["CH"] * 9),
    ("constant", [None] * 9),
]


@pytest.mark.parametrize(("kind", "cells"), TOLD, ids=range(len(TOLD)))
def test_a_column_is_what_most_of_its_cells_are(kind, cells):
    assert infer_columns(pd.DataFrame({"a": pd.Series(cells, dtype=object)}))[0].type == kind


def test_names_help_where_figures_are_no_amounts():
    cells = [str(k) for k in RNG.integers(10_000, 99_999, 200)]
    made = infer_columns(pd.DataFrame({"salary": cells, "ZipCode": cells, "brewery_id": [c[:2] for c in cells]}))
    assert [column.type for column in made] == ["number", "identifier", "category"]


def test_the_user_says_otherwise():
    table = pd.DataFrame({"a": ["1", "2", "3"] * 9})
    assert [(c.type, c.told) for c in infer_columns(table, {"a": "category"})] == [("category", True)]
    with pytest.raises(UsageError, match="no type of column is called 'float'"):
        infer_columns(table, {"a": "float"})
    with pytest.raises(UsageError, match="no column 'b'"):
        infer_columns(table, {"b": "text"})


def test_numbers_are_read_as_people_write_them():
    cells = pd.Series(["1,200.5", "1.200,5", "-3", "\u22123", "12 oz", "5 %", ".5", "1e3", "inf", "x", None, 2**70])
    assert numbers(cells).tolist()[:9] == [1200.5, 1200.5, -3, -3, 12, 5, 0.5, 1000, np.inf]
    assert np.isnan(numbers(cells)[9:11]).all()
    assert numbers(cells)[11] == float(2**70)
    assert numbers(pd.Series(["1,5", "0,250", "1.234"]), decimal_comma=True).tolist() == [1.5, 0.25, 1234.0]


def test_days_are_right_in_every_year():
    cells = pd.Series(
        ["1850-01-31", "31/01/1850", "Jan 31, 1850", datetime.date(1850, 1, 31), "0001-01-01", "2021-02-30"]
    )
    told = (datetime.date(1850, 1, 31) - datetime.date(1970, 1, 1)).days
    assert days(cells).tolist()[:4] == [told] * 4
    assert days(cells)[4] == (datetime.date(1, 1, 1) - datetime.date(1970, 1, 1)).days
    assert np.isnan(days(cells)[5])
    assert days(pd.Series(["1/2/2021"]), day_first=False)[0] == days(pd.Series(["2021-01-02"]))[0]
