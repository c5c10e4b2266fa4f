"""What is expected of a table holds of its sound cells, whatever the others are, and of rows that were kept apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.cell.expectation import expectations, number_reader

TOWNS = {"Ulm": "DE", "Bern": "CH", "Graz": "AT", "Lyon": "FR"}


def shop(n: int = 400, *, seed: int = 0) -> pd.DataFrame:
    """Orders of which every kind of expectation holds."""
    rng = np.random.default_rng(seed)
    town = rng.choice([*TOWNS], n)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, n), unit="D")
    sent = day + pd.to_timedelta(rng.integers(0, 40, n), unit="D")
    return pd.DataFrame(
        {
            "code": [f"K-{k:05d}" for k in rng.permutation(10 * n)[:n]],
            "town": town,
            "land": [TOWNS[t] for t in town],
            "pieces": rng.integers(1, 9, n).astype(str),
            "weight": rng.uniform(2.0, 30.0, n).round(3).astype(str),
            "length": [f"{x:.1f} cm" for x in rng.uniform(20, 90, n)],
            "ordered": day.strftime("%d.%m.%Y"),
            "sent": sent.strftime("%d.%m.%Y"),
            "note": np.where(rng.random(n) < 0.2, "", [f"note {w}" for w in rng.permutation(n)]),
        }
    )


def held(frame: pd.DataFrame, wrong: np.ndarray | None = None, **options: object):
    none = np.zeros(frame.shape, bool)
    made = expectations(frame, none if wrong is None else wrong, none, **options)
    return {column.name: column for column in made.columns}, made.pairs


def test_each_kind_of_expectation_is_seen():
    columns, pairs = held(shop())
    assert columns["code"].unique
    assert columns["code"].pattern == r"K\-\d{5}"
    assert columns["town"].values == tuple(sorted(TOWNS))
    assert columns["pieces"].whole
    assert (columns["pieces"].low, columns["pieces"].high) == (0, 10)
    weight = columns["weight"]
    assert weight.low == 0.0
    assert weight.high == pytest.approx(weight.seen[1] + 0.25 * np.ptp(weight.seen), abs=0.1)
    assert (columns["length"].units, columns["length"].type) == (("cm",), "number")
    assert columns["ordered"].written == "%d.%m.%Y"
    assert 0.2 < columns["note"].most_missing < 0.4
    assert not columns["note"].values
    assert {(pair.kind, pair.first, pair.second) for pair in pairs} == {
        ("tells", "town", "land"),
        ("tells", "land", "town"),
        ("ordered", "ordered", "sent"),
    }
    assert next(p for p in pairs if p.first == "town").known == dict(sorted(TOWNS.items()))


def test_cells_named_as_wrong_say_nothing():
    clean = shop()
    dirty, wrong = clean.copy(), np.zeros(clean.shape, bool)
    rows = np.arange(0, len(clean), 20)
    for name, value in {
        "code": "K-7",
        "town": "Ullm",
        "land": "XX",
        "pieces": "-4",
        "weight": "9e9",
        "length": "1 m",
        "ordered": "2024-02-30",
        "note": "",
    }.items():
        dirty.loc[rows, name] = value
        wrong[rows, clean.columns.get_loc(name)] = True
    expected = held(clean.where(~wrong, ""), wrong)
    assert held(dirty, wrong) == expected
    assert held(dirty)[0]["town"].values != expected[0]["town"].values


def test_what_some_sound_cells_break_is_softened_and_what_many_break_is_not_expected():
    frame = shop()
    frame.loc[3, "code"] = "zz"
    frame.loc[4, "land"] = "CH" if frame.loc[4, "land"] != "CH" else "DE"
    columns, pairs = held(frame)
    assert columns["code"].softened == (("pattern", 1),)
    assert all(pair.n_broken == 1 for pair in pairs if pair.kind == "tells")
    frame.loc[::10, "code"] = [f"{k}?" * (k % 5 + 1) for k in range(40)]
    assert not held(frame)[0]["code"].pattern


def test_a_set_of_values_is_open_where_rare_ones_come():
    rng = np.random.default_rng(1)
    names = [f"Town{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(200)]
    zipf = 1 / np.arange(1, 201)
    frame = pd.DataFrame({"town": rng.choice(names, 500, p=zipf / zipf.sum()), "x": [str(k % 7) for k in range(500)]})
    assert held(frame)[0]["town"].values == ()


def test_what_should_not_be_written_down_is_not():
    frame = pd.DataFrame({"mail": ["a@b.org", "c@d.org"] * 60, "name": ["Ann", "Cem"] * 60, "n": ["1", "2", "3"] * 40})
    columns, pairs = held(frame, private=lambda text: "@" in text)
    said = f"{columns} {pairs}"
    assert "b.org" not in said
    assert "Ann" in said


@pytest.mark.parametrize(
    ("value", "units", "comma", "number"),
    [
        ("12,5 kg", ["kg"], True, 12.5),
        ("1.200,5", [], True, 1200.5),
        ("$3", ["$"], False, 3.0),
        ("-4e3", [], False, -4e3),
    ],
)
def test_numbers_are_read_as_they_are_written(value, units, comma, number):
    assert number_reader(units, comma=comma)(value) == number
