"""dsaudit ledger and dsaudit undo as their users meet them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from fabric_ledger import behind_its_back, decision, without_guards

from dsaudit.cli import run
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.ledger.log import cells


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A dataset's folder with a run and a ledger of ten rows."""
    folder = tmp_path / "data"
    (folder / "up").mkdir(parents=True)
    (folder / "list.csv").write_text("path,label\n")
    with Ledger.open(folder / ".dsaudit" / "ledger.sqlite") as opened:
        opened.append([decision("alice", "relabel", "up/1.wav", rule="LBL001", score=0.03, note="=cmd()")])
        opened.append([decision("alice", item=f"up/{k}.wav", rule="LBL002", request_id=f"g/{k}") for k in (2, 3)])
        opened.append([decision("bob", "exclude", "right/\x1b[31m.wav", old_label="right", rule="AUD003", score=0.5)])
        noted = opened.head()
        opened.append([decision("bob", "unsure", "日本語/" + 30 * "long" + ".wav", note=30 * "wordy ")])
        opened.undo("alice")
        opened.redo("alice")
        opened.undo("bob")
        where = opened.where
    (folder / ".dsaudit" / "runs" / "1").mkdir(parents=True)
    meta = {"schema_version": 1, "review": {"ledger": where, "head": noted}}
    (folder / ".dsaudit" / "runs" / "1" / "run.json").write_text(json.dumps(meta))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    return folder


def output(capsys, *arguments: str, code: int = 0) -> str:
    assert run(arguments) == code
    return capsys.readouterr().out


def seqs(capsys, *arguments: str) -> list[int]:
    rows = output(capsys, "ledger", "log", *arguments, "--format", "jsonl")
    return [json.loads(line)["seq"] for line in rows.splitlines()]


