"""``dsaudit inspect`` as typed: what is printed, what is kept, and that what was kept reads the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dsaudit.cli import run
from dsaudit.dataset.inspection import Inspection
from dsaudit.store.schema.shape import read

TABLE = "Datei,word,take,client_id\n" + "".join(f"{i}.wav,{'yes' if i % 2 else 'no'},{i},s{i % 3}\n" for i in range(6))


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "labels.csv").write_text(TABLE)
    for i in range(6):
        (tmp_path / "set" / f"{i}.wav").touch()
    return "set/labels.csv"


OPTIONS = ("--path-column", "Datei", "--label-column", "word")


def test_the_text_says_what_was_used_guessed_and_passed_over(table, capsys):
    assert run(["inspect", table, *OPTIONS]) == 0
    said = capsys.readouterr().out
    for part in (
        "6 items of kind audio",
        "cells between commas",
        "2 classes: no 3, yes 3",
        "3 by column 'client_id'",
        "take: not used",
        "word: label, named with --label-column",
        "column 'client_id' is read as the group; --group-column NAME says otherwise",
        "dsaudit inspect set/labels.csv --write dsaudit.toml",
    ):
        assert part in " ".join(said.split())


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("x" * 6, "1 class: x 6, which holds everything"),
        ("abcdef", "6 classes: a 1, b 1, c 1, d 1, e 1, f 1, each of one"),
    ],
)
def test_one_class_or_one_each_stands_beside_the_count(table, capsys, labels, says):
    rows = [f"{i}.wav,{label},train" for i, label in enumerate(labels)]
    Path(table).write_text("\n".join(["path,label,split", *rows]))
    assert run(["inspect", table]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert says in said
    assert "1 split: train 6" in said


def test_one_stretch_of_a_file_by_columns_of_any_name(table, capsys):
    Path(table).write_text("path,von,bis_s\n0.wav,1,2\n")
    assert run(["inspect", table, "--segment-columns", "von,bis_s"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 item of kind audio" in said
    assert "Labels none; 1 item without one" in said
    assert "0.wav#1-2" in said


def test_names_that_look_alike_are_told_apart(table, capsys):
    rows = [f"{i}.wav,{name}" for i, name in enumerate(["Caf\u00e9", "Cafe\u0301"] * 3)]
    Path(table).write_text("\n".join(["path,label", *rows]))
    assert run(["inspect", table]) == 0
    assert "Cafe\\u0301 3, Caf\u00e9 3" in capsys.readouterr().out


def test_personal_data_is_covered_as_in_a_report(tmp_path, capsys):
    rows = [f'"ask ann.{i}@example.org, please",mail' if i % 2 else f'"is it\nopen? {i}",ask' for i in range(6)]
    (tmp_path / "texts.csv").write_text("\n".join(["text,label", *rows]))
    assert run(["inspect", str(tmp_path / "texts.csv"), "--modality", "text", "--json"]) == 0
    said = capsys.readouterr().out
    assert "@" not in said
    texts = [example["text"] for example in json.loads(said)["examples"]]
    assert {"ask [e-mail], please", "is it | open? 0"} <= set(texts)


def test_the_json_is_what_the_schema_says(table, capsys):
    assert run(["inspect", table, *OPTIONS, "--json"]) == 0
    found = read(Inspection, json.loads(capsys.readouterr().out))
    assert found.n_items == 6
    assert run(["schema", "inspect"]) == 0
    assert "n_without_group" in json.loads(capsys.readouterr().out)["$defs"]["Inspection"]["properties"]


def test_what_was_written_is_read_the_same_without_a_guess(table, capsys):
    assert run(["inspect", table, *OPTIONS, "--json", "--write", "set/dsaudit.toml"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert run(["inspect", table, "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["guesses"] == []
    assert [again[name] for name in ("classes", "examples", "n_groups")] == [
        first[name] for name in ("classes", "examples", "n_groups")
    ]


def test_a_settings_file_is_never_overwritten(table, tmp_path, capsys):
    (tmp_path / "dsaudit.toml").write_text("jobs = 1\n")
    assert run(["inspect", table, *OPTIONS, "--write", "dsaudit.toml"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "dsaudit.toml").read_text() == "jobs = 1\n"


def test_nothing_is_written_unasked(table, tmp_path):
    before = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*"))
    assert run(["inspect", table, *OPTIONS]) == 0
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("typed", [("--text-column", "a", "--text-column", "b"), ("--text-column", "a,b")])
def test_texts_of_several_columns_are_one_item(tmp_path, capsys, typed):
    (tmp_path / "m.csv").write_text("a,b,label\nit rains,it is wet,yes\nit rains,it is dry,no\n")
    assert run(["inspect", str(tmp_path / "m.csv"), *typed]) == 0
    assert "row-00001  it rains | it is wet  yes" in capsys.readouterr().out
