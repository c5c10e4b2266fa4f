"""dsaudit export and dsaudit import, as they are typed."""

from __future__ import annotations

import csv
import json
import shutil
from xml.etree import ElementTree

import pytest

from dsaudit.cli import run
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.store.run import Run


@pytest.fixture(scope="module")
def audited(doubted_words, tmp_path_factory):
    root = tmp_path_factory.mktemp("exchange") / "words"
    shutil.copytree(doubted_words, root, ignore=shutil.ignore_patterns("runs"))
    assert run(["audit", str(root), "--jobs", "1", "--select", "AUD,LBL", "--no-report", "--fail-on", "never"]) == 0
    return root


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch, audited):
    monkeypatch.chdir(tmp_path)
    yield
    for path in (audited / ".dsaudit").glob("ledger.sqlite*"):
        path.unlink()


def test_a_spreadsheet_there_and_back(audited, tmp_path, capsys):
    assert run(["export", str(audited), "--all"]) == 0
    assert "dsaudit import queue.csv" in capsys.readouterr().out
    path = tmp_path / "queue.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 43
    rows[0]["label"] = "high"
    rows[1]["decision"] = "maybe"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert run(["import", "queue.csv", str(audited)]) == 2
    assert "--actor" in capsys.readouterr().err
    command = ["import", "queue.csv", str(audited), "--actor", "ana"]
    assert run([*command, "--dry-run"]) == 1
    assert "would be added: 1" in capsys.readouterr().out
    assert not (audited / ".dsaudit" / "ledger.sqlite").exists()
    assert run(command) == 1
    out = capsys.readouterr().out
    assert "added: 1 decisions (by ana 1)" in out
    assert "not decided: 41" in out
    assert "no decision 'maybe'" in out
    assert run([*command, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["n_known"] == 1
    with Ledger.open(audited / ".dsaudit" / "ledger.sqlite") as ledger:
        (row,) = ledger.rows()
    assert (row.item_id, row.new_label, row.actor) == (rows[0]["item_id"], "high", "ana")
    assert run(["export", str(audited), "--all"]) == 2
    assert "exists" in capsys.readouterr().err


def test_label_studio_there_and_back(audited, tmp_path, capsys):
    command = ["export", str(audited), "--to", "label-studio", "--all"]
    assert run(command) == 0
    out = capsys.readouterr().out
    assert "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT" in out
    assert (tmp_path / "tasks.xml").is_file()
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert len(tasks) == 43
    root = Run.open(audited).root.parent
    for task in tasks:
        assert (root / task["data"]["audio"].partition("?d=")[2]).is_file()
        assert {r["value"]["choices"][0] for p in task["predictions"] for r in p["result"]} <= {"low", "mid", "high"}
    chosen = {"from_name": "label", "to_name": "item", "type": "choices", "value": {"choices": ["mid"]}}
    tasks[5]["annotations"] = [
        {"id": 1, "completed_by": {"id": 1, "email": "ana@lab.org"}, "result": [chosen], "was_cancelled": False}
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    assert run(["import", "export.json", str(audited)]) == 0
    assert "added: 1 decisions (by ana@lab.org 1)" in capsys.readouterr().out
    assert run(["apply", str(audited), "--output", "n.csv"]) == 0
    assert "ana@lab.org" in (tmp_path / "n.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["export", "{data}", "--to", "excel"], "--to 'excel'"),
        (["export", "nowhere"], "no finished run"),
        (["import", "nowhere.csv", "{data}", "--actor", "x"], "nowhere.csv"),
        (["import", "nowhere.json", "{data}"], "nowhere.json"),
        (["import", "x.csv", "{data}", "--actor", "x", "--rename", "a"], "THERE=HERE"),
        (["export", "{data}", "--to", "label-studio", "--document-root", "/usr", "--all"], "outside of /usr"),
    ],
)
def test_what_cannot_be_followed_is_one_clear_line(audited, capsys, arguments, words):
    assert run([a.replace("{data}", str(audited)) for a in arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_labels_that_no_other_tool_can_hold_go_there_and_back(tmp_path, capsys):
    """Control characters are no XML and no cell of a spreadsheet: they are written out, and come back as they were."""
    labels = [
        f"a{c}b" for c in [*map(chr, (1, 8, 9, 10, 11, 12, 13, 27, 31)), "\x7f", "\x85", "\u2028", "\ufffe", "&<"]
    ]
    rows = [{"text": f"{k} hello {n}", "label": label} for k in range(2) for n, label in enumerate(labels)]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(["audit", "m.jsonl", "--select", "DUP", "--no-report"]) == 0
    wanted = {i: labels[(k + 1) % len(labels)] for k, i in enumerate(Run.open("m.jsonl").items.index)}
    assert run(["export", "m.jsonl", "--all", "--to", "label-studio"]) == 0
    choices = ElementTree.parse("tasks.xml").getroot().find("Choices[@name='label']")
    there = dict(zip(Run.open("m.jsonl").meta.classes, (c.get("value") for c in choices), strict=True))
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    for task in tasks:
        value = {"choices": [there[wanted[task["data"]["item_id"]]]]}
        result = [{"from_name": "label", "to_name": "item", "type": "choices", "value": value}]
        task["annotations"] = [{"id": 1, "completed_by": {"email": "a@b"}, "result": result}]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    assert run(["import", "export.json", "m.jsonl"]) == 0
    assert run(["export", "m.jsonl", "--all", "--output", "q.csv"]) == 0
    with (tmp_path / "q.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    for row in table:
        row["label"], row["decision"] = there[wanted[row["item_id"]]], "relabel"
    with (tmp_path / "q.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    assert run(["import", "q.csv", "m.jsonl", "--actor", "bob"]) == 0
    capsys.readouterr()
    with Ledger.open(tmp_path / ".dsaudit" / "ledger.sqlite") as ledger:
        said = [(row.actor, row.item_id, row.new_label) for row in ledger.rows()]
    assert sorted(said) == sorted((actor, i, label) for actor in ("a@b", "bob") for i, label in wanted.items())
