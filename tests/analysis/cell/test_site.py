"""Numbers that one site has in another unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.site import other_units


def table(rng: np.random.Generator) -> pd.DataFrame:
    site = np.array([f"S{k}" for k in rng.integers(0, 8, 400)])
    return pd.DataFrame(
        {"site": site, "temp": rng.normal(21, 2.5, 400).round(1), "mm": rng.normal(800, 90, 400).round()}
    )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("mm", lambda x: x / 10), ("mm", lambda x: x / 25.4), ("temp", lambda x: x * 1.8 + 32)],
)
def test_all_rows_of_the_site_are_named_with_what_they_are_in_the_unit_of_the_others(name, wrong):
    right = table(np.random.default_rng(3))
    own = right["site"] == "S4"
    frame = right.assign(**{name: np.where(own, wrong(right[name]).round(3), right[name])})
    (hint,) = other_units(columns_of(frame.astype(str)))
    assert frame.columns[hint.column] == name
    assert hint.rows.tolist() == np.flatnonzero(own).tolist()
    if name != "mm" or wrong(1.0) == 0.1:
        assert np.allclose(hint.repair.astype(float), right.loc[own, name], rtol=1e-3)


def test_sites_that_differ_by_nature_are_left_alone():
    rng = np.random.default_rng(4)
    right = table(rng)
    level = {f"S{k}": k * 130.0 for k in range(8)}
    right["mm"] += right["site"].map(level)
    right["warmer"] = right["temp"] + np.where(right["site"] == "S2", 4.0, 0.0)
    assert other_units(columns_of(right.astype(str))) == []
