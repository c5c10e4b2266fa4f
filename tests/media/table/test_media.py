"""Rows are measured beside each other; a broken one stops none; what columns hold is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from dsaudit import inspect
from dsaudit.dataset.record import record_uris
from dsaudit.errors import UsageError
from dsaudit.media import kind_for, media_for
from dsaudit.media.base import Reading, readings
from dsaudit.media.table import survey
from dsaudit.pipeline import open_source
from dsaudit.settings import load_settings

MEDIA = media_for("table")


def test_a_broken_row_stops_no_other():
    uris = record_uris({"age": [31, None], "town": ["Bern", "Graz"]})
    found = readings(MEDIA, [Path(uris[0]), Path("/no/row.csv"), Path(uris[1])])
    assert isinstance(found[1], Exception)
    told = [one.measured["n_missing"] for one in (found[0], found[2]) if isinstance(one, Reading)]
    assert told == [0, 1]


def test_a_row_is_shown_with_its_columns():
    (uri,) = record_uris({"zip": [8001.0], "town": [None], "a: b": ["x\ny: z"]}, {"zip": "category"})
    assert MEDIA.preview(Path(uri)).data.decode() == "zip: 8001\ntown:\na:\xa0b: x\n\ty: z"


def test_what_columns_hold_is_said_and_may_be_said_otherwise():
    whole = range(99)
    frame = pd.DataFrame({"age": [k % 50 for k in whole], "zip": [k % 9 for k in whole], "town": list("abc") * 33})
    found = inspect(frame, column_type={"zip": "category"})
    assert found.modality == "table"
    assert {column.name: column.why for column in found.columns} | {} == {
        "age": "number",
        "zip": "category, as told",
        "town": "category; could be the label (3 values): --label-column town",
    }
    assert any(note.startswith("columns are read as number: age; category: zip, town") for note in found.notes)
    with pytest.raises(UsageError, match="no type of column is called 'float'"):
        inspect(frame, column_type={"zip": "float"})


def test_of_a_large_table_rows_at_even_distances_are_judged_and_that_is_said(monkeypatch):
    rows = [{"town": "Bern" if k % 3 else "Graz", "size": k % 7} for k in range(90)]
    items = pd.DataFrame({"label": [None] * 90, "group": None}, index=[f"r{k:02d}" for k in range(90)])
    monkeypatch.setattr(survey, "LOOKED_AT", 60)
    told = survey.survey(rows, items)
    assert told.index.equals(items.index)
    assert told["misspelt_p"].notna().sum() == 30
    assert told.attrs["notes"] == ["cells of 30 of 90 rows are judged, at even distances"]


def test_of_more_rows_than_are_looked_at_unasked_a_sample_is_and_that_is_said(tmp_path):
    table = pd.DataFrame({"town": ["Bern", "Graz"] * 45, "size": range(90), "label": ["no", "yes", "yes"] * 30})
    settings = load_settings(tmp_path, flags={"modality": "table", "label_column": "label"})
    some = open_source(table, settings, kind_for("table"), most=30)
    assert some.sampled_from == 90
    assert some.items["label"].value_counts().to_dict() == {"yes": 20, "no": 10}
    assert some.notes[0] == "of 90 rows 30 are looked at, drawn evenly over the classes; --sample 90 looks at all"
    asked = replace(settings, sample=90)
    assert len(open_source(table, asked, kind_for("table"), most=30).items) == 90
