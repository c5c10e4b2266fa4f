"""``dsaudit relabel`` as it is typed: what it prints, what it refuses, how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from dsaudit.cli import run
from dsaudit.relabel.ledger.ledger import Ledger


@pytest.fixture(scope="module")
def out(doubted_words):
    """Results of an audit in which four low words are labelled mid."""
    return doubted_words / ".dsaudit"


class Started:
    """The command in a process of its own."""

    def __init__(self, out: Path, *options: str, **environment: str) -> None:
        command = [sys.executable, "-m", "dsaudit", "relabel", str(out), "--port", "0", *options]
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")} | environment
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env | {"PYTHONUNBUFFERED": "1"}
        )
        self.watchdog = threading.Timer(90, self.process.kill)
        self.watchdog.start()
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        found = re.search(r"http://\S+", "".join(self.lines))
        self.url = found[0] if found else ""

    def ask(self, path: str, body: dict | None = None) -> dict:
        """GET, or POST where there is a body, until the server answers."""
        base = self.url.partition("?")[0].rstrip("/")
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Dsaudit": "1", "Content-Type": "application/json"}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(base + path, data, headers), timeout=30) as answer:
            return json.loads(answer.read())

    def end(self) -> tuple[int, str, str]:
        self.process.send_signal(signal.SIGINT)
        output, errors = self.process.communicate(timeout=30)
        self.watchdog.cancel()
        return self.process.returncode, "".join(self.lines) + output, errors


@pytest.mark.skipif(os.name == "nt", reason="signals")
class TestReview:
    def test_from_start_to_ctrl_c(self, out, tmp_path):
        where = tmp_path / "ledger.sqlite"
        review = Started(out, "--actor", "Ann", "--ledger", str(where))
        (card,) = review.ask("/api/queue?actor=Ann&n=1")["cards"]
        said = {"k": card["k"], "content_hash": card["content_hash"], "action": "relabel", "label": "low"}
        review.ask("/api/decide", {"actor": "Ann", "decisions": [said]})
        code, output, errors = review.end()
        assert code == 0
        assert re.search(r"\d+ of 43 clips to review", output)
        assert f"Ledger   {where}" in output
        assert "1 decision in this review: 1 relabel" in output
        assert "dsaudit apply " in output
        assert "No browser could be opened" in output
        assert errors == ""
        with Ledger.open(where) as ledger:
            assert [(d.actor, d.new_label) for d in ledger.rows()] == [("Ann", "low")]

    def test_on_every_address_the_token_is_printed_and_demanded(self, out, tmp_path):
        review = Started(out, "--host", "0.0.0.0", "--no-browser", "--ledger", str(tmp_path / "l.sqlite"))
        assert re.search(r"\?token=\S{32}", review.url)
        token = review.url.partition("token=")[2]
        review.url = re.sub(r"//[^:/]+:", "//127.0.0.1:", review.url)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            review.ask("/api/state?actor=A")
        code, output, errors = review.end()
        assert code == 0
        assert output.count(token) == 1
        assert token not in errors

    def test_nothing_to_review_is_good_news_and_opens_all_the_same(self, audited_words, tmp_path):
        ledger = ("--ledger", str(tmp_path / "l.sqlite"))
        review = Started(audited_words[1], "--no-browser", "--rule", "FIL", *ledger)
        assert review.ask("/api/queue?actor=A&n=4") == {"cards": [], "left": 0}
        assert review.ask("/api/item/3?actor=A")["label"] == "high"
        _, output, _ = review.end()
        assert "good news" in output
        assert "0 decisions" in output


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--rule", "quite-clip"], "no rule is called 'quite-clip'"),
            (["--class", "loud"], "no item has the class 'loud'"),
            (["--pair", "low"], "'low' is no pair of labels"),
            (["--split", "dev"], "no item has the split 'dev'"),
            (["--order", "best"], "--order 'best' is not known"),
            (["--budget", "0"], "'--budget'"),
            (["--overlap", "0"], "'--overlap'"),
            (["--actor", "a\nb"], "a name cannot hold control characters"),
            (["--host", "203.0.113.7"], "203.0.113.7 is no address of this machine"),
            (["--ledger", "{tmp}/no/such/folder/l.sqlite"], "ledger"),
            (["--ledger", "{tmp}/text"], "ledger"),
            (["--port", "{taken}"], "port {taken} is in use"),
        ],
    )
    def test_one_clear_line_and_2(self, options, words, out, tmp_path, capsys):
        (tmp_path / "text").write_text("no ledger\n" * 50)
        (tmp_path / "no").write_text("in the way")
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            names = {"tmp": tmp_path, "taken": other.getsockname()[1]}
            arguments = [o.format(**names) for o in options]
            if "--ledger" not in arguments:
                arguments += ["--ledger", str(tmp_path / "l.sqlite")]
            assert run(["relabel", str(out), "--no-browser", *arguments]) == 2
        captured = capsys.readouterr()
        lines = captured.err.splitlines()
        assert lines[0].startswith("dsaudit: ")
        assert words.format(**names) in lines[0]
        assert len(lines) <= 2
        assert "Traceback" not in captured.err

    def test_no_run_is_2(self, tmp_path, capsys):
        assert run(["relabel", str(tmp_path)]) == 2
        assert "no finished run" in capsys.readouterr().err


def test_help_is_quick_to_read(capsys):
    assert run(["relabel", "--help"]) == 0
    text = capsys.readouterr().out
    for option in (
        "--actor",
        "--ledger",
        "--pair",
        "--budget",
        "--overlap",
        "--blind",
        "--host",
        "--port",
        "--no-browser",
    ):
        assert option in text
