"""Rows of tables as items: whatever a cell holds comes back, and a target that is a number is no label."""

from __future__ import annotations

import datetime
import decimal
import json

import numpy as np
import pandas as pd
import pytest

from dsaudit.dataset import open_dataset
from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.record import record_of, told_names
from dsaudit.errors import DatasetError, UsageError
from dsaudit.media import kind_for

KIND = kind_for("table")
RNG = np.random.default_rng(0)


def opened(source, **options):
    return open_dataset(source, KIND, **options)


def records(dataset):
    return [record_of(inline_text(uri)) for uri in dataset.items["uri"]]


CELLS = [
    (2**70, 2**70),
    (float("inf"), "inf"),
    (float("nan"), None),
    (datetime.date(1850, 1, 31), "1850-01-31"),
    (datetime.datetime(2021, 3, 1, 10, 30), "2021-03-01 10:30:00"),
    ({"a": [1, None]}, '{"a":[1,null]}'),
    (np.array([1, 2]), "[1,2]"),
    (True, True),
    (np.int8(3), 3),
    (decimal.Decimal("1.10"), "1.10"),
    ("=1+1", "=1+1"),
    ("caf\udce9", "caf\\xe9"),
    (" ", None),
    (pd.NaT, None),
]


@pytest.mark.parametrize(("cell", "kept"), CELLS, ids=range(len(CELLS)))
def test_a_cell_is_kept_as_it_is(cell, kept):
    frame = pd.DataFrame({"a": pd.Series([cell, "x"], dtype=object), "b": [1, 2]})
    assert records(opened(frame))[0] == {"a": kept, "b": 1}


def test_the_label_and_the_split_are_no_cells(tmp_path):
    frame = pd.DataFrame({"age": range(8), "target": ["x", "y"] * 4, "split": ["train", "test"] * 4, "id": range(8)})
    frame.to_csv(tmp_path / "m.csv", index=False)
    dataset = opened(tmp_path / "m.csv")
    assert dataset.classes == ("x", "y")
    assert dict(records(dataset)[3]) == {"age": "3", "id": "3"}
    assert dataset.items["split"].tolist() == ["train", "test"] * 4


def test_a_target_of_many_numbers_is_refused_and_stays_a_cell():
    frame = pd.DataFrame({"rooms": RNG.integers(1, 9, 99), "price": RNG.normal(9, 1, 99).round(3)})
    dataset = opened(frame, label_column="price")
    assert dataset.items["label"].isna().all()
    assert any("no label is checked; all other checks run" in note for note in dataset.notes)
    assert list(records(dataset)[0]) == ["rooms", "price"]
    assert opened(frame, label_column="rooms").classes == tuple("12345678")


def test_without_a_target_it_is_said_which_could_be_one():
    frame = pd.DataFrame({"rooms": RNG.normal(size=30), "grade": list("abc") * 10})
    assert any(note.startswith("no target") and "--target grade" in note for note in opened(frame).notes)
    named = opened(frame.rename(columns={"grade": "class"}), label_column="none")
    assert named.items["label"].isna().all()


@pytest.mark.parametrize("name", ["category", "source", "session", "rating", "species", "path", "text"])
def test_a_usual_name_of_a_part_is_a_cell_like_others(name):
    frame = pd.DataFrame({"age": range(8), name: ["x", "y"] * 4})
    assert list(records(opened(frame))[0]) == ["age", name]


def test_names_that_are_empty_or_come_again(tmp_path):
    (tmp_path / "m.csv").write_text("a,,a,b\n1,2,3,4\n5,6,7,8\n")
    assert records(opened(tmp_path / "m.csv"))[1] == {"a": "5", "column 2": "6", "a (2)": "7", "b": "8"}
    assert told_names(["a", "a", "a (2)"])[0] == ["a", "a (2)'", "a (2)"]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_says_the_same(tmp_path, suffix):
    path = tmp_path / f"m.{suffix}"
    frame = pd.DataFrame({"age": [31, 40], "town": ["Bern", None], "label": ["x", "y"]})
    match suffix:
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
        case "parquet":
            frame.to_parquet(path)
        case _:
            frame.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
    told = [{"age": str(row["age"]), "town": row["town"]} for row in records(opened(path))]
    assert told == [{"age": "31", "town": "Bern"}, {"age": "40", "town": None}]


def test_fields_within_objects_are_cells(tmp_path):
    (tmp_path / "m.jsonl").write_text('{"a": {"b": 1, "c": {"d": "x"}}, "e": [1]}\n{"a": {"b": 2}, "e": [2]}\n')
    assert records(opened(tmp_path / "m.jsonl"))[0] == {"e": "[1]", "a.b": 1, "a.c.d": "x"}


def test_types_that_the_user_says_travel_with_the_row():
    frame = pd.DataFrame({"zip": [1, 2], "age": [3, 4]})
    assert list(records(opened(frame, column_types={"zip": "category"}))[0]) == ["zip\x1fcategory", "age"]
    with pytest.raises(DatasetError, match="no column 'zap'"):
        opened(frame, column_types={"zap": "category"})
    with pytest.raises(UsageError, match="--column-type is not for audio"):
        open_dataset(frame, kind_for("audio"), column_types={"zip": "category"})


def test_ragged_rows_are_left_out_and_named(tmp_path):
    lines = [f"{k},x{k},{k}" for k in range(40)]
    lines[7] += ",1"
    lines[9] = "9"
    (tmp_path / "m.csv").write_text("a,b,c\n" + "\n".join(lines) + "\n")
    dataset = opened(tmp_path / "m.csv")
    assert len(dataset.items) == 38
    assert "left out, because they have more cells than 3: 1 line (9) of m.csv" in dataset.notes
    assert "left out, because they have fewer cells than 3: 1 line (11) of m.csv" in dataset.notes
