from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.cause.facts import Fact, facts_of

IDS = [f"i{k:03d}" for k in range(200)]


def by_fact(facts):
    return {fact: facts.rows(j).tolist() for j, fact in enumerate(facts.about)}


def test_flags_groups_splits_and_values_hold_for_their_items():
    table = pd.DataFrame({"rate_hz": [8000.0] * 20 + [16000.0] * 180, "status": "ok"}, index=IDS)
    found = by_fact(
        facts_of(
            IDS,
            flagged={("AUD001", "silent-clip"): [*IDS[3:9], "not here"]},
            groups=pd.Series(["ann"] * 10 + [None] * 190, index=IDS),
            splits=pd.Series(["test"] * 50 + ["train"] * 150, index=IDS),
            measurements=table,
        )
    )
    assert found[Fact("finding", "silent-clip", code="AUD001")] == list(range(3, 9))
    assert found[Fact("group", "group", value="ann")] == list(range(10))
    assert found[Fact("split", "split", value="test")] == list(range(50))
    assert found[Fact("value", "rate_hz", value="8000")] == list(range(20))
    assert Fact("value", "rate_hz", value="16000") not in found  # holds for nine in ten


def test_bands_are_quantiles_open_at_their_end():
    x = np.arange(200.0)
    x[150] = np.nan
    found = by_fact(facts_of(IDS, measurements=pd.DataFrame({"level_db": x}, index=IDS)))
    bands = {(f.value, f.low, f.high): rows for f, rows in found.items()}
    assert bands["low", None, 19.0] == list(range(20))
    assert sorted((f.value, f.low is None) for f in found) == [("high", False)] * 4 + [("low", True)] * 4
    assert all(150 not in rows for rows in bands.values())


def test_where_most_items_have_one_value_the_band_is_what_lies_beyond():
    x = np.zeros(200)
    x[:30] = np.linspace(0.1, 1, 30)
    found = by_fact(facts_of(IDS, measurements=pd.DataFrame({"clipped_share": x}, index=IDS)))
    assert list(range(30)) in found.values()
    assert all(len(rows) <= 30 for rows in found.values())


def test_the_same_items_are_one_fact_but_groups_stay():
    table = pd.DataFrame({"kind": ["x"] * 12 + ["y"] * 188}, index=IDS)
    found = facts_of(
        IDS,
        flagged={("AUD001", "silent-clip"): IDS[:12]},
        groups=pd.Series(["ann"] * 12 + ["bob"] * 188, index=IDS),
        measurements=table,
    )
    assert [f.kind for f in found.about] == ["finding", "group"]


def test_nothing_known_is_no_fact():
    assert facts_of(IDS).about == ()
    assert facts_of([], measurements=pd.DataFrame({"x": []})).about == ()
    blank = pd.DataFrame({"x": np.full(200, np.nan), "t": pd.Series(None, index=IDS, dtype=object)}, index=IDS)
    assert facts_of(IDS, measurements=blank).about == ()