class TestLog:
    def test_table_is_readable_and_safe(self, data, capsys):
        text = output(capsys, "ledger", "log")
        lines = text.splitlines()
        assert lines[0] == f"Ledger {data}/.dsaudit/ledger.sqlite: 10 rows, 1 undone"
        assert max(map(cells, lines[1:])) <= 100
        assert "\x1b" not in text
        assert "right/\\x1b[31m.wav" in text
        assert "“=cmd()”" in text
        words = {int(line.split()[0]): line for line in lines[2:] if line.split()[0].isdigit()}
        assert "relabel up → off" in words[1]
        assert "LBL001 0.03" in words[1]
        assert "undone" in words[5]
        assert "undo of 3" in words[6]
        assert "undone" in words[6]
        assert "redo of 2" in words[8]
        assert "undone" not in words[8]

    @pytest.mark.parametrize("columns", ["60", "80", "100", "300"])
    def test_table_fits(self, data, capsys, monkeypatch, columns):
        with Ledger.open(".dsaudit/ledger.sqlite") as opened:
            opened.append([decision(40 * "語", "relabel", 90 * "x", new_label=90 * "y", rule=30 * "R", score=0.5)])
            opened.undo(40 * "語")
        monkeypatch.setenv("COLUMNS", columns)
        lines = output(capsys, "ledger", "log").splitlines()[1:]
        assert max(map(cells, lines)) <= 100
        monkeypatch.setenv("COLUMNS", columns)
        lines = output(capsys, "ledger", "log", "--item", "up/").splitlines()[1:]
        assert max(map(cells, lines)) <= max(int(columns), 80)

    def test_reverts_of_reverts_say_what_became_of_the_decision(self, data, capsys):
        output(capsys, "undo", "--seq", "8")
        output(capsys, "undo", "--seq", "11")
        assert [e.split()[4:7] for e in output(capsys, "ledger", "log", "--limit", "2").splitlines()[2:4]] == [
            ["undo", "of", "2"],
            ["redo", "of", "2"],
        ]

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ((), list(range(1, 11))),
            (("--actor", "bob"), [4, 5, 10]),
            (("--item", "up/?.wav", "--action", "confirm"), [2, 3]),
            (("--item", "UP/"), []),
            (("--item", "p/1"), [1]),
            (("--rule", "lbl"), [1, 2, 3, 6, 7, 8, 9]),
            (("--rule", "LBL001"), [1]),
            (("--label", "off"), [1]),
            (("--label", "right"), [4]),
            (("--since", "1h"), list(range(1, 11))),
            (("--since", "2999-01-01"), []),
            (("--since", "2020-01-01T08:00+02:00", "--limit", "2"), [9, 10]),
            (("--actor", "alice", "--action", "revert"), [6, 7, 8, 9]),
        ],
    )
    def test_filters(self, data, capsys, options, expected):
        assert seqs(capsys, *options) == expected

    def test_where_to_look(self, data, capsys, tmp_path, monkeypatch):
        for source in (".", "list.csv", ".dsaudit", ".dsaudit/runs/1", ".dsaudit/ledger.sqlite"):
            assert len(seqs(capsys, source)) == 10, source
        with Ledger.open(tmp_path / "other.sqlite") as other:
            other.append([decision()])
        assert seqs(capsys, "--ledger", str(tmp_path / "other.sqlite")) == [1]
        monkeypatch.setenv("DSAUDIT_LEDGER", str(tmp_path / "other.sqlite"))
        assert seqs(capsys) == [1]
        assert len(seqs(capsys, "--ledger", ".dsaudit/ledger.sqlite")) == 10
        assert len(seqs(capsys, ".dsaudit/ledger.sqlite")) == 10
        monkeypatch.delenv("DSAUDIT_LEDGER")
        (data / "dsaudit.toml").write_text(f"ledger = '{tmp_path}/other.sqlite'")
        assert len(seqs(capsys)) == 10, "whoever made the dataset does not say where decisions are"
        (data / "dsaudit.toml").rename(data.parent / "dsaudit.toml")
        assert seqs(capsys) == [1]

    def test_csv_has_no_formulas(self, data, capsys):
        rows = list(csv.DictReader(io.StringIO(output(capsys, "ledger", "log", "--format", "csv"))))
        assert rows[0]["note"] == "'=cmd()"
        assert list(rows[0])[:3] == ["seq", "at", "actor"]
        assert [r["undone_by"] for r in rows] == ["", "", "", "", "10", "9", "8", "", "", ""]

    def test_json(self, data, capsys):
        found = json.loads(output(capsys, "ledger", "log", "--format", "json", "--limit", "1"))
        assert (found["n"], len(found["rows"]), found["rows"][0]["reverts"]) == (10, 1, 5)

    def test_last_fifty(self, data, capsys):
        with Ledger.open(".dsaudit/ledger.sqlite") as opened:
            opened.append([decision(item=str(k)) for k in range(60)])
        text = output(capsys, "ledger", "log")
        assert "the last 50 of 70; all of them with --limit 0" in text
        assert len(output(capsys, "ledger", "log", "--limit", "0").splitlines()) == 2 + 70 + 2


class TestVerify:
    def test_whole_and_broken(self, data, capsys):
        text = output(capsys, "ledger", "verify")
        assert "whole: 10 rows" in text
        assert "contains what 1 audit saw" in text
        without_guards(".dsaudit/ledger.sqlite")
        behind_its_back(".dsaudit/ledger.sqlite", "UPDATE dsaudit_decisions SET actor = 'eve' WHERE seq = 3")
        assert "row 3: it was changed" in output(capsys, "ledger", "verify", code=1)
        found = json.loads(output(capsys, "ledger", "verify", "--format", "json", code=1))
        assert (found["ok"], found["broken_seq"]) == (False, 3)

    def test_a_tail_cut_off_behind_the_last_audit_shows_by_itself(self, data, capsys):
        without_guards(".dsaudit/ledger.sqlite")
        behind_its_back(".dsaudit/ledger.sqlite", "DELETE FROM dsaudit_decisions WHERE seq > 4")
        assert "whole: 4 rows" in output(capsys, "ledger", "verify")
        behind_its_back(".dsaudit/ledger.sqlite", "DELETE FROM dsaudit_decisions WHERE seq > 3")
        assert "cut off" in output(capsys, "ledger", "verify", code=1)

    def test_head(self, data, capsys):
        head = output(capsys, "ledger", "verify").partition("head ")[2][:32]
        output(capsys, "ledger", "verify", "--head", head)
        output(capsys, "ledger", "verify", "--head", head, "--head", "0" * 32, code=1)


