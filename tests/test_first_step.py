"""An audit as a pipeline's first step: where it is, what is new, and nothing made that was not asked for."""

from __future__ import annotations

import json

import pytest
from fabric import write_dataset

import dsaudit
from dsaudit.cli import run as dsaudit_command
from dsaudit.types import Decision


@pytest.fixture
def said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "said.csv").write_text("text,label\nyes please,yes\nyes please,no\nno thanks,no\n")
    return tmp_path / "said.csv"


def document(capsys, *arguments):
    capsys.readouterr()
    assert dsaudit_command([*arguments, "--format", "json"]) in (0, 1, 3)
    return json.loads(capsys.readouterr().out)


def test_every_document_names_the_run_its_folder_and_its_report(said, capsys):
    first = document(capsys, "audit", "said.csv")["run"]
    assert first == {
        "id": first["id"],
        "folder": str(said.parent / ".dsaudit" / "runs" / first["id"]),
        "report": str(said.parent / ".dsaudit" / "runs" / first["id"] / "report.html"),
    }
    with dsaudit.open_ledger(said.parent) as ledger:
        assert ledger.count() == 0
    assert document(capsys, "apply", "said.csv", "--dry-run")["run"] == first
    second = document(capsys, "audit", "said.csv", "--no-report")["run"]
    assert second["report"] is None
    assert not list((said.parent / ".dsaudit" / "runs" / second["id"]).glob("*.html"))
    compared = document(capsys, "compare", first["folder"], second["folder"], "--output", "c.html")
    assert compared["runs"] == {"before": first, "after": second}
    assert (compared["run"], compared["page"]) == (second, str(said.parent / "c.html"))


def test_every_command_about_a_dataset_names_its_run(said, capsys):
    nothing = document(capsys, "browse", "said.csv")
    assert nothing == {"run": None, "page": str(said.parent / ".dsaudit" / "browse.html")}
    run = document(capsys, "audit", "said.csv")["run"]
    assert document(capsys, "browse", "said.csv")["run"] == run
    exported = document(capsys, "export", "said.csv", "--all")
    assert exported == {"run": run, "to": "csv", "n_items": 3, "file": str(said.parent / "queue.csv")}
    tasks = document(capsys, "export", "said.csv", "--all", "--to", "label-studio", "--output", "t.json")
    assert (tasks["run"], tasks["n_items"]) == (run, 3)
    assert tasks["interface"].endswith(".xml")
    assert document(capsys, "import", "queue.csv", "said.csv", "--actor", "ann")["run"] == run
    with dsaudit.open_ledger(said.parent) as ledger:
        (row,) = ledger.append([Decision("ann", "exclude", "0", "", old_label="yes")])
    for dry in (["--dry-run"], []):
        undone = document(capsys, "undo", "said.csv", *dry)
        assert (undone["run"], undone["actor"], undone["dry_run"]) == (run, "ann", bool(dry))
        assert [r["seq"] for r in undone["taken_back"]] == [row.seq]
    assert document(capsys, "undo", "said.csv")["taken_back"] == []


def test_training_takes_no_report_too(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{word} number {k},{word}\n" for k in range(12) for word in ("stop", "walk")]
    (tmp_path / "said.csv").write_text("".join(["text,label\n", *rows]))
    found = document(capsys, "train", "said.csv", "--no-report", "--jobs", "1", "--encoder", "tfidf")
    assert found["run"]["report"] is None


def test_without_a_report_the_terminal_names_the_run(said, capsys):
    assert dsaudit_command(["audit", "said.csv", "--no-report"]) == 1
    text = capsys.readouterr().out
    assert "report.html" not in text
    assert "Run      .dsaudit/runs/" in text


def test_what_was_found_before_is_known(said, capsys):
    assert document(capsys, "audit", "said.csv", "--select", "DUP003", "--no-report")["states"] == {"new": 1}
    assert document(capsys, "audit", "said.csv", "--select", "DUP003", "--no-report")["states"] == {"known": 1}
    assert document(capsys, "audit", "said.csv", "--select", "FIL", "--no-report")["states"] == {}
    said.write_text(said.read_text() + "oh well,no\noh well,yes\n")
    again = document(capsys, "audit", "said.csv", "--select", "DUP003", "--no-report")
    assert again["states"] == {"known": 1, "new": 1}, "a run that did not look for it makes nothing new"
    assert again["headlines"], "what is known is not settled"
    assert dsaudit.open_run(said).findings["state"].tolist().count("new") == 1


def test_a_folder_and_its_table_are_the_same_data(tmp_path, capsys):
    for k in range(4):
        (tmp_path / "clips").mkdir(exist_ok=True)
        (tmp_path / "clips" / f"{k}.wav").write_bytes(b"no sound" * (k + 1))
    head, rows = "path,label\n", [f"clips/{k}.wav,{'ab'[k % 2]}\n" for k in range(4)]
    (tmp_path / "labels.csv").write_text(head + "".join(rows))
    options = ("--select", "FIL001", "--no-report", "--encoder", "none")
    first = document(capsys, "audit", str(tmp_path), *options)["states"]
    assert list(first) == ["new"]
    assert document(capsys, "audit", str(tmp_path / "labels.csv"), *options)["states"] == {"known": first["new"]}
    assert document(capsys, "audit", str(tmp_path / "clips" / ".."), *options)["states"] == {"known": first["new"]}
    (tmp_path / "few.csv").write_text(head + rows[0])
    assert document(capsys, "audit", str(tmp_path / "few.csv"), *options)["states"] == {"new": 1}


def test_checks_that_need_no_model_train_and_encode_nothing(tmp_path, monkeypatch):
    (tmp_path / "never.py").write_text("def embed(items):\n    raise SystemExit('encoded')\n")
    monkeypatch.chdir(tmp_path)
    data = write_dataset(tmp_path / "data", per_class=6)
    run = dsaudit.audit(data, select=["FIL", "DUP", "SPL"], report=False, encoder="never:embed", jobs=1)
    skipped = {one.what: one.reason for one in run.meta.skipped}
    assert {"embedding", "baseline", "map and clusters"} <= skipped.keys()
    assert set(skipped.values()) == {"no check that was selected asks for it"}
    assert run.metrics.baseline is None
    assert len(run.embeddings) == len(run.projection) == 0
    assert run.rules
    assert not run.report_path.exists()
