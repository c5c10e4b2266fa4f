from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import ConfigError, UsageError
from dsaudit.policy.gallery import (
    FILE,
    address,
    gallery_verdict,
    kept_copy,
    must_of,
    read_gallery,
    write_gallery,
)
from dsaudit.types import Remembered

A, B = "a" * 32, "b" * 32


@pytest.mark.parametrize(("text", "kept"), [("is:stop", "is: stop"), ("  not :  a b: c ", "not: a b: c")])
def test_what_a_model_must_say_is_kept_in_one_form(text, kept):
    assert must_of(text) == kept
    assert must_of(kept) == kept


@pytest.mark.parametrize("text", ["", "stop", "is:", "isnot: stop", "not"])
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError):
        must_of(text)


def test_each_model_is_held_against_the_one_before_it():
    said = {"one": {A: "go"}, "two": {A: "stop"}, "three": {}, "four": {A: "go"}}
    found = gallery_verdict([Remembered(A, "is: stop", was="go")], said)
    assert found.items[0].states == ("still wrong", "fixed", "not judged", "broken")
    assert (found.outcome, found.exit_code) == ("fail", 1)
    assert gallery_verdict([Remembered(A, "not: go")], {"one": {A: "go"}}).items[0].states == ("wrong",)


@pytest.mark.parametrize(
    ("said", "outcome"), [({A: "stop", B: "x"}, "pass"), ({A: "stop"}, "inconclusive"), ({A: "go"}, "fail")]
)
def test_nothing_passes_that_was_not_asked(said, outcome):
    items = [Remembered(A, "is: stop"), Remembered(B, "not: stop")]
    assert gallery_verdict(items, {"m": said}).outcome == outcome
    assert gallery_verdict([], {"m": said}).outcome == "inconclusive"


def test_both_sides_of_a_merge_count_and_a_merge_left_half_done_is_said(tmp_path):
    write_gallery(tmp_path, [Remembered(B, "not: go", subject="b"), Remembered(A, "is: stop", "why", subject="a")])
    assert [one.subject for one in read_gallery(tmp_path)] == ["a", "b"]
    assert "union" in (tmp_path / ".gitattributes").read_text()
    path = tmp_path / FILE
    path.write_text(path.read_text() * 2)
    assert len(read_gallery(tmp_path)) == 2
    for line in ("<<<<<<< HEAD", '{"content_hash": "12", "must": "is: a"}', f'{{"content_hash": "{A}", "must": "a"}}'):
        path.write_text(line)
        with pytest.raises(ConfigError):
            read_gallery(tmp_path)


def test_a_copy_keeps_the_part_of_a_file_that_is_meant_and_no_file_elsewhere_is_opened(tmp_path):
    (tmp_path / "talk.WAV").write_bytes(b"sound")
    kept = kept_copy(tmp_path / "g", f"{tmp_path}/talk.WAV#t=1,2", A)
    assert kept == {"file": f"items/{A}.wav#t=1,2"}
    assert address(tmp_path / "g", Remembered(A, "is: a", **kept)) == f"{tmp_path}/g/items/{A}.wav#t=1,2"
    with pytest.raises(UsageError, match="outside"):
        address(tmp_path / "g", Remembered(A, "is: a", file="items/../../talk.WAV"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("said")
    words = ["pay", "card"] * 12
    said = pd.DataFrame({"text": [f"{word} {i}" for i, word in enumerate(words)], "label": words})
    said.insert(0, "id", [f"r{k}" for k in range(len(said))])
    said.loc[len(said)] = ["last", "my card 5 card", "pay"]  # learned from, and predicted as card by those that did not
    said.to_csv(place / "said.csv", index=False)
    dsaudit.train(place / "said.csv", modality="text", encoder="tfidf", out=place / "results")
    return place


def test_from_a_users_report_to_a_verdict(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = str(trained / "results")
    (tmp_path / "reports.csv").write_text("item,must,reason\nlast,not: card,\nr1,is: card,it is\n")
    assert command(["gallery", "add", "--reports", "reports.csv", "--run", run]) == 0
    assert command(["gallery", "add", "r3", "--run", run, "--must", "is: card", "--only-hash"]) == 0
    kept = {one.subject: one for one in read_gallery(tmp_path / "gallery")}
    assert kept["last"].text == "my card 5 card"
    assert (kept["r3"].text, kept["r3"].file) == ("", "")
    capsys.readouterr()
    assert command(["gallery", "check", run, "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"still wrong": 1, "right": 2}
    assert told["items"][0]["item"]["subject"] == "last"
    assert command(["gallery", "check", run]) == 1
    assert "last  must not be card, says card → card" in capsys.readouterr().out


def test_a_file_is_remembered_and_another_models_word_is_taken(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert command(["gallery", "add", "a.wav", "--must", "not: stop"]) == 0
    name = read_gallery(tmp_path / "gallery")[0].file
    pd.DataFrame({"item_id": [name], "predicted": ["go"], "stop": [0.4], "go": [0.6]}).to_csv("p.csv", index=False)
    pd.DataFrame({"item_id": ["a.wav"], "probability": [0.9], "stop": [0.9], "go": [0.1]}).to_csv("q.csv", index=False)
    capsys.readouterr()
    assert command(["gallery", "check", "--pred-probs", "p.csv"]) == 0
    assert command(["gallery", "check", "--pred-probs", "p.csv", "--pred-probs", "q.csv"]) == 1
    assert "broken       a.wav  must not be stop, says go → stop" in capsys.readouterr().out


def test_what_is_kept_as_a_hash_is_asked_of_the_dataset_that_has_it(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new = tmp_path / "new"
    new.mkdir()
    pd.DataFrame({"text": ["card of mine", "pay me"]}).to_csv(new / "new.csv", index=False)
    run = dsaudit.audit(new / "new.csv", modality="text", report=False)
    dsaudit.gallery_add([run.items.index[0]], must="is: card", run=run, only_hash=True)
    assert dsaudit.gallery_check([trained / "results"]).outcome == "inconclusive"
    assert dsaudit.gallery_check([trained / "results"], source=new / "new.csv").counts == {"right": 1}


def test_bad_input_is_one_line(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = str(trained / "results")
    (tmp_path / "notes.xyz").write_text("a")
    (tmp_path / "r.csv").write_text("name\n1\n")
    shutil.copy(tmp_path / "notes.xyz", tmp_path / "p.csv")
    for args, told in (
        (["add", "--must", "is: a"], "no item is named"),
        (["add", "nothing", "--run", run, "--must", "is: card"], "has no text 'nothing'"),
        (["add", "r1", "--run", run, "--must", "card"], "'card' is nothing a model must say"),
        (["add", "no.wav", "--must", "is: a"], "no.wav: no such file"),
        (["add", "notes.xyz", "--must", "is: a"], "of no known kind"),
        (["add", "--reports", "r.csv"], "no rows of item and must"),
        (["check"], "no model is named"),
        (["check", "--pred-probs", "none.csv"], "none.csv does not exist"),
    ):
        assert command(["gallery", *args]) == 2, args
        assert told in capsys.readouterr().err, args
    assert command(["gallery", "check", run]) == 3
