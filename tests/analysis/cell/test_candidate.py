"""Faults planted in clean tables are found, sound tables stay quiet, and the probabilities mean what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from benchmarks.planted_cells import customers, plant, sources

from dsaudit.analysis.cell.candidate import candidates, suspicion
from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.dependency import dependencies
from dsaudit.analysis.cell.lacking import placeholders
from dsaudit.analysis.cell.unlikely import _told
from dsaudit.analysis.label.cut import choose_cut


def cut_of(frame):
    found = candidates(suspicion(frame))
    return found.head(choose_cut(found["p_wrong"]).n)


@pytest.fixture(scope="module")
def planted():
    dirty, truth = plant(customers(np.random.default_rng(5), n=500), np.random.default_rng(1))
    return cut_of(dirty), {(row, column): (kind, right) for row, column, kind, right in truth}, dirty.size


def test_planted_faults_are_found_and_few_sound_cells_with_them(planted):
    found, truth, n_cells = planted
    named = set(zip(found["row"], found["column"], strict=True))
    assert len(named & truth.keys()) >= 0.85 * len(truth)
    assert len(named - truth.keys()) <= 0.01 * (n_cells - len(truth))


def test_repairs_are_what_stood_there_and_their_probability_holds(planted):
    found, truth, _ = planted
    found = found[found["repair"].notna()]
    found = found[[cell in truth for cell in zip(found["row"], found["column"], strict=True)]]
    right = [truth[row, column][1] == text for row, column, text in found[["row", "column", "repair"]].to_numpy()]
    assert np.mean(right) >= 0.85
    assert abs(found["p_repair"].mean() - np.mean(right)) < 0.2


def test_the_expected_number_is_near_the_true_one(planted):
    found, truth, _ = planted
    hit = sum(cell in truth for cell in zip(found["row"], found["column"], strict=True))
    assert found["p_wrong"].sum() == pytest.approx(hit, rel=0.2)


def test_sources_that_contradict_one_another_are_outvoted():
    frame, truth = sources(np.random.default_rng(3), things=30, n_sources=12)
    found = cut_of(frame)
    told = {(row, column, text) for row, column, text in found[["row", "column", "repair"]].to_numpy()}
    right = {(row, column, text) for row, column, _, text in truth}
    assert len(told & right) >= 0.97 * len(right)
    assert len(told - right) <= 0.03 * len(told)


def _column(values):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": values, "beside": rng.normal(50, 10, len(values)).round(1).astype(str)})


TOWNS = ["Boston", "Chicago", "Denver", "Seattle"] * 25
AGES = [str(a) for a in np.random.default_rng(1).integers(18, 90, 100)]
DAYS = [f"{2019 + k // 50}-{k % 12 + 1:02d}-{k % 28 + 1:02d}" for k in range(100)]
PRICES = [f"{p:.2f}" for p in np.random.default_rng(2).normal(80, 9, 100)]
ZIPS = [f"{z:05d}" for z in np.random.default_rng(3).integers(500, 99_999, 100)]


@pytest.mark.parametrize(
    ("values", "wrong", "repair"),
    [
        (TOWNS, "Bostn", "Boston"),
        (TOWNS, "boston ", "Boston"),
        (TOWNS, "N/A", ""),
        (AGES, "1O5", "105"),
        (AGES, "abc", None),
        (AGES, "41 years", "41"),
        (AGES, "-34", None),
        (PRICES, "81,50", "81.5"),
        (PRICES, "812.4", "81.24"),
        (DAYS, "31.12.2019", "2019-12-31"),
        (DAYS, "2019-17-05", "2019-05-17"),
        (DAYS, "soon", None),
        (ZIPS, "641", "00641"),
        (["SEPT2", "MARCH1", "TP53", "BRCA1"] * 25, "2-Sep", "SEPT2"),
        (["Zürich", "Köln", "Bern", "Ulm"] * 25, "ZÃ¼rich", "Zürich"),
        (["Acme Inc.", "Bolt Ltd", "Cord AG"] * 33, "ACME Incorporated", "Acme Inc."),
    ],
)
def test_one_wrong_cell_is_named_and_mended(values, wrong, repair):
    frame = _column([*values, wrong])
    found = cut_of(frame)
    assert (len(frame) - 1, "x") in set(zip(found["row"], found["column"], strict=True))
    if repair is not None:
        assert found.set_index("row").loc[len(frame) - 1, "repair"] == repair


@pytest.mark.parametrize("values", [TOWNS, AGES, DAYS, PRICES, ZIPS, ["A1", "A2", "B1", "B2"] * 25])
def test_a_sound_column_stays_quiet(values):
    assert len(cut_of(_column(values))) <= 2


def test_a_word_for_nothing_that_the_whole_table_uses_is_no_error():
    rng = np.random.default_rng(0)
    sparse = {c: np.where(rng.random(200) < 0.3, "empty", rng.choice(["a b", "c d"], 200)) for c in "xyz"}
    assert not len(cut_of(pd.DataFrame(sparse)))


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame({"a": ["x"]})])
def test_tables_with_hardly_a_cell(frame):
    assert not len(candidates(suspicion(frame)))


def test_dependencies_are_told_from_association():
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], 600)
    told = np.where(rng.random(600) < 0.9, np.where(sex == "f", "long", "short"), rng.choice(["long", "short"], 600))
    frame = pd.DataFrame({"sex": sex, "hair": told, "age": rng.integers(1, 40, 600).astype(str)})
    assert dependencies(columns_of(frame)) == []


@pytest.mark.parametrize(("name", "n", "least"), [("hospital", 500, 0.85), ("beers", 600, 0.9)])
@pytest.mark.real_data
def test_known_errors_of_real_tables(name, n, least, real_data):
    root = real_data("tabular_errors") / name
    dirty, errors = (
        pd.read_csv(root / f"{part}.csv", dtype=str, keep_default_na=False) for part in ("dirty", "errors")
    )
    found = cut_of(dirty.head(n))
    right = {
        (row, column): text
        for row, column, text in zip(errors["row"].astype(int), errors["column"], errors["clean"], strict=True)
        if row < n
    }
    hit = found[[cell in right for cell in zip(found["row"], found["column"], strict=True)]]
    f1 = 2 * len(hit) / (len(found) + len(right))
    assert f1 >= least
    mended = hit[hit["repair"].notna()]
    assert np.mean([right[r, c] == text for r, c, text in mended[["row", "column", "repair"]].to_numpy()]) >= 0.85


def test_a_slip_that_comes_again_is_the_word_it_looks_like():
    rng = np.random.default_rng(2)
    town = rng.choice(["Boston", "Graz", "Ulm"], 240)
    level = pd.Series(town).map({"Boston": 10.0, "Graz": 40.0, "Ulm": 70.0})
    frame = pd.DataFrame({"town": town, "size": (level + rng.normal(0, 3, 240)).round(1), "n": rng.integers(0, 9, 240)})
    frame.loc[np.flatnonzero(town == "Graz")[:3], "size"] = 40.0
    frame.loc[np.flatnonzero(town == "Graz")[:3], "town"] = "Bostn"
    found = candidates(suspicion(frame.astype(str)))
    own = found[found["value"].eq("Bostn")]
    assert own["repair"].tolist() == ["Boston"] * 3


def test_codes_in_far_places_are_no_stand_ins():
    zips = np.random.default_rng(3).choice([f"35{k:03d}" for k in range(300, 340)], 400)
    zips[:18] = "99508"
    (column,) = columns_of(pd.DataFrame({"place": zips}))
    assert placeholders(0, column) == []


def test_columns_of_wide_tables_are_told_from_those_that_hang_together_with_them_most():
    x = np.random.default_rng(4).normal(size=(80, 300)).astype(np.float32)
    x[:, 7] = 2 * x[:, 250]
    told = _told(x, list(range(300)), 300)
    assert len(told) < 300
    assert 250 in told[7]
    assert max(map(len, told.values())) < 100
