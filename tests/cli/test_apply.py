"""dsaudit apply, as it is typed."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
import soundfile

from dsaudit.cli import run
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.store.run import Run
from dsaudit.types import Decision


@pytest.fixture(scope="module")
def audited(audited_words, tmp_path_factory):
    root = tmp_path_factory.mktemp("apply")
    shutil.copytree(audited_words[0], root / "words", ignore=shutil.ignore_patterns(".dsaudit"))
    shutil.copytree(audited_words[1], root / "words" / ".dsaudit")
    opened = Run.open(root / "words")
    items = opened.items
    said = []
    for k, item in enumerate(items.index[:9]):
        given = items["label"][item]
        action = ("confirm", "relabel", "exclude")[k % 3]
        new = {"confirm": given, "relabel": "mid"}.get(action)
        said.append(
            Decision(
                ("ana", "ben")[k % 2],
                action,
                item,
                items["content_hash"][item],
                given,
                new,
                rule="AUD003" * (k % 3 == 2),
            )
        )
    with Ledger.open(opened.results / "ledger.sqlite") as ledger:
        ledger.append(said)
    return root


@pytest.fixture
def words(audited, tmp_path, monkeypatch):
    shutil.copytree(audited, tmp_path / "home", dirs_exist_ok=True)
    # a run says where its data was: the copy is audited where it is
    folder = tmp_path / "home" / "words"
    shutil.rmtree(folder / ".dsaudit" / "runs")
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_dry_run_shows_the_diff_and_writes_nothing(words, capsys, tmp_path):

    def files():  # SQLite's own notes beside the ledger come and go with a reader
        return sorted(str(p) for p in tmp_path.rglob("*") if not p.name.startswith("ledger.sqlite-"))

    before = files()
    assert run(["apply", str(words), "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert files() == before
    assert "words: 42 items, 9 decided by 2 people" in out
    assert "labels corrected: 3" in out
    assert "  high -> mid       3  (by ana 1, ben 2)" in out or "  high -> mid       3  (by ben 2, ana 1)" in out
    assert "confirmed as they are: 3" in out
    assert "  AUD003       3  (by ana 2, ben 1)" in out
    assert "dry run: nothing was written" in out
    assert max(len(line) for line in out.splitlines() if "would be written" not in line) <= 100


def test_it_writes_beside_the_data_and_says_what_to_type_next(words, capsys):
    assert run(["apply", str(words)]) == 0
    out = capsys.readouterr().out
    target = words.parent / "words.corrected.csv"
    assert target.is_file()
    assert f"written  {target}" in out
    assert "next     dsaudit audit home/words.corrected.csv" in out
    assert "dsaudit compare" in out
    assert run(["apply", str(words)]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["apply", str(words), "--force"]) == 0


def test_json_is_one_document(words, capsys, tmp_path):
    assert run(["apply", str(words), "--output", str(tmp_path / "n.parquet"), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n_items"] == 42
    assert found["counts"]["excluded"] == 3
    assert {x["fate"] for x in found["items"]} <= {"confirmed", "relabelled", "excluded"}
    assert found["manifest"] == str(tmp_path / "n.parquet")


def test_a_tree_with_repairs_leaves_the_recordings_alone(words, capsys, tmp_path):
    def state():
        return {p: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in words.rglob("*.wav")}

    before = state()
    command = ["apply", str(words), "--tree", "fixed", "--loudest-ms", "500", "--gain-to=-20", "--jobs", "1"]
    assert run(command) == 0
    out = capsys.readouterr().out
    assert state() == before
    assert "repaired: 39 of 39 items" in out
    files = list((tmp_path / "fixed").rglob("*.wav"))
    assert len(files) == 39
    assert {soundfile.info(f).frames for f in files} == {8000}
    assert run(["audit", "fixed/manifest.csv", "--jobs", "1", "--select", "FIL", "--no-report"]) == 0


@pytest.mark.parametrize(
    ("more", "words_said"),
    [
        (["--link", "teleport"], "--link 'teleport'"),
        (["--format", "yaml"], "--format 'yaml'"),
        (["--output", "x.docx"], "does not say what to write"),
        (["--loudest-ms", "500"], "new folder tree only"),
        (["--tree", "t", "--gain-to", "5"], "not between -120 and 0"),
        (["--only", "AUD001"], "no repair is asked for"),
        (["--tree", "home/words/up"], "inside the data"),
        (["--ledger", "nowhere.sqlite"], "no decisions yet"),
    ],
)
def test_what_cannot_be_followed_is_one_clear_line(words, capsys, more, words_said):
    assert run(["apply", str(words), *more]) == 2
    error = capsys.readouterr().err
    assert words_said in error
    assert "Traceback" not in error