class TestExportImport:
    def test_there_and_back(self, data, capsys):
        assert "10 rows of" in output(capsys, "ledger", "export", "-o", "rows.jsonl")
        assert output(capsys, "ledger", "export") == (data / "rows.jsonl").read_text(encoding="utf-8")
        copy = ("ledger", "import", "rows.jsonl", "--ledger", "copy.sqlite")
        assert f"10 of 10 rows added to {data}/copy.sqlite\n" == output(capsys, *copy)
        assert "0 of 10 rows added" in output(capsys, *copy)
        assert output(capsys, "ledger", "export", "copy.sqlite") == output(capsys, "ledger", "export")

    def test_export_does_not_write_over_the_ledger(self, data, capsys):
        assert run(["ledger", "export", "-o", ".dsaudit/ledger.sqlite"]) == 2
        assert "is a database" in capsys.readouterr().err
        assert "whole: 10 rows" in output(capsys, "ledger", "verify")


class TestUndo:
    def test_says_what_it_does(self, data, capsys):
        undone = "rows 2–3: 2 at once, 2 × confirm up, by alice"
        assert output(capsys, "undo", "--actor", "alice", "--dry-run") == f"would take back {undone}\n"
        assert len(seqs(capsys)) == 10
        hint = "the same command with --redo brings it back"
        assert output(capsys, "undo", "--actor", "alice").splitlines() == [f"took back {undone}", hint]
        assert len(seqs(capsys)) == 12
        assert output(capsys, "undo", "--actor", "alice", "--redo", "--dry-run") == f"would bring back {undone}\n"
        assert output(capsys, "undo", "--actor", "alice", "--redo") == f"brought back {undone}\n"
        assert output(capsys, "undo", "--actor", "alice", "--redo") == "nothing to redo for alice\n"
        assert len(seqs(capsys)) == 14
        assert undone in output(capsys, "undo", "--actor", "alice")
        assert "row 1" in output(capsys, "undo", "--actor", "alice", "--last", "5", "--dry-run")
        assert "row 1" in output(capsys, "undo", "--actor", "alice", "--last", "5")
        assert output(capsys, "undo", "--actor", "alice") == "nothing to undo for alice\n"

    def test_by_row(self, data, capsys):
        assert "row 4: exclude right by bob, right/\\x1b[31m.wav" in output(capsys, "undo", "--seq", "4")
        assert output(capsys, "undo", "--seq", "4") == "row 4 is taken back already\n"
        assert "undo of 4" in output(capsys, "undo", "--seq", "11", "--actor", "eve")
        assert "row 4: exclude" in output(capsys, "undo", "--seq", "4", "--actor", "eve")

    def test_the_only_person_need_not_be_named(self, data, capsys):
        with Ledger.open("one.sqlite") as one:
            one.append([decision()])
        assert "row 1" in output(capsys, "undo", "one.sqlite")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["undo"], "--actor alice or bob"),
        (["undo", "--seq", "99"], "has no row 99"),
        (["undo", "--seq", "99", "--dry-run"], "has no row 99"),
        (["undo", "--seq", "1", "--last", "1"], "cannot be used together"),
        (["undo", "--seq", "1", "--redo"], "--redo and --seq cannot be used together"),
        (["undo", "--last", "0"], "greater than or equal to 1"),
        (["undo", "up"], "there is no ledger at"),
        (["ledger"], "Missing command"),
        (["ledger", "log", "nowhere"], "nowhere does not exist"),
        (["ledger", "log", "--ledger", "list.csv"], "list.csv is not a ledger"),
        (["ledger", "log", "--action", "praise"], "choose from: confirm"),
        (["ledger", "log", "--since", "yesterday"], "is no point in time"),
        (["ledger", "log", "--format", "yaml"], "--format 'yaml' is not known"),
        (["ledger", "verify", "--ledger", "postgresql://a:geheim@127.0.0.1:1/x"], "postgresql://a@127.0.0.1:1/x"),
        (["ledger", "import", "list.csv"], "line 1: not JSON"),
        (["ledger", "import", "missing"], "No such file"),
    ],
)
def test_what_is_wrong_is_one_clear_line(data, capsys, arguments, words):
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert "geheim" not in said.err
    assert len(said.err.splitlines()) <= 2
    assert "Traceback" not in said.err
