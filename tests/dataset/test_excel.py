"""Sheets of Excel: cells keep their type, formulas are never worked out, and without openpyxl one line says so."""

from __future__ import annotations

import datetime
import importlib.util

import pytest

from dsaudit.dataset import open_dataset
from dsaudit.dataset.inline import inline_text
from dsaudit.dataset.record import record_of
from dsaudit.errors import DatasetError, MissingExtraError
from dsaudit.media import kind_for
from dsaudit.media.recognise import recognised_modality


def test_a_sheet_is_a_table(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="the extra excel is not installed")
    book = openpyxl.Workbook()
    book.create_sheet("notes")["A1"] = "made by hand"
    sheet = book.worksheets[0]
    for row in [
        ["age", "town", "born", "label"],
        [31, "Bern", datetime.date(1850, 1, 31), "x"],
        ["=1+1", None, None, "y"],
    ]:
        sheet.append(row)
    book.save(tmp_path / "m.xlsx")
    dataset = open_dataset(tmp_path / "m.xlsx", kind_for("table"))
    rows = [record_of(inline_text(uri)) for uri in dataset.items["uri"]]
    assert rows[0] == {"age": 31, "town": "Bern", "born": "1850-01-31"}
    assert rows[1]["age"] == "=1+1"
    assert dataset.classes == ("x", "y")
    assert recognised_modality(tmp_path / "m.xlsx") == "table"
    (tmp_path / "n.xlsx").write_bytes(b"PK")
    with pytest.raises(DatasetError, match="not a readable sheet"):
        open_dataset(tmp_path / "n.xlsx", kind_for("table"))


def test_without_openpyxl_one_line_says_what_to_do(tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr("dsaudit.dataset.excel.find_spec", lambda name: None if name == "openpyxl" else found(name))
    (tmp_path / "m.xlsx").write_bytes(b"PK")
    with pytest.raises(MissingExtraError, match="needs openpyxl") as caught:
        open_dataset(tmp_path / "m.xlsx", kind_for("table"))
    assert "dsaudit[excel]" in caught.value.hint
