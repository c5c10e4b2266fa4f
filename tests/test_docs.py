"""The README says what is true: its commands, its table of rules and its Python run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from fabric import write_dataset

from dsaudit import catalogue

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- rules: [^>]* -->\n).*?(<!-- /rules -->)", re.DOTALL)


def rule_table() -> str:
    rows = [f"| {r.code} | `{r.name}` | {r.severity} | {r.summary} |" for r in catalogue.rules()]
    return "\n".join(["| code | rule | severity | finds |", "| --- | --- | --- | --- |", *rows]) + "\n"


def test_table_of_rules_is_fresh():
    """Write it anew with: DSAUDIT_WRITE_DOCS=1 python -m pytest tests/test_docs.py"""
    text = README.read_text()
    fresh = TABLE.sub(lambda m: m[1] + rule_table() + m[2], text)
    if _WRITE:
        README.write_text(fresh)
    assert _WRITE or text == fresh


_WRITE = bool(os.environ.get("DSAUDIT_WRITE_DOCS"))


@pytest.mark.parametrize("encoder", ["speech", "none"])
def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys, encoder):
    monkeypatch.setenv("DSAUDIT_ENCODER", encoder)
    write_dataset(tmp_path / "recordings")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 5
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert ("value" in capsys.readouterr().out) == (encoder != "none")
    prose = " ".join(README.read_text().split())
    tables = re.findall(r"`run\.(\w+)`", prose.partition("are DataFrames")[0].rpartition("or DataFrames.")[2])
    assert len(tables) == 6
    assert all(hasattr(getattr(names["run"], table), "columns") for table in tables)


def test_commands_of_the_readme_exist(capsys):
    from dsaudit.cli import run

    for command in set(re.findall(r"^dsaudit (\w+)", README.read_text(), re.MULTILINE)):
        assert run([command, "--help"]) == 0
    assert run(["rule", "truncated-end"]) == 0


def test_settings_of_the_readme_are_understood(tmp_path, monkeypatch):
    from dsaudit.settings import load_settings

    (code,) = re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(code)
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None)
    catalogue.choose(catalogue.rules(), ignore=settings.ignore)
    for name, options in settings.rules.items():
        assert catalogue.options_for(catalogue.find(name), settings.rules).items() >= options.items()


def test_exit_codes_in_the_readme_are_those_of_the_errors():
    from dsaudit import errors

    text = README.read_text()
    for code in {c.exit_code for c in vars(errors).values() if isinstance(c, type) and hasattr(c, "exit_code")}:
        assert re.search(rf"\b{code} \w", text)


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", ".ci/run"])
def test_companions_are_there(name):
    assert (ROOT / name).is_file()
