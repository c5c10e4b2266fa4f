"""Rows are measured beside each other; a broken one stops none; what columns hold is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dsaudit import inspect
from dsaudit.dataset.record import record_uris
from dsaudit.errors import UsageError
from dsaudit.media import media_for
from dsaudit.media.base import Reading, readings

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
