"""Rows entered twice with other words are told; rows that are alike by nature are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.near_copy import near_copies
from tests.benchmarks.planted_cells import customers, plant, sensors


def pairs(frame: pd.DataFrame) -> set[tuple[int, ...]]:
    return {tuple(pair) for pair in near_copies(columns_of(frame)).tolist()}


def test_copies_with_a_slip_of_the_hand_are_paired():
    dirty, _ = plant(customers(np.random.default_rng(11), n=500), np.random.default_rng(3), kinds=("copy",), share=0.04)
    found = pairs(dirty)
    assert len(found & set(dirty.attrs["copies"])) >= 17
    assert found <= set(dirty.attrs["copies"])


def test_readings_of_one_station_are_no_copies():
    assert len(pairs(sensors(np.random.default_rng(12), n=600))) <= 1


def test_rows_that_lead_through_all_values_are_no_copies():
    grid = pd.DataFrame([(str(a), str(b), str(c), "x" * (a + 1)) for a in range(9) for b in range(9) for c in range(9)])
    assert not pairs(grid)


def test_entries_of_one_firm_in_other_words_are_paired():
    rng = np.random.default_rng(4)
    places = ["Harbour Lane", "Mill Road", "Castle Street", "Station Square", "Quarry Hill"]
    names = [f"{a}{b} {c}" for a in ("Nor", "Vel", "Tam", "Oka", "Bru") for b in ("din", "rex", "mora") for c in
             ("Foods", "Tools", "Labs", "Print")]  # fmt: skip
    frame = pd.DataFrame(
        {
            "firm": [f"{name} Ltd" for name in names],
            "street": [f"{places[rng.integers(5)]} {rng.integers(1, 90)}" for _ in names],
            "phone": [f"0{rng.integers(10**8, 10**9)}" for _ in names],
            "staff": rng.integers(2, 400, len(names)).astype(str),
        }
    )
    again = frame.iloc[[4, 30, 51]].copy()
    again["firm"] = [f"The {name.removesuffix(' Ltd').upper()}, Limited" for name in again["firm"]]
    again["street"] = again["street"].str.replace("Street", "St.").str.replace("Road", "Rd.")
    assert pairs(pd.concat([frame, again], ignore_index=True)) == {(4, 60), (30, 61), (51, 62)}
