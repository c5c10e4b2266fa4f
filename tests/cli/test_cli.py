"""The command line as its users meet it: exit codes, one clear line on what is wrong, clean stdout."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from fabric import word, write_wav

from dsaudit.cli import run


@pytest.fixture(scope="module")
def folder(audited_words):
    return audited_words[0]


@pytest.fixture(scope="module")
def out(audited_words, tmp_path_factory):
    return str(shutil.copytree(audited_words[1], tmp_path_factory.mktemp("cli") / "out"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class TestExitCodes:
    def test_clean_is_0_and_findings_are_1(self, folder, out, capsys):
        command = ["audit", str(folder), "--out", out, "--jobs", "1", "--no-report"]
        assert run([*command, "--fail-on", "never"]) == 0
        assert run([*command, "--select", "FIL"]) == 0
        assert run([*command, "--select", "BAL", "--set", "rare-class.min_items=40", "--fail-on", "warning"]) == 1
        assert run([*command, "--select", "BAL", "--set", "rare-class.min_items=40", "--fail-on", "error", "-v"]) == 0
        assert "rare-class" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["audit", "/no/such/place"], "does not exist"),
            (["audit"], "no dataset is named"),
            (["audit", "{folder}", "--nonsense"], "No such option"),
            (["audit", "{folder}", "--seed", "x"], "valid int"),
            (["audit", "{folder}", "--seed", "-1"], "whole number from 0 to"),
            (["audit", "{folder}", "--format", "yaml"], "--format 'yaml' is not known"),
            (["audit", "{folder}", "--fail-on", "all"], "error or warning"),
            (["audit", "{folder}", "--select", "quite-clip"], "no rule is called 'quite-clip'"),
            (["audit", "{folder}", "--set", "min_dbfs=3"], "is not RULE.OPTION=VALUE"),
            (["audit", "{folder}", "--set", "quiet-clip.min_dbfs=loud"], "expected float"),
            (["audit", "{folder}", "--group-pattern", "("], "pattern"),
            (["audit", "{folder}", "--label-column", "word"], "is a folder"),
            (["audit", "{folder}", "--device", "abacus"], "auto or cpu"),
            (["audit", "empty"], "empty"),
            (["audit", "texts"], "texts"),
            (["audit", "no_label.csv", "--label-column", "word"], "word"),
            (["audit", "{folder}", "--out", "in_the_way"], "cannot write results"),
            (["report", "."], "no finished run"),
            (["rule", "AUD"], "no rule is called"),
            (["sing"], "No such command"),
        ],
    )
    def test_bad_usage_is_2_and_one_clear_line(self, arguments, words, folder, tmp_path, capsys):
        (tmp_path / "empty").mkdir()
        (tmp_path / "texts" / "a").mkdir(parents=True)
        (tmp_path / "texts" / "a" / "x.txt").write_text("no sound")
        (tmp_path / "no_label.csv").write_text("path,speaker\na.wav,me\n")
        (tmp_path / "in_the_way").write_text("")
        assert run([a.format(folder=folder) for a in arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        lines = [line for line in captured.err.splitlines() if not line.startswith(("reading", "note"))]
        assert lines[0].startswith("dsaudit: ")
        assert words in lines[0]
        assert len(lines) <= 2
        assert "Traceback" not in captured.err

    def test_a_variable_that_is_no_setting_is_one_line_and_no_error(self, monkeypatch, capsys):
        monkeypatch.setenv("DSAUDIT_FAILON", "never")
        assert run(["--version"]) == 0
        said = capsys.readouterr().err
        assert said == "dsaudit: DSAUDIT_FAILON is ignored: there is no such setting; is it DSAUDIT_FAIL_ON?\n"

    def test_nothing_measured_is_3(self, tmp_path, capsys):
        (tmp_path / "d" / "a").mkdir(parents=True)
        (tmp_path / "d" / "a" / "x.wav").write_bytes(b"")
        assert run(["audit", "d", "--jobs", "1", "--fail-on", "never"]) == 3
        assert run(["train", "d", "--jobs", "1"]) == 3
        assert "no baseline was trained" in capsys.readouterr().err

    def test_an_internal_error_is_4_and_leaves_a_log(self, folder, monkeypatch, capsys):
        from pathlib import Path

        import dsaudit.pipeline

        def broken(*args, **kwargs):
            raise RuntimeError("a bug")

        monkeypatch.setattr(dsaudit.pipeline, "run_audit", broken)
        assert run(["audit", str(folder)]) == 4
        error = capsys.readouterr().err
        assert "internal error: RuntimeError: a bug" in error
        log = Path(error.split("report it with ")[1].strip())
        assert "Traceback" in log.read_text()
        log.unlink()

    @pytest.mark.skipif(os.name == "nt", reason="signals")
    def test_interrupted_is_130_and_leaves_no_half_run(self, tmp_path):
        for k in range(8):
            write_wav(tmp_path / "d" / "a" / f"{k}.wav", word(k))
        # whoever is started in the background of a shell hears no SIGINT, and neither would what he starts
        begun = (
            "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "import dsaudit.pipeline; dsaudit.pipeline._Task.report = lambda *_: time.sleep(60);"
            "from dsaudit.cli import main; main()"
        )
        audit = ["audit", "d", "--jobs", "2", "--select", "AUD"]
        victim = subprocess.Popen([sys.executable, "-c", begun, *audit], stderr=subprocess.PIPE, text=True)
        runs = tmp_path / "d" / ".dsaudit" / "runs"
        while not list(runs.glob(".*")) and victim.poll() is None:
            time.sleep(0.02)
        victim.send_signal(signal.SIGINT)
        _, error = victim.communicate(timeout=60)
        assert victim.returncode == 130
        assert "interrupted" in error
        assert "Traceback" not in error
        assert not [p for p in runs.glob("*") if not p.name.startswith(".")]


class TestOutput:
    def test_json_on_stdout_is_clean(self, folder, out, capsys):
        run(["audit", str(folder), "--out", out, "--jobs", "1", "--format", "json"])
        captured = capsys.readouterr()
        document = json.loads(captured.out)
        assert document["schema_version"] == 1
        assert "measuring" in captured.err

    def test_text_names_matrix_and_report(self, folder, out, capsys):
        run(["audit", str(folder), "--out", out, "--jobs", "1", "--verbose"])
        text = capsys.readouterr().out
        for expected in ("low", "mid", "high", "given", "report.html"):
            assert expected in text
        assert max(map(len, text.splitlines())) <= 200  # paths may be long, nothing else
        assert "\x1b" not in text

    def test_a_terminal_that_is_not_utf_8_gets_signs_that_it_has(self, audited_words, monkeypatch):
        for encoding in ("ascii", "cp1252", "iso8859-1"):
            shown = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
            monkeypatch.setattr("sys.stdout", shown)
            assert run(["report", str(audited_words[1]), "--format", "text"]) == 0
            shown.flush()
            assert "+ " in shown.buffer.getvalue().decode(encoding)

    def test_train_shows_the_baseline(self, folder, out, capsys):
        assert run(["train", str(folder), "--out", out, "--jobs", "1"]) == 0
        text = capsys.readouterr().out
        assert "given" in text
        assert "model" in text
        assert run(["train", str(folder), "--out", out, "--jobs", "1", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["accuracy"]["value"] > 0.9

    def test_report_again(self, out, tmp_path, capsys):
        assert run(["report", out, "-o", "again.html", "--report-mb", "8"]) == 0
        assert capsys.readouterr().out.strip() == "again.html"
        assert (tmp_path / "again.html").stat().st_size < 8 * 2**20
        assert run(["report", out, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["schema_version"] == 1

    def test_browse(self, folder, tmp_path, capsys):
        assert run(["browse", str(folder), "--per-class", "2", "-o", "look.html", "--jobs", "1"]) == 0
        assert (tmp_path / "look.html").exists()
        assert capsys.readouterr().out.endswith(f"Open     {(tmp_path / 'look.html').as_uri()}\n")
        assert run(["browse", str(folder), "--per-class", "0"]) == 2

    def test_rules_and_rule(self, capsys):
        assert run(["rules"]) == 0
        assert "AUD002  quiet-clip" in capsys.readouterr().out
        assert run(["rules", "--format", "json"]) == 0
        assert {r["code"] for r in json.loads(capsys.readouterr().out)} >= {"AUD002", "LBL001"}
        assert run(["rule", "quiet-clip"]) == 0
        assert "Why is this bad?" in capsys.readouterr().out

    def test_doctor(self, capsys):
        assert run(["doctor"]) == 0
        text = capsys.readouterr().out
        for expected in ("torch", "device", "weights speech", "checksums agree", "libsndfile", "ffmpeg"):
            assert expected in text
        assert run(["doctor", "--format", "json"]) == 0
        assert all({"what", "ok", "found", "hint"} <= set(c) for c in json.loads(capsys.readouterr().out))

    def test_help_of_every_command(self, capsys):
        for command in ("audit", "inspect", "browse", "train", "report", "rules", "rule", "demo", "doctor"):
            assert run([command, "--help"]) == 0
            assert "Usage: dsaudit" in capsys.readouterr().out
        assert run([]) == 0
        assert "audit" in capsys.readouterr().out
