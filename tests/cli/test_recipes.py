"""The files that other people's pipelines take from this repository: checked, and run as far as this machine can."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ACTION, GITLAB = ROOT / ".github" / "actions" / "gate" / "action.yml", ROOT / ".gitlab" / "dsaudit-gate.yml"
TEXTS = "--modality text --select DUP --no-report"


@pytest.mark.parametrize(("name", "path"), [("github-actions", ACTION), ("gitlab-ci", GITLAB)])
def test_a_recipe_fits_the_schema_of_its_reader(name, path):
    pytest.importorskip("check_jsonschema")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}", str(path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def shell(tmp_path):
    """Runs a script beside ``said.csv``, which has a text under two labels, where ``dsaudit`` is this one."""
    command = tmp_path / "bin" / "dsaudit"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dsaudit "$@"\n')
    command.chmod(0o755)
    (tmp_path / "said.csv").write_text("text,label\nyes please,yes\nyes please,no\nno thanks,no\n")
    paths = {"PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}

    def run(script, **variables):
        environment = os.environ | paths | variables
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(bash, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_the_github_action_annotates_and_tells_the_outcome(shell, tmp_path):
    (script,) = re.findall(r"      run: \|\n((?:        .*\n)+)", ACTION.read_text())
    variables = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    variables |= {"DATA": "said.csv", "SARIF": "found.sarif"}
    for args, code, outcome in (
        (TEXTS, 1, "fail"),
        (f"{TEXTS} --fail-on never", 0, "pass"),
        (f"{TEXTS} --limit accuracy>=0.5 --fail-on never", 3, "inconclusive"),
        ("--nonsense", 2, "error"),
    ):
        done = shell(script, ARGS=args, **variables)
        assert done.returncode == code, done.stderr
        assert (tmp_path / "GITHUB_OUTPUT").read_text().splitlines()[-1] == f"outcome={outcome}"
        assert code == 2 or done.stdout.startswith("::")
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text().count("### dsaudit: ") == 3
    assert json.loads((tmp_path / "found.sarif").read_text())["runs"][0]["results"]


def test_the_gitlab_job_leaves_both_reports(shell, tmp_path):
    (script,) = re.findall(r"  script:\n    - (.*)\n", GITLAB.read_text())
    done = shell(script, GATE_DATA="said.csv", GATE_ARGS=TEXTS)
    assert done.returncode == 1, done.stderr
    assert {row["severity"] for row in json.loads((tmp_path / "gl-code-quality-report.json").read_text())} >= {
        "critical"
    }
    assert "<testsuites" in (tmp_path / "dsaudit-junit.xml").read_text()


def test_the_pre_commit_hook_stops_what_is_new(shell):
    (entry,) = re.findall(r"  entry: (.*)\n", (ROOT / ".pre-commit-hooks.yaml").read_text())
    assert shell(f"{entry} said.csv {TEXTS}").returncode == 1
    assert shell("dsaudit accept said.csv DUP003 --reason meant").returncode == 0
    assert shell(f"{entry} said.csv {TEXTS}").returncode == 0


README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("tool", ["airflow.sdk", "prefect", "dagster"])
def test_a_step_of_a_pipeline_passes_its_data_on_or_stops(tool, tmp_path, monkeypatch):
    pytest.importorskip(tool)
    (code,) = re.findall(r"```py\n(.*?)```", README, re.DOTALL)
    first, rest = code.split("\n", 1)
    (line,) = re.findall(rf"from {re.escape(tool)} import [a-z ]+", first)
    (tmp_path / "step.py").write_text(f"{line.strip()}\n{rest}")
    step: Any = runpy.run_path(str(tmp_path / "step.py"))["gate"]
    inner = next(getattr(step, name) for name in ("fn", "function", "compute_fn") if hasattr(step, name))
    gate = getattr(inner, "decorated_fn", inner)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "said.csv").write_text("text,label\nyes please,yes\nno thanks,no\n")
    (tmp_path / "dsaudit.toml").write_text('modality = "text"\nselect = ["DUP"]\n')
    assert gate("said.csv") == "said.csv"
    (tmp_path / "said.csv").write_text("text,label\nyes please,yes\nyes please,no\n")
    with pytest.raises(RuntimeError, match="fail: "):
        gate("said.csv")


def test_a_stage_of_dvc_stops_at_what_breaks_a_limit_and_rests_where_nothing_changed(shell, tmp_path):
    pytest.importorskip("dvc")
    (stage,) = re.findall(r"```yaml\n(stages:.*?)```", README, re.DOTALL)
    (tmp_path / "dvc.yaml").write_text(stage)
    (tmp_path / "dsaudit.toml").write_text('modality = "text"\nselect = ["DUP"]\n')
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "said.csv").write_text("text,label\nyes please,yes\nno thanks,no\n")
    dvc = f"{shlex.quote(sys.executable)} -m dvc"
    assert shell(f"{dvc} init --no-scm -q && {dvc} repro -q").returncode == 0
    assert "didn't change" in shell(f"{dvc} repro").stdout
    (tmp_path / "data" / "said.csv").write_text("text,label\nyes please,yes\nyes please,no\n")
    assert shell(f"{dvc} repro -q").returncode != 0
