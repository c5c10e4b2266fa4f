"""Rules on tables, on one table with a fault of every kind: each is named, and what is sound is not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from dsaudit import catalogue
from dsaudit.media import media_for

N = 240
IN_GRAMS = {f"row-{k:03d}" for k in range(3, N, 6)}
"""Rows of the one shop whose numbers are in another unit."""


@cache
def survey() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    towns = [("Bern", "CH"), ("Graz", "AT"), ("Lyon", "FR"), ("Turin", "IT")]
    place = rng.integers(0, 4, N)
    bad = rng.integers(0, 2, N)
    frame = pd.DataFrame(
        {
            "uuid": [f"{k:08x}" for k in rng.choice(2**31, N, replace=False)],
            "town": [towns[k][0] for k in place],
            "land": [towns[k][1] for k in place],
            "age": rng.integers(18, 90, N).astype(str),
            "price": rng.normal(80, 9, N).round(2).astype(str),
            "score": rng.integers(0, 100, N).astype(str),
            "plan": rng.choice(["basic", "plus"], N),
            "planet": ["Earth"] * N,
            "outcome": np.where(bad == 1, "X9", "A1"),
        }
    )
    frame["cents"] = (frame["price"].astype(float) * 100).round().astype(int).astype(str)
    frame["parcel"] = np.where(rng.random(N) < 0.3, "", rng.choice(["small", "large"], N))
    frame["depot"] = np.where(frame["parcel"] == "", "", rng.choice(["north", "south", "east"], N))
    frame["reminders"] = np.where((bad == 1) & (rng.random(N) < 0.6), rng.integers(1, 5, N), 0).astype(str)
    frame["shop"] = [f"S{k % 6}" for k in range(N)]
    frame["grams"] = np.where(frame["shop"] == "S3", rng.normal(70, 9, N) * 1000, rng.normal(70, 9, N)).round(0)
    frame["grams"] = frame["grams"].astype(str)
    frame["source"] = np.where(np.arange(N) >= 180, rng.choice(["web", "till"], N), rng.choice(["web", "fax"], N))
    frame["account_no"] = (70_000 + 3 * np.arange(N) + 100_000 * bad).astype(str)
    frame["phone"] = np.where((bad == 1) & (rng.random(N) < 0.7), "", rng.choice(["iOS", "Android"], N))
    frame.loc[5, "town"] = "Bren"
    frame.loc[9, "price"] = "81,25"
    frame.loc[20:28, "age"] = "-999"
    frame.loc[33, "land"] = "CH" if frame.loc[33, "land"] != "CH" else "AT"
    frame.loc[41, "score"] = "5400"
    frame.loc[50] = ["", *frame.loc[50].tolist()[:-1]]
    frame.loc[60] = ["Subtotal", *[""] * (frame.shape[1] - 2), "480"]
    rows = [{name: value or None for name, value in row.items()} for row in frame.to_dict("records")]
    ids = [f"row-{k:03d}" for k in range(N)]
    items = pd.DataFrame(
        {
            "label": np.where(bad == 1, "late", "paid"),
            "group": None,
            "split": np.where(np.arange(N) < 180, "train", "test"),
        },
        index=pd.Index(ids, name="item_id"),
    )
    return media_for("table").survey(rows, items.astype(object))


def flagged(name: str) -> pd.DataFrame:
    found = catalogue.find(name).run(survey())
    return found[found["flagged"].astype(bool)]


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("misspelt-value", 5),
        ("odd-form", 9),
        ("contradicted-value", 33),
        ("out-of-range", 41),
        ("misplaced-value", 50),
    ],
)
def test_a_wrong_cell_is_named(rule, row):
    """Under the rule of its kind, or where several see it under that of another."""
    found = flagged(rule)
    assert f"row-{row:03d}" in found.index or any(f"row-{row:03d}" in flagged(other).index for other in CELLS)
    assert len(set(found.index) - IN_GRAMS) <= 8


CELLS = ("misspelt-value", "odd-form", "out-of-range", "unexpected-value", "contradicted-value", "misplaced-value")


def test_the_numbers_of_one_shop_are_in_another_unit():
    found = flagged("odd-form")
    assert IN_GRAMS - set(found.index) <= {"row-009"}
    assert "1,000 times those of other values of shop" in found.loc["row-015", "odd_form"]


def test_a_total_is_no_row():
    assert list(flagged("stray-row").index) == ["row-060"]


def test_sound_rows_are_left_alone():
    named = set().union(*(flagged(rule).index for rule in CELLS))
    assert len(named - {f"row-{k:03d}" for k in (5, 9, 33, 41, 50)} - IN_GRAMS) <= 0.05 * N


@pytest.mark.parametrize(
    ("rule", "subjects"),
    [
        ("disguised-missing", {"age: -999"}),
        ("constant-column", {"planet"}),
        ("identifier-column", {"uuid", "account_no"}),
        ("telling-column", {"outcome", "account_no"}),
        ("missing-by-class", {"phone"}),
        ("missing-together", {"parcel"}),
        ("split-drift", {"source"}),
        ("known-afterwards", {"reminders"}),
        ("rows-in-order", set()),
    ],
)
def test_faulty_columns_are_named_and_no_other(rule, subjects):
    assert set(flagged(rule).index) == subjects


def test_a_placeholder_names_its_rows():
    assert flagged("disguised-missing").loc["age: -999", "item_ids"] == [f"row-{k:03d}" for k in range(20, 29)]
