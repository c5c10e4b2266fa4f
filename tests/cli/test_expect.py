"""dsaudit expect: what an audit left standing is written down, what it named as wrong is not."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from analysis.cell.test_expectation import shop

import dsaudit
from dsaudit.cli import run


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A run on a table in which two towns are misspelt and a weight stands for none, with a label."""
    folder = tmp_path_factory.mktemp("expect")
    table = shop(120).assign(kind=lambda t: t["land"].map(lambda land: "home" if land == "DE" else "abroad"))
    table.loc[[5, 50], "town"] = "Bernn"
    table.loc[::10, "weight"] = "-999"
    table.to_csv(folder / "shop.csv", index=False)
    rules = ["TAB001", "TAB002", "TAB003", "TAB004", "TAB005", "TAB006", "TAB007"]
    return dsaudit.audit(folder / "shop.csv", out=folder / "out", select=rules, label_column="kind", report=False)


def test_cells_that_an_audit_names_do_not_enter(audited, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["expect", str(audited.path)]) == 0
    said = capsys.readouterr().out
    text = (tmp_path / "expected.py").read_text(encoding="utf-8")
    assert "expectations by 120 rows  expected.py" in said
    assert "python expected.py NEW_TABLE" in said
    assert "['Bern', 'Graz', 'Lyon', 'Ulm']" in text
    assert "Bernn" not in text
    assert "-999" not in text
    assert "'kind': Column" in text


def test_a_suite_and_its_place_as_json(audited, tmp_path, capsys):
    file = tmp_path / "suite.json"
    command = ["expect", str(audited.path), "--to", "great-expectations", "-o", str(file), "--format", "json"]
    assert run(command) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(file)
    assert json.loads(file.read_text(encoding="utf-8"))["expectations"]
    assert run(command) == 2
    assert "exists" in capsys.readouterr().err


def test_a_wider_margin_widens_ranges(audited, tmp_path):
    for margin in (0.0, 1.0):
        dsaudit.expect(audited, output=tmp_path / f"{margin}.py", margin=margin)
    narrow, wide = ((tmp_path / f"{m}.py").read_text(encoding="utf-8") for m in (0.0, 1.0))
    assert "within(numbers(c), 1, 8)" in narrow
    assert "within(numbers(c), 0, 15)" in wide


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--to", "dbt"], "choose from: pandera, great-expectations"), (["--margin", "-1"], "is not 0 or more")],
)
def test_what_cannot_be_followed_is_said(audited, tmp_path, capsys, more, said):
    assert run(["expect", str(audited.path), "-o", str(tmp_path / "x.py"), *more]) == 2
    assert said in capsys.readouterr().err


def test_a_run_that_did_not_look_at_cells_and_another_kind_are_refused(tmp_path, capsys):
    frame = pd.DataFrame({"town": ["Bern", "Graz"] * 20, "n": range(40)})
    dsaudit.audit(frame, modality="table", out=tmp_path / "cells", select=["DUP"], report=False)
    said = pd.DataFrame({"text": ["yes please", "no thanks"], "label": ["yes", "no"]})
    dsaudit.audit(said, modality="text", out=tmp_path / "texts", select=["DUP"], report=False)
    assert run(["expect", str(tmp_path / "cells"), "-o", str(tmp_path / "x.py")]) == 2
    assert "did not look at every cell" in capsys.readouterr().err
    assert run(["expect", str(tmp_path / "texts"), "-o", str(tmp_path / "x.py")]) == 2
    assert "nothing is written of what holds of texts" in capsys.readouterr().err
