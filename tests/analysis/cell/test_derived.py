"""What follows from other columns is found, what only looks so is not, and the cells that break it are named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.candidate import candidates, suspicion
from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.derived import derived


def orders(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"pieces": rng.integers(1, 30, n), "each": rng.uniform(2, 90, n).round(2)})
    frame["net"] = (frame["pieces"] * frame["each"]).round(2)
    frame["post"] = rng.uniform(3, 40, n).round(2)
    frame["gift"] = rng.uniform(1, 9, n).round(2)
    frame["sum"] = (frame["net"] + frame["post"] + frame["gift"]).round(2)
    return frame.astype(str)


def test_products_and_sums_are_found_through_a_few_wrong_rows():
    frame = orders()
    frame.loc[[3, 40], "sum"] = ["17", "90210"]
    found = derived(columns_of(frame))
    assert [(one.column, one.of, one.how) for one in found] == [(2, (0, 1), "product"), (5, (2, 3, 4), "sum")]
    assert int((found[1].asked & ~found[1].holds).sum()) == 2


def test_columns_that_have_nothing_to_do_with_one_another_follow_from_none():
    rng = np.random.default_rng(2)
    small = pd.DataFrame(rng.integers(0, 4, (300, 6)).astype(str), columns=list("abcdef"))
    assert not derived(columns_of(small))


def test_a_number_that_breaks_a_sum_is_named_with_what_belongs_there():
    frame = orders()
    right = frame.loc[7, "net"]
    frame.loc[7, "net"] = f"{float(right) * 10:.2f}"
    first = candidates(suspicion(frame)).iloc[0]
    assert (first["row"], first["column"], float(first["repair"])) == (7, "net", float(right))


def test_a_length_in_another_unit_is_converted():
    frame = orders().assign(length=[f"{20 + k * 37 % 50}.5 cm" for k in range(120)])
    frame.loc[11, "length"] = "412 mm"
    found = candidates(suspicion(frame)).set_index(["row", "column"])
    assert found.loc[(11, "length"), "repair"] == "41.2 cm"


def test_names_of_rows_and_groups_are_no_cells():
    frame = orders().assign(customer=[f"c-{k % 40:03d}" for k in range(120)])
    frame.loc[5, "customer"] = "c-0l0"
    listed = candidates(suspicion(frame, identifiers={6}))
    assert not (listed["column"].eq("customer") & listed["kind"].isin(["spelling", "unlikely", "dependency"])).any()
