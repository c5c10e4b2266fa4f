"""``dsaudit compare`` as its users meet it, on real runs of a small dataset."""

from __future__ import annotations

import json
import shutil

import pytest
from comparison.make_pair import world, write_run
from fabric import write_dataset
from store.make_schema import review_facts

from dsaudit.cli import run


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two audits of words, the second with a quarter of one class moved to where it belongs."""
    root = tmp_path_factory.mktemp("compare")
    before = write_dataset(root / "before", per_class=20, speakers=10)
    for k, path in enumerate(sorted((before / "low").glob("*.wav"))):
        if k % 4 == 0:
            shutil.move(path, before / "high" / f"low_{path.name}")
    options = ["--jobs", "1", "--select", "LBL001", "--no-report", "--fail-on", "never"]
    assert run(["audit", str(before), *options]) == 0
    after = shutil.copytree(before, root / "after", ignore=shutil.ignore_patterns("runs"))  # read already
    for path in (after / "high").glob("low_*.wav"):
        shutil.move(path, after / "low" / path.name)
    assert run(["audit", str(after), *options]) == 0
    return before, after


class TestCompare:
    def test_text_json_and_page(self, folders, tmp_path, capsys, monkeypatch):
        monkeypatch.chdir(tmp_path)
        before, after = map(str, folders)
        code = run(["compare", before, after, "--output", "c.html", "--jobs", "1"])
        text = capsys.readouterr().out
        assert code in (0, 3)
        assert "original labels" in text
        assert "corrected labels" in text
        assert "5 relabelled, 5 renamed" in text
        assert max(map(len, text.splitlines())) <= 100
        assert (tmp_path / "c.html").read_text().startswith("<!doctype html>")
        assert run(["compare", before, after, "--format", "json"]) == code
        out = capsys.readouterr().out
        document = json.loads(out)
        assert document["scores"]["original"]["n"] == 60
        assert document["changes"]["n_relabelled"] == 5
        assert run(["compare", before, after, "--format", "json"]) == code
        assert capsys.readouterr().out == out

    def test_the_dataset_stands_for_its_newest_run(self, folders, capsys):
        before = str(folders[0])
        assert run(["compare", before, before]) == 3
        assert "same run" in capsys.readouterr().out

    def test_an_audit_of_a_few_checks_is_passed_over(self, folders, tmp_path, capsys):
        before, after = map(str, folders)
        shutil.copytree(before, tmp_path / "again")
        again = str(tmp_path / "again")
        assert run(["audit", again, "--select", "FIL,DUP,SPL", "--no-report", "--fail-on", "never"]) == 0
        capsys.readouterr()
        assert run(["compare", again, after, "--jobs", "1"]) in (0, 3)
        assert "REFUSED" not in capsys.readouterr().out

    def test_a_dataset_alone_is_compared_with_its_run_before_decisions(self, tmp_path, capsys):
        items = world(800, wrong=0.25)
        write_run(tmp_path / "out", items, source_path="x")
        assert run(["compare", str(tmp_path / "out")]) == 2
        assert "no earlier run without decisions" in capsys.readouterr().err
        heard = items.assign(label=items["truth"], given_label=items["label"], decided_by="ann")
        write_run(tmp_path / "out", heard, source_path="x", review=review_facts(people={"ann": 800}))
        assert run(["compare", str(tmp_path / "out")]) == 0
        assert "decided by ann" in capsys.readouterr().out


class TestExitCodes:
    def test_improved_is_0_and_refused_is_3(self, tmp_path, capsys):
        items = world(800, wrong=0.25)
        first = write_run(tmp_path / "b", items)
        heard = items.assign(label=items["truth"], given_label=items["label"], decided_by="ann")
        second = write_run(tmp_path / "a", heard)
        pruned = write_run(tmp_path / "p", items[~items.index.isin(set(first.findings["subject"]))])
        assert run(["compare", str(first.path), str(second.path)]) == 0
        assert "IMPROVED" in capsys.readouterr().out
        assert run(["compare", str(first.path), str(pruned.path)]) == 3
        assert "REFUSED" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["compare", "nowhere", "nowhere"], "does not exist"),
            (["compare"], "Missing argument"),
            (["compare", "a", "b", "--format", "yaml"], "--format 'yaml' is not known"),
            (["compare", "a", "b", "--seeds", "0"], "--seeds"),
        ],
    )
    def test_bad_usage_is_2(self, arguments, words, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert run(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert words in captured.err
        assert "Traceback" not in captured.err

    def test_a_page_that_cannot_be_written(self, folders, tmp_path, capsys):
        assert run(["compare", *map(str, folders), "--output", str(tmp_path)]) == 2
        assert "is a folder" in capsys.readouterr().err
