from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time

import pandas as pd
import pytest

import dsaudit
from dsaudit.cli import run as command
from dsaudit.engine.progress import Silent
from dsaudit.errors import NoRunError
from dsaudit.store.run import Store, this_machine


class Looking(Silent):
    """Looks from elsewhere while the run goes on."""

    def __init__(self, out):
        self.out, self.seen = out, []

    @contextlib.contextmanager
    def stage(self, name, total):
        def tick(n):
            if name != "reading":
                self.seen += [(one.stage, one.total, one.state) for one in dsaudit.status(self.out)]

        yield tick


def test_a_run_tells_how_far_it_is_and_leaves_nothing(tmp_path):
    said = pd.DataFrame({"text": [f"number {k}" for k in range(30)], "label": ["yes", "no"] * 15})
    looking = Looking(tmp_path / "out")
    dsaudit.audit(said, modality="text", out=tmp_path / "out", select=["DUP"], report=False, progress=looking)
    assert ("measuring", 30, "running") in looking.seen
    assert dsaudit.status(tmp_path / "out") == []
    assert not list((tmp_path / "out").rglob(".status-*"))
    with pytest.raises(NoRunError):
        dsaudit.status(tmp_path / "elsewhere")


def test_a_killed_run_is_told_until_the_next_one_begins(tmp_path, capsys):
    runs = tmp_path / ".dsaudit" / "runs"
    runs.mkdir(parents=True)
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    now = time.time()
    told = {"source": "clips", "engine": "ray", "process": int(gone.stdout), "began": now - 70, "told": now - 10}
    told |= {
        "stage": "measuring",
        "stage_began": now - 60,
        "done": 520,
        "total": 2000,
        "first": 20,
        "first_at": now - 60,
        "stages": {"reading": 1.5},
    }
    (runs / f".status-{this_machine()}-{gone.stdout.strip()}.json").write_text(json.dumps(told))
    (runs / ".status-another-1.json").write_text(json.dumps(told | {"engine": "local"}))
    (runs / ".status-another-2.json").write_text("{")
    assert command(["status", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"its process is gone, last told 1\d s ago", shown)
    assert re.search(r"on another machine, last told 1\d s ago", shown)
    assert "520 of 2,000, for 50 s, 10.0/s, 2 min 28 s left" in shown
    Store(tmp_path / ".dsaudit")
    assert [one.state for one in dsaudit.status(tmp_path)] == ["elsewhere"]
    assert command(["status", str(tmp_path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["stage"] == "measuring"
